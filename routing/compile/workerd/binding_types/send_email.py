"""Bindings that send mail: to the outbox in the state process, with the binding's rules.

The rules are in the id of the capability, so code cannot change them, and the outbox needs no
configuration.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from routing.compile import names
from routing.compile.workerd.modules import VersionInvalid
from routing.compile.workerd.services import external
from routing.snapshot import BindingSpec
from routing.state_access import HEADER

TYPE = "send_email"
"""As uploads spell the type of binding."""
KIND = "email"
"""Of the capability."""
FIELDS = ("destination_address", "allowed_destination_addresses", "allowed_sender_addresses")
MODULE = "edge:send-email"
MOST_ADDRESSES = 100
_Object = dict[str, Any]


def bind_send_email(binding: BindingSpec) -> tuple[_Object, list[_Object]]:
    """The binding, and the service that it needs in the same process. Raises `VersionInvalid`."""
    if problem := problem_of(binding.options):
        raise VersionInvalid("binding", f'Binding "{binding.name}": {problem}.')
    service = f"send-email:{binding.name}"
    header = binding.secret.reveal() if binding.secret else ""
    http = {"injectRequestHeaders": [{"name": HEADER, "value": header}]}
    wrapped = {
        "moduleName": MODULE,
        "innerBindings": [{"name": "outbox", "service": {"name": service}}],
    }
    return {"name": binding.name, "wrapped": wrapped}, [external(service, names.STATE_SOCKET, http)]


def rules_id(worker: str, binding: BindingSpec) -> str:
    """The id of the capability: who sends, and what `runtime/state/email.js` allows."""
    rules = {"worker": worker, "binding": binding.name, **binding.options}
    text = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def problem_of(options: Mapping[str, Any]) -> str:
    """What is wrong with the options of a binding; "" if nothing is."""
    destination, *lists = (options.get(field) for field in FIELDS)
    if others := set(options) - set(FIELDS):
        return f"{sorted(others)[0]} is no option"
    if destination is not None and not _is_address(destination):
        return "destination_address must be an address"
    if destination is not None and lists[0] is not None:
        return "destination_address and allowed_destination_addresses exclude each other"
    for field, listed in zip(FIELDS[1:], lists, strict=True):
        if listed is None:
            continue
        if not isinstance(listed, list) or not 0 < len(listed) <= MOST_ADDRESSES:
            return f"{field} must be a list of 1 to {MOST_ADDRESSES} addresses"
        if not all(map(_is_address, listed)):
            return f"{field} must have addresses only"
    return ""


def as_text(options: Mapping[str, Any]) -> str:
    """As pages show and edit it: JSON, or empty without a rule."""
    return json.dumps(dict(options), ensure_ascii=False) if options else ""


def from_text(text: str) -> _Object:
    """The options that `as_text` shows."""
    try:
        options = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        options = None
    return options if isinstance(options, dict) else {text[:40]: None}


def _is_address(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 320 or any(map(str.isspace, value)):
        return False
    local, _, domain = value.rpartition("@")
    return bool(local and domain)
