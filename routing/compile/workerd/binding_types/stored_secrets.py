"""Bindings to secrets of a secrets store: `get()` reads the current value from the agent.

The value is the binding's secret. The process also starts with it, for while the agent is away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.compile import names
from routing.compile.workerd.modules import VersionInvalid
from routing.compile.workerd.services import external
from routing.snapshot import BindingSpec

TYPE = "secrets_store_secret"
"""As uploads spell the type of binding."""
FIELDS = ("store_id", "secret_name")
MODULE = "edge:stored-secret"
PATH = "/stored-secret"
"""On the agent's socket."""
BINDING_HEADER = "x-edge-binding"
_Object = dict[str, Any]


def bind_stored_secret(binding: BindingSpec, version_id: str) -> tuple[_Object, list[_Object]]:
    """The binding, and the service that it needs in the same process. Raises `VersionInvalid`."""
    if problem := problem_of(binding.options):
        raise VersionInvalid("binding", f'Binding "{binding.name}": {problem}.')
    service = f"stored-secret:{binding.name}"
    headers = {"x-edge-version": version_id, BINDING_HEADER: binding.name}
    http = {"injectRequestHeaders": [{"name": n, "value": v} for n, v in headers.items()]}
    inner: list[_Object] = [
        {"name": "agent", "service": {"name": service}},
        {"name": "name", "text": str(binding.options["secret_name"])},
        {"name": "path", "text": PATH},
    ]
    if binding.secret is not None:
        inner.append({"name": "value", "text": binding.secret.reveal()})
    wrapped = {"moduleName": MODULE, "innerBindings": inner}
    return {"name": binding.name, "wrapped": wrapped}, [external(service, names.AGENT_SOCKET, http)]


def problem_of(options: Mapping[str, Any]) -> str:
    """What is wrong with the options of a binding; "" if nothing is."""
    for field in FIELDS:
        value = options.get(field)
        if not isinstance(value, str) or not value:
            return f"{field} must be a text"
    return ""


def as_text(options: Mapping[str, Any]) -> str:
    """As pages show and edit it: `<store id>/<name>`."""
    return f"{options.get('store_id', '')}/{options.get('secret_name', '')}"


def from_text(text: str) -> _Object:
    """The options that `as_text` shows."""
    store, _, name = text.strip().partition("/")
    return {"store_id": store.strip(), "secret_name": name.strip()}
