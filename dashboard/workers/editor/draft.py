"""What the editor's form says, checked and put together: a draft to upload, or what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.ui.http.storable_text import unstorable
from dashboard.workers.editor import messages
from dashboard.workers.editor.form import EditorForm
from dashboard.workers.editor.form_fields import BindingField, ModuleField, data_of
from dashboard.workers.editor.line_breaks import restored, unified
from dashboard.workers.queries.module_text import text_of
from dashboard.workers.queries.version_facts import object_reference
from routing.compile.workerd.binding_types.option_types import OPTION_TYPES
from routing.compile.workerd.binding_types.state import STATE_BINDINGS
from routing.control.bindings.service_targets import unresolved
from routing.control.upload import draft_of
from routing.models import Version
from routing.secret_encryption import DecryptionFailed, decrypt
from routing.snapshot import BindingSpec, Secret
from routing.upload_draft import Draft, Part

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: Bytes of one variable, of a tag and of a message.
VALUE, TAG, MESSAGE = 5 * 1024, 100, 1000


class FormInvalid(Exception):
    """Nothing was uploaded; `problems` say what to change."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def draft(form: EditorForm, base: Version | None) -> Draft:
    """The version that `form` describes; raises `FormInvalid` with everything that is wrong."""
    original = draft_of(base) if base else None
    files_alone = bool(original and original.assets and not original.parts)
    problems = [
        *_module_problems(form, files_alone),
        *_setting_problems(form),
        *_binding_problems(form),
    ]
    contents = original.modules() if original else {}
    parts = [_part(module, contents, problems) for module in form.modules]
    held = {b.name: b for b in original.bindings} if original else {}
    bindings = [_binding(b, held.get(b.kept), problems) for b in form.bindings]
    problems += _service_problems([b for b in bindings if "service" in b.options], form.name)
    if problems:
        raise FormInvalid(problems)
    script = bool(original and original.body_part)
    return Draft(
        main_module="" if script else form.main_name,
        body_part=form.main_name if script else "",
        compatibility_date=form.compatibility_date,
        compatibility_flags=tuple(form.compatibility_flags.split()),
        parts=tuple(parts),
        bindings=tuple(bindings),
        tag=form.tag,
        message=form.message,
        runtime=original.runtime if original else {},
        assets=original.assets if original else None,
    )


def _part(module: ModuleField, contents: Mapping[str, bytes], problems: list[str]) -> Part:
    content = contents.get(module.kept)
    if module.data:
        content = data_of(module)
    if module.text is not None:
        content = _encoded(module.text, content)
    if content is None:
        problems.append(messages.module_gone(module.name))
    return Part(module.name, module.content_type, content or b"")


def _encoded(text: str, original: bytes | None) -> bytes:
    """Unchanged text stays the bytes it was; changed text keeps the line breaks it had."""
    before = text_of(original) if original is not None else None
    return restored(text, before or "").encode()


def _module_problems(form: EditorForm, files_alone: bool) -> list[str]:
    """`files_alone`: a version of static assets needs no main module."""
    names = [m.name for m in form.modules]
    problems = [messages.same_module_name(n) for n in sorted(set(names)) if names.count(n) > 1]
    if any(not n or len(n) > 1024 or _CONTROL.search(n) for n in names):
        problems.append(messages.MODULE_NAME)
    if not form.main_name and not (files_alone and not form.modules):
        problems.append(messages.MAIN_MODULE)
    return problems


def _setting_problems(form: EditorForm) -> list[str]:
    problems = []
    if not _DATE.fullmatch(form.compatibility_date):
        problems.append(messages.DATE)
    if len(form.tag.encode()) > TAG:
        problems.append(messages.tag_too_long(TAG))
    if len(form.message.encode()) > MESSAGE:
        problems.append(messages.message_too_long(MESSAGE))
    return problems


def _binding_problems(form: EditorForm) -> list[str]:
    names = [b.name for b in form.bindings]
    problems = [
        messages.same_binding_name(n) for n in sorted(set(names)) if n and names.count(n) > 1
    ]
    if not all(names):
        problems.append(messages.BINDING_NAME)
    problems.extend(
        messages.value_too_long(binding.name, VALUE)
        for binding in form.bindings
        if len(binding.value.encode()) > VALUE
    )
    return problems


def _service_problems(bindings: Sequence[BindingSpec], worker_name: str) -> list[str]:
    """A service binding leads to a Worker and an entrypoint that exist; its own name counts."""
    return [
        messages.no_entrypoint(problem.binding, problem.service, problem.entrypoint)
        if problem.entrypoint
        else messages.no_worker(problem.binding, problem.service)
        for problem in unresolved(bindings, worker_name)
    ]


def _binding(form: BindingField, held: BindingSpec | None, problems: list[str]) -> BindingSpec:
    """One binding. Without a new value it keeps the base version's."""
    same = held if held is not None and held.type == form.kind else None
    if not form.editable and same is None:
        problems.append(messages.type_unknown(form.name, form.kind))
    if form.is_secret:
        return _secret(form, same, problems)
    if same is not None and not form.editable:
        return replace(same, name=form.name)
    return BindingSpec(name=form.name, type=form.kind, options=_options(form, same, problems))


def _options(form: BindingField, same: BindingSpec | None, problems: list[str]) -> dict[str, Any]:
    if form.kind == "plain_text":
        held = str(same.options.get("text", "")) if same else ""
        return {"text": held if unified(held) == form.value else form.value}
    if form.kind == "json":
        try:
            value = json.loads(form.value, parse_constant=_no_constant)
            if unstorable(value):
                raise ValueError(messages.UNSTORABLE)
            return {"json": value}
        except (ValueError, RecursionError) as error:
            problems.append(messages.not_json(form.name, error))
            return {}
    if several := OPTION_TYPES.get(form.kind):
        options = several.from_text(form.value)
        if problem := several.problem_of(options):
            problems.append(messages.binding_invalid(form.name, problem))
        return options
    if bound := STATE_BINDINGS.get(form.kind):
        if not form.value:
            problems.append(messages.namespace_missing(form.name))
        return {**(same.options if same else {}), bound.option: form.value}
    if form.is_objects:
        if not form.value:
            problems.append(messages.class_missing(form.name))
        return _object_options(form.value, same)
    if form.kind == "service":
        service, _, entrypoint = form.value.partition("#")
        others = {k: v for k, v in (same.options if same else {}).items() if k != "entrypoint"}
        named = {"entrypoint": entrypoint} if entrypoint else {}
        return {**others, "service": service.strip(), **named}
    return {}


def _object_options(reference: str, same: BindingSpec | None) -> dict[str, Any]:
    """Unchanged, it keeps its namespace, whose class may have another name now."""
    held = same.options if same else {}
    if held and reference == object_reference(held["class_name"], held.get("script_name", "")):
        return dict(held)
    script, _, class_name = reference.rpartition("#")
    return {"class_name": class_name, **({"script_name": script} if script else {})}


def _no_constant(word: str) -> None:
    raise ValueError(messages.not_json_value(word))


def _secret(form: BindingField, same: BindingSpec | None, problems: list[str]) -> BindingSpec:
    if form.sealed:
        try:
            typed = decrypt(form.sealed)
            return BindingSpec(name=form.name, type=form.kind, secret=typed)
        except DecryptionFailed:
            problems.append(messages.secret_lost(form.name))
    elif same is not None and same.secret is not None:
        return replace(same, name=form.name)
    else:
        problems.append(messages.secret_missing(form.name))
    return BindingSpec(name=form.name, type=form.kind, secret=Secret(""))
