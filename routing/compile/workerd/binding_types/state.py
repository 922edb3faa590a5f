"""Bindings to namespaces of the state process: a service at its socket, with the capability.

The value of `state_access.HEADER` is the binding's secret. workerd injects it, so that code has the
binding's methods only, for that namespace only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from routing.compile import names
from routing.compile.workerd.services import external
from routing.snapshot import BindingSpec
from routing.state_access import HEADER

DATASET_MODULE = "edge:dataset"
_Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StateBindingType:
    """A type of binding: `option` names the namespace, of the kind `kind`. `shape` is workerd's
    binding to a service."""

    kind: str
    option: str
    shape: Callable[[str], _Object]


def _d1(service: str) -> _Object:
    inner = [{"name": "fetcher", "service": {"name": service}}]
    return {"wrapped": {"moduleName": "cloudflare-internal:d1-api", "innerBindings": inner}}


def _dataset(service: str) -> _Object:
    inner = [{"name": "fetcher", "service": {"name": service}}]
    return {"wrapped": {"moduleName": DATASET_MODULE, "innerBindings": inner}}


STATE_BINDINGS: Mapping[str, StateBindingType] = {
    "analytics_engine": StateBindingType("dataset", "dataset", _dataset),
    "d1": StateBindingType("d1", "id", _d1),
    "kv_namespace": StateBindingType("kv", "namespace_id", lambda s: {"kvNamespace": {"name": s}}),
    "queue": StateBindingType("queue", "queue_name", lambda s: {"queue": {"name": s}}),
    "r2_bucket": StateBindingType("r2", "bucket_name", lambda s: {"r2Bucket": {"name": s}}),
}
"""By binding type, as uploads spell it."""


def bind_state(binding: BindingSpec) -> tuple[_Object, list[_Object]]:
    """The binding, and the service that it needs in the same process. Without a secret, as in an
    inspection, its requests are refused."""
    service = f"state:{binding.name}"
    header = binding.secret.reveal() if binding.secret else ""
    http = {"injectRequestHeaders": [{"name": HEADER, "value": header}]}
    shape = STATE_BINDINGS[binding.type].shape(service)
    return {"name": binding.name, **shape}, [external(service, names.STATE_SOCKET, http)]
