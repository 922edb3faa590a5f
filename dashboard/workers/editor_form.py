"""The editor's form: a version as fields, and fields as sent. Nothing is checked here, so that
whatever somebody typed comes back as they typed it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import PurePosixPath

from django.core.files.uploadedfile import UploadedFile

from dashboard.workers import code
from dashboard.workers.code import File, text_of
from dashboard.workers.facts import HIDDEN, Fact, bindings as binding_facts
from dashboard.workers.line_breaks import unified
from routing.draft import SECRET_TYPES
from routing.models import Version
from routing.sealed import seal
from routing.snapshot import Secret

ES_MODULE = "application/javascript+module"
#: Content types by ending; anything else is data.
TYPES = {
    ".js": ES_MODULE,
    ".mjs": ES_MODULE,
    ".cjs": "application/javascript",
    ".json": "application/json",
    ".txt": "text/plain",
    ".html": "text/plain",
    ".css": "text/plain",
    ".md": "text/plain",
    ".svg": "text/plain",
    ".wasm": "application/wasm",
    ".py": "text/x-python",
    ".map": "application/source-map",
}
DATA = "application/octet-stream"
#: Types to choose from; the runtime here takes no Python, and says so.
OFFERED = {*TYPES.values(), DATA} - {"text/x-python"}
EDITABLE = ("plain_text", "json", "secret_text", "service", "version_metadata")
#: As many as one form can hold: Django takes a thousand fields.
MOST_MODULES, MOST_BINDINGS = 100, 100
STARTER = """export default {
  async fetch(request, env, ctx) {
    return new Response("Hello");
  },
};
"""


@dataclass
class ModuleField:
    """One module: `text`, or else `data` (base64) just uploaded, or else the base's, `kept`.

    Beside `text`, `data` is the file it came from, for its line breaks. `why` there is no text;
    `fresh`: this answer has added it; `focused`: it has the focus.
    """

    name: str = ""
    content_type: str = ES_MODULE
    text: str | None = None
    kept: str = ""
    data: str = ""
    size: int = 0
    why: str = ""
    fresh: bool = False
    focused: bool = False

    def as_file(self, position: int) -> File:
        """For the diff; equal text under other line breaks counts as unchanged."""
        sha256 = self.kept
        if self.text is not None or self.data:
            content = self.text.encode() if self.text is not None else data_of(self) or b""
            sha256 = hashlib.sha256(content).hexdigest()
        why = "" if self.text is not None else "not shown as text"
        return File(
            self.name, self.content_type, position, self.size, sha256, False, self.text, why
        )


@dataclass
class BindingField:
    """One binding. `kept` is its name in the base; `sealed` a secret typed but not saved yet."""

    name: str = ""
    kind: str = "plain_text"
    value: str = ""
    kept: str = ""
    sealed: str = ""
    focused: bool = False

    @property
    def is_secret(self) -> bool:
        return self.kind in SECRET_TYPES

    @property
    def editable(self) -> bool:
        return self.kind in EDITABLE

    def as_fact(self, base: Mapping[str, Fact]) -> Fact:
        held = base.get(self.kept)
        if self.is_secret:
            same_as = held.same_as if held and not self.sealed and held.kind == self.kind else "new"
            return Fact(self.name, HIDDEN, self.kind, same_as)
        if held and (not self.editable or _binding_of(held).value == self.value):
            return Fact(self.name, held.value, self.kind)
        return Fact(self.name, self.value, self.kind)


@dataclass
class EditorForm:
    """All that somebody may change. `latest` and `expected` are what they saw when they began."""

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
    said: list[str] = field(default_factory=list)
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

    def add_files(self, files: Iterable[UploadedFile]) -> None:
        """Uploaded files become modules, or replace those of the same name; `said` which."""
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
        self._say("Added", new)
        self._say("Replaced the module of the same name", replaced)
        most = f"a version made here has at most {MOST_MODULES} modules. Not added"
        self._say(most, self.left_out)

    def _say(self, what: str, names: list[str]) -> None:
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            self.said.append(f"{what}: {', '.join(names[:5])}{more}.")

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
    files = code.files(version, most_lines=inf)
    facts = binding_facts(version)
    main = [i for i, f in enumerate(files) if f.is_main]
    return EditorForm(
        name=version.worker.name,
        modules=[
            ModuleField(f.name, f.content_type, _held(f.text), f.sha256, size=f.size, why=f.why)
            for f in files
        ],
        main=main[0] if main else 0,
        bindings=[_binding_of(fact) for fact in facts],
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
        modules=[_module(sent, f"module-{i}-") for i in _indices(sent, "modules")],
        main=int(main) if main.isdecimal() and len(main) < 4 else 0,
        bindings=[_binding(sent, f"binding-{i}-") for i in _indices(sent, "bindings")],
        compatibility_date=sent.get("compatibility_date", "").strip(),
        compatibility_flags=" ".join(sent.get("compatibility_flags", "").split()),
        tag=sent.get("tag", "").strip(),
        message=sent.get("message", "").strip(),
        latest=sent.get("latest", ""),
        expected=sent.get("expected", ""),
    )


def module_of(name: str, content: bytes) -> ModuleField:
    """An uploaded file: text to edit where it is some, else its bytes to keep."""
    kind = TYPES.get(PurePosixPath(name).suffix.lower(), DATA)
    text = text_of(content) if len(content) <= code.LARGEST and kind != "application/wasm" else None
    data = base64.b64encode(content).decode()
    if text is None:
        return ModuleField(name, kind, data=data, size=len(content))
    return ModuleField(
        name,
        "text/plain" if kind == DATA else kind,
        unified(text),
        data=data if "\r" in text else "",
        size=len(content),
    )


def data_of(module: ModuleField) -> bytes | None:
    """The bytes of an uploaded binary module."""
    try:
        return base64.b64decode(module.data, validate=True)
    except (binascii.Error, ValueError):
        return None


def _indices(sent: Mapping[str, str], name: str) -> range:
    count = sent.get(name, "0")
    return range(int(count) if count.isdecimal() and len(count) < 5 else 0)


def _module(sent: Mapping[str, str], prefix: str) -> ModuleField:
    text = sent.get(f"{prefix}text")
    size = sent.get(f"{prefix}size", "0")
    return ModuleField(
        name=sent.get(f"{prefix}name", "").strip(),
        content_type=sent.get(f"{prefix}type", ES_MODULE),
        text=_held(text),
        kept=sent.get(f"{prefix}kept", ""),
        data=sent.get(f"{prefix}data", ""),
        size=len(text.encode()) if text is not None else int(size) if size.isdecimal() else 0,
        why=sent.get(f"{prefix}why", ""),
    )


def _binding(sent: Mapping[str, str], prefix: str) -> BindingField:
    """What is typed as a secret is sealed at once: the page never shows it again."""
    found = BindingField(
        name=sent.get(f"{prefix}name", "").strip(),
        kind=sent.get(f"{prefix}kind", ""),
        value=unified(sent.get(f"{prefix}value", "")),
        kept=sent.get(f"{prefix}kept", ""),
        sealed=sent.get(f"{prefix}sealed", ""),
    )
    if found.is_secret:
        found.sealed = seal(Secret(found.value)) if found.value else found.sealed
        found.value = ""
    else:
        found.sealed = ""
    return found


def _binding_of(fact: Fact) -> BindingField:
    value = "" if fact.value == HIDDEN and fact.kind in SECRET_TYPES else fact.value
    if fact.kind == "service":  # Worker#entrypoint; what else it holds stays as it is
        value = value.partition(" ")[0]
    return BindingField(fact.name, fact.kind, unified(value), kept=fact.name)


def _held(text: str | None) -> str | None:
    return None if text is None else unified(text)
