"""What a version is made of besides its modules, as text to show and compare. Never a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from routing.compile.workerd.binding_types.option_types import OPTION_TYPES
from routing.compile.workerd.binding_types.state import STATE_BINDINGS
from routing.models import Version
from routing.models.object_namespaces import BINDING as OBJECT_BINDING
from routing.snapshot import ObjectClass
from routing.upload_draft import SECRET_TYPES

HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Fact:
    """`kind`: a binding's type. `same_as`: distinguishes hidden values."""

    name: str
    value: str
    kind: str = ""
    same_as: str = ""


def bindings(version: Version) -> list[Fact]:
    """By name; a secret only says that it is there."""
    return sorted((binding_fact(row) for row in version.bindings), key=lambda fact: fact.name)


def settings(version: Version) -> list[Fact]:
    """How the runtime takes the code."""
    found = [
        Fact("Compatibility date", version.compatibility_date),
        Fact("Compatibility flags", " ".join(version.compatibility_flags)),
        Fact("Main module", version.main_module or version.body_part),
    ]
    found += [Fact(key, as_json(value)) for key, value in sorted(version.runtime.items())]
    found += [Fact(f"Durable Objects: {c.class_name}", _storage(c)) for c in version.object_specs]
    if version.migration_tag:
        found.append(Fact("Migration tag", version.migration_tag))
    config = version.assets["config"] if version.assets else {}
    return found + [Fact(f"assets.{k}", as_json(v)) for k, v in sorted(config.items())]


def exports(version: Version) -> list[Fact]:
    """What the started version offers."""
    return [
        Fact(str(e.get("name", "")), ", ".join(map(str, e.get("handlers", ()))), str(e["kind"]))
        for e in version.exports
    ]


def notes(version: Version) -> list[Fact]:
    return [Fact(key, str(value)) for key, value in sorted(version.annotations.items())]


def as_json(value: Any) -> str:
    """Text stays text, anything else as people write it in a configuration."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def object_reference(class_name: str, script_name: str = "") -> str:
    """A class of Durable Objects as a binding's value: `Room`, or `chat#Room` of another."""
    return f"{script_name}#{class_name}" if script_name else class_name


def _storage(implemented: ObjectClass) -> str:
    return "SQLite storage" if implemented.sqlite else "key-value storage"


def binding_fact(row: Mapping[str, Any]) -> Fact:
    """A stored binding, or one of Cloudflare's API."""
    name, kind = str(row.get("name", "")), str(row.get("type", ""))
    if kind in SECRET_TYPES or "sealed" in row:
        return Fact(name, HIDDEN, kind, str(row.get("fingerprint", "")))
    if kind == "json":
        return Fact(name, json.dumps(row.get("json"), ensure_ascii=False), kind)
    options = {k: v for k, v in row.items() if k not in {"name", "type"}}
    if several := OPTION_TYPES.get(kind):
        return Fact(name, several.as_text(options), kind)
    if bound := STATE_BINDINGS.get(kind):
        value = str(options.pop(bound.option, ""))
        return Fact(name, value + (f" {as_json(options)}" if options else ""), kind)
    if kind == OBJECT_BINDING:
        class_name = str(row.get("class_name") or row.get("namespace_id", ""))
        return Fact(name, object_reference(class_name, str(row.get("script_name") or "")), kind)
    if kind == "service":
        value = str(options.pop("service", ""))
        entrypoint = options.pop("entrypoint", None)
        value += f"#{entrypoint}" if entrypoint else ""
        return Fact(name, value + (f" {as_json(options)}" if options else ""), kind)
    value = " ".join(as_json(v) for _, v in sorted(options.items()))
    return Fact(name, value, kind)
