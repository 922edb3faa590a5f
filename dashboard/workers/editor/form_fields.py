"""One module and one binding of the editor's form: of a version, of an upload, or as sent."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from dashboard.workers import messages
from dashboard.workers.editor.line_breaks import unified
from dashboard.workers.queries import module_text
from dashboard.workers.queries.module_text import ModuleText, text_of
from dashboard.workers.queries.version_facts import HIDDEN, Fact
from routing.compile.workerd.binding_types.option_types import OPTION_TYPES
from routing.compile.workerd.binding_types.state import STATE_BINDINGS
from routing.compile.workerd.bindings import SUPPORTED
from routing.models.object_namespaces import BINDING as OBJECT_BINDING
from routing.secret_encryption import encrypt
from routing.snapshot import Secret
from routing.upload_draft import SECRET_TYPES

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
EDITABLE = (
    "plain_text",
    "json",
    "secret_text",
    "service",
    "version_metadata",
    *sorted(OPTION_TYPES),
    *sorted({*STATE_BINDINGS, OBJECT_BINDING} & {*SUPPORTED}),
)


@dataclass
class ModuleField:
    """One module: `text`, else `data` (an upload in base64), else the module `kept` of the base.

    With `text`, `data` is the original file, for its line breaks. `why`: why there is no text.
    `fresh`: added by this response. `focused`: gets the focus.
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

    def as_file(self, position: int) -> ModuleText:
        """For the diff; equal text under other line breaks counts as unchanged."""
        sha256 = self.kept
        if self.text is not None or self.data:
            content = self.text.encode() if self.text is not None else data_of(self) or b""
            sha256 = hashlib.sha256(content).hexdigest()
        why = "" if self.text is not None else messages.NOT_TEXT
        return ModuleText(
            self.name, self.content_type, position, self.size, sha256, False, self.text, why
        )


@dataclass
class BindingField:
    """One binding. `kept`: its name in the base version. `sealed`: a new secret, encrypted.

    `choices`: (key, title) of the namespaces that it could be bound to; classes of Durable Objects
    have an `object_reference` as key.
    """

    name: str = ""
    kind: str = "plain_text"
    value: str = ""
    kept: str = ""
    sealed: str = ""
    focused: bool = False
    choices: Sequence[tuple[str, str]] = ()

    @property
    def state_kind(self) -> str:
        """The kind of namespace that it is bound to, or empty."""
        return STATE_BINDINGS[self.kind].kind if self.kind in STATE_BINDINGS else ""

    @property
    def example(self) -> str:
        """What a value looks like, or empty."""
        return OPTION_TYPES[self.kind].example if self.kind in OPTION_TYPES else ""

    @property
    def is_objects(self) -> bool:
        """Whether it is bound to a class of Durable Objects."""
        return self.kind == OBJECT_BINDING

    @property
    def is_missing(self) -> bool:
        """Whether its namespace is not one of `choices`."""
        return bool(self.value) and self.value not in dict(self.choices)

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
        if held and (not self.editable or binding_of(held).value == self.value):
            return Fact(self.name, held.value, self.kind)
        return Fact(self.name, self.value, self.kind)


def module_held(file: ModuleText) -> ModuleField:
    """A module as the base has it."""
    return ModuleField(
        file.name, file.content_type, _held(file.text), file.sha256, size=file.size, why=file.why
    )


def module_of(name: str, content: bytes) -> ModuleField:
    """An uploaded file: text to edit where it is some, else its bytes to keep."""
    kind = TYPES.get(PurePosixPath(name).suffix.lower(), DATA)
    text = (
        text_of(content)
        if len(content) <= module_text.LARGEST and kind != "application/wasm"
        else None
    )
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


def module_as_sent(sent: Mapping[str, str], prefix: str) -> ModuleField:
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


def binding_as_sent(sent: Mapping[str, str], prefix: str) -> BindingField:
    """What is typed as a secret is sealed at once: the page never shows it again."""
    found = BindingField(
        name=sent.get(f"{prefix}name", "").strip(),
        kind=sent.get(f"{prefix}kind", ""),
        value=unified(sent.get(f"{prefix}value", "")),
        kept=sent.get(f"{prefix}kept", ""),
        sealed=sent.get(f"{prefix}sealed", ""),
    )
    if found.is_secret:
        found.sealed = encrypt(Secret(found.value)) if found.value else found.sealed
        found.value = ""
    else:
        found.sealed = ""
    return found


def binding_of(fact: Fact) -> BindingField:
    value = "" if fact.value == HIDDEN and fact.kind in SECRET_TYPES else fact.value
    if fact.kind == "service" or fact.kind in STATE_BINDINGS:  # other options stay as they are
        value = value.partition(" ")[0]
    return BindingField(fact.name, fact.kind, unified(value), kept=fact.name)


def _held(text: str | None) -> str | None:
    return None if text is None else unified(text)
