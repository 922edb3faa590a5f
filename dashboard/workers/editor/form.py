"""The editor's form: from a version, or as sent. Unvalidated, so that input comes back as typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from dashboard.workers.editor import messages
from dashboard.workers.editor.form_fields import (
    BindingField,
    ModuleField,
    binding_as_sent,
    binding_of,
    module_as_sent,
    module_held,
    module_of,
)
from dashboard.workers.queries import module_text
from dashboard.workers.queries.version_facts import bindings as binding_facts, object_reference
from routing.models import ObjectNamespace, StateNamespace, Version

#: As many as one form can hold: Django takes a thousand fields.
MOST_MODULES, MOST_BINDINGS = 100, 100
STARTER = """export default {
  async fetch(request, env, ctx) {
    return new Response("Hello");
  },
};
"""


@dataclass
class EditorForm:
    """All editable fields. `latest` and `expected`: the newest version and the live deployment when
    the form was opened."""

    name: str = ""
    modules: list[ModuleField] = field(default_factory=list)
    main: int = 0
    bindings: list[BindingField] = field(default_factory=list)
    compatibility_date: str = ""
    compatibility_flags: str = ""
    tag: str = ""
    message: str = ""
    latest: str = ""
    expected: str = ""
    left_out: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    focus: str = ""

    @property
    def too_large(self) -> bool:
        """More than one form can carry: nothing of it may be cut off silently."""
        return len(self.modules) > MOST_MODULES or len(self.bindings) > MOST_BINDINGS

    @property
    def main_name(self) -> str:
        return self.modules[self.main].name if 0 <= self.main < len(self.modules) else ""

    def act(self, what: str) -> None:
        """The buttons that change the form itself: add-module, drop-binding-3…"""
        verb, _, rest = what.partition("-")
        kind, _, index = rest.partition("-")
        if verb == "add" and kind == "module" and len(self.modules) < MOST_MODULES:
            self.modules.append(ModuleField(self._free_name(), text="", fresh=True, focused=True))
        elif verb == "add" and kind == "binding" and len(self.bindings) < MOST_BINDINGS:
            self.bindings.append(BindingField(focused=True))
        elif verb == "drop" and index.isdecimal():
            self._drop(kind, int(index[:4]))

    def add_files(self, files: Iterable[UploadedFile[Any]]) -> None:
        """Uploaded files become modules or replace those of the same name; `notices` say which."""
        new: list[str] = []
        replaced: list[str] = []
        for upload in files:
            added = module_of(upload.name or "module", upload.read())
            places = [i for i, m in enumerate(self.modules) if m.name == added.name]
            if places:
                added.content_type = self.modules[places[0]].content_type
                self.modules[places[0]] = added
                replaced.append(added.name)
            elif len(self.modules) < MOST_MODULES:
                self.modules.append(added)
                new.append(added.name)
            else:
                self.left_out.append(added.name)
        self.notices += [messages.added(new)] if new else []
        self.notices += [messages.replaced(replaced)] if replaced else []
        if self.left_out:
            self.notices.append(messages.left_out(MOST_MODULES, self.left_out))

    def offer_namespaces(self, namespaces: Iterable[StateNamespace]) -> None:
        """Sets what bindings to namespaces can be bound to."""
        listed = list(namespaces)
        for binding in self.bindings:
            if kind := binding.state_kind:
                binding.choices = [(row.key, row.title) for row in listed if row.kind == kind]

    def offer_objects(self, namespaces: Sequence[ObjectNamespace]) -> None:
        """Sets which classes of Durable Objects bindings can be bound to, own ones first."""
        own = [row for row in namespaces if row.worker.name == self.name]
        others = [row for row in namespaces if row.worker.name != self.name]
        choices = [(row.class_name, row.class_name) for row in own]
        for row in others:
            reference = object_reference(row.class_name, row.worker.name)
            choices.append((reference, messages.class_of(row.class_name, row.worker.name)))
        for binding in self.bindings:
            if binding.is_objects:
                binding.choices = choices

    def _drop(self, kind: str, index: int) -> None:
        """The focus goes to what takes its place."""
        listed: list[ModuleField] | list[BindingField]
        listed = self.modules if kind == "module" else self.bindings
        if index >= len(listed):
            return
        del listed[index]
        if kind == "module" and self.main >= index:
            self.main = self.main - 1 if self.main > index else 0
        if index < len(listed):
            listed[index].focused = True
        else:
            self.focus = f"add-{kind}"

    def _free_name(self) -> str:
        taken = {m.name for m in self.modules}
        names = ["index.js", *(f"module-{n}.js" for n in range(2, MOST_MODULES + 2))]
        return next((name for name in names if name not in taken), "")


def of_version(version: Version) -> EditorForm:
    """A copy of `version` to change."""
    files = module_text.module_texts(version, most_lines=inf)
    facts = binding_facts(version)
    main = [i for i, f in enumerate(files) if f.is_main]
    return EditorForm(
        name=version.worker.name,
        modules=[module_held(f) for f in files],
        main=main[0] if main else 0,
        bindings=[binding_of(fact) for fact in facts],
        compatibility_date=version.compatibility_date,
        compatibility_flags=" ".join(version.compatibility_flags),
    )


def blank(date: str) -> EditorForm:
    """The first version of a new Worker."""
    first = ModuleField(name="index.js", text=STARTER, size=len(STARTER))
    return EditorForm(
        modules=[first],
        bindings=[BindingField("CF_VERSION_METADATA", "version_metadata")],
        compatibility_date=date,
    )


def as_sent(sent: Mapping[str, str]) -> EditorForm:
    """The form as its reader left it."""
    main = sent.get("main", "0")
    return EditorForm(
        name=sent.get("name", "").strip(),
        modules=[module_as_sent(sent, f"module-{i}-") for i in _indices(sent, "modules")],
        main=int(main) if main.isdecimal() and len(main) < 4 else 0,
        bindings=[binding_as_sent(sent, f"binding-{i}-") for i in _indices(sent, "bindings")],
        compatibility_date=sent.get("compatibility_date", "").strip(),
        compatibility_flags=" ".join(sent.get("compatibility_flags", "").split()),
        tag=sent.get("tag", "").strip(),
        message=sent.get("message", "").strip(),
        latest=sent.get("latest", ""),
        expected=sent.get("expected", ""),
    )


def _indices(sent: Mapping[str, str], name: str) -> range:
    count = sent.get(name, "0")
    return range(int(count) if count.isdecimal() and len(count) < 5 else 0)
