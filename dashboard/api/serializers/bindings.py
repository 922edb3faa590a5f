"""Bindings in JSON ↔ bindings in a draft. Fields that are not listed here are dropped."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.api import messages
from dashboard.api.http.errors import bad_request, unsupported
from dashboard.api.products import product_of_binding, refusal_of
from routing.compile.workerd.binding_types.option_types import OPTION_TYPES
from routing.compile.workerd.binding_types.state import STATE_BINDINGS
from routing.compile.workerd.bindings import SUPPORTED, BindingUnsupported
from routing.models import Version
from routing.models.object_namespaces import BINDING as OBJECT_BINDING
from routing.snapshot import BindingSpec, Secret
from routing.upload_draft import SECRET_TYPES

Bindings = tuple[BindingSpec, ...]
REQUIRED: Mapping[str, str] = {
    "plain_text": "text",
    "secret_text": "text",
    "service": "service",
    "text_blob": "part",
    "data_blob": "part",
    "wasm_module": "part",
    **{kind: bound.option for kind, bound in STATE_BINDINGS.items()},
}
"""The text field that a type requires."""
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "service": ("environment", "entrypoint"),
    OBJECT_BINDING: ("class_name", "script_name", "namespace_id"),
}
COUNT, SIZE = 128, 5 * 1024
"""Cloudflare's limits: bindings of a version, bytes of one variable."""


def parse_bindings(raw: Sequence[Mapping[str, Any]]) -> Bindings:
    """The bindings of an upload, `inherit` included; raises `ApiError` naming the wrong one."""
    if len(raw) > COUNT:
        raise bad_request(messages.too_many_bindings(len(raw), COUNT), 10055)
    bindings = tuple(map(_parse, raw))
    names = [binding.name for binding in bindings]
    for name in names:
        if names.count(name) > 1:
            raise bad_request(messages.binding_twice(name))
    return bindings


def secret(name: str, text: str) -> BindingSpec:
    """A secret, as the secret endpoints set it."""
    _check_size(name, text)
    return BindingSpec(name=name, type="secret_text", secret=Secret(text))


def binding_items(version: Version) -> list[dict[str, Any]]:
    """Bindings as uploaded, without the values of secrets."""
    return [_binding_item(row) for row in version.bindings]


def secrets_of(version: Version | None) -> list[dict[str, str]]:
    """Name and type of each secret."""
    rows = version.bindings if version else []
    return [{"name": r["name"], "type": r["type"]} for r in rows if r["type"] in SECRET_TYPES]


def _binding_item(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in {"sealed", "fingerprint"}}


def _refusal(name: str, kind: str) -> str:
    """The product by its name; for other types the binding and what is supported."""
    if product := product_of_binding(kind):
        return messages.binding_refused(name, refusal_of(product))
    return str(BindingUnsupported(BindingSpec(name=name, type=kind)))


def _parse(raw: Mapping[str, Any]) -> BindingSpec:
    name, kind = raw.get("name"), raw.get("type")
    if not isinstance(name, str) or not name:
        raise bad_request(messages.BINDING_WITHOUT_NAME, 10052)
    if not isinstance(kind, str):
        raise bad_request(messages.binding_needs_type(name))
    if kind == "inherit":
        return _inherit(name, raw)
    if kind not in SUPPORTED:
        raise unsupported(_refusal(name, kind))
    if kind == "secret_text":
        return secret(name, _text(name, raw, "text"))
    return BindingSpec(name=name, type=kind, options=_options(name, kind, raw))


def _inherit(name: str, raw: Mapping[str, Any]) -> BindingSpec:
    if raw.get("old_name", name) != name or raw.get("version_id", "latest") != "latest":
        raise unsupported(messages.inherit_options(name))
    return BindingSpec(name=name, type="inherit")


def _options(name: str, kind: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "json":
        if "json" not in raw:
            raise bad_request(messages.binding_needs_json(name))
        _check_size(name, repr(raw["json"]))
        return {"json": raw["json"]}
    if kind in OPTION_TYPES:
        return _several(name, kind, raw)
    options = {}
    if kind == "analytics_engine":
        raw = {**raw, "dataset": raw.get("dataset", name)}
    if field := REQUIRED.get(kind):
        options[field] = _text(name, raw, field)
        _check_size(name, options[field])
    for field in OPTIONAL.get(kind, ()):
        if raw.get(field) is not None:
            options[field] = _text(name, raw, field)
    if kind == "service":
        _check_service(name, raw)
        options |= _props(name, raw.get("props"))
    if kind == OBJECT_BINDING:
        _check_objects(name, raw, options)
    if raw.get("delivery_delay"):
        raise unsupported(messages.binding_delay(name))
    if kind == "r2_bucket" and raw.get("jurisdiction"):
        raise unsupported(messages.binding_field_unsupported(name, "jurisdiction"))
    return options


def _several(name: str, kind: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    several = OPTION_TYPES[kind]
    options = {field: raw[field] for field in several.fields if raw.get(field) is not None}
    if problem := several.problem_of(options):
        raise bad_request(messages.binding_invalid(name, problem))
    _check_size(name, repr(options))
    return options


def _check_service(name: str, raw: Mapping[str, Any]) -> None:
    if raw.get("cross_account_grant"):
        raise unsupported(messages.binding_field_unsupported(name, "cross_account_grant"))
    if raw.get("environment") not in (None, "production"):
        raise unsupported(messages.only_production(name))


def _check_objects(name: str, raw: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    if not options.get("class_name") and not options.get("namespace_id"):
        raise bad_request(messages.binding_needs_class(name))
    if raw.get("dispatch_namespace"):
        raise unsupported(messages.binding_field_unsupported(name, "dispatch_namespace"))
    if raw.get("environment") not in (None, "production"):
        raise unsupported(messages.only_production(name))


def _props(name: str, props: Any) -> dict[str, Any]:
    if not props:
        return {}
    if not isinstance(props, dict):
        raise bad_request(messages.binding_needs_object(name, "props"))
    _check_size(name, json.dumps(props))
    return {"props": props}


def _text(name: str, raw: Mapping[str, Any], field: str) -> str:
    value = raw.get(field)
    if not isinstance(value, str):
        raise bad_request(messages.binding_needs_text(name, field))
    return value


def _check_size(name: str, text: str) -> None:
    size = len(text.encode())
    if size > SIZE:
        raise bad_request(messages.binding_too_large(name, size, SIZE), 10054)
