"""One Worker's routes: the decision of the specification as Envoy configuration.

Envoy matches an override header that names one live version of this Worker and nothing else by its
text. For any other override header it calls the decide service, whose answer arrives as dynamic
metadata, never as a header, so a client cannot forge it. Envoy's own hash pins version
keys: XXH64 modulo the total weight, walked in the order of the deployment's shares.
"""

from __future__ import annotations

from typing import Any

from routing.compile import names
from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.permissions import ASK_PERMITS, HAS_COOKIE, NO_COOKIE, WITHOUT_COOKIES
from routing.rules.override import read_override
from routing.rules.split import TOTAL, VersionWeight
from routing.snapshot import WorkerSpec

# No deadline, and silent streams live: Workers hold WebSockets and event streams for hours.
ACTION: dict[str, Any] = {"timeout": "0s", "idle_timeout": "0s"}
_NO_OVERRIDE = {"name": names.OVERRIDES, "present_match": True, "invert_match": True}
_NO_PERMISSION = {"name": names.PERMISSION, "present_match": True, "invert_match": True}
# Present and not empty: an empty key would pin everybody who sends it to one version.
_HAS_KEY = {
    "name": names.KEY,
    "string_match": {"exact": ""},
    "invert_match": True,
    "treat_missing_header_as_empty": True,
}
_ASK = {"overrides": {"@type": f"{TYPE}envoy.config.route.v3.FilterConfig", "config": {}}}

_Object = dict[str, Any]


def worker_routes(worker: WorkerSpec, entrypoint: str = "") -> list[_Object]:
    """The routes of one entrypoint in the order Envoy tries them.

    A request without the override header matches one of the first two. With it, either the whole
    header matches, or `+checked` asks the decide service, after whose answer Envoy goes through the
    list again. Raises
    `ValueError` when the weights do not sum to `TOTAL`: Envoy would use another total, silently.
    """
    split = _split(worker, entrypoint)
    pinned = [
        _route(
            names.OVERRIDE,
            _metadata_match(names.VERSION_HEADER, share.version_id),
            _only(share, entrypoint),
        )
        for share in worker.deployment.shares
    ]
    named_alone = [
        _route(names.OVERRIDE, {"headers": headers}, _only(share, entrypoint))
        for share in worker.deployment.shares
        if (headers := _named_alone(worker.name, share.version_id))
    ]
    listed = _permitted(split, pinned) if worker.overrides else _free(split, named_alone, pinned)
    return [named(route, worker) for route in listed]


def _free(split: _Object, named_alone: list[_Object], pinned: list[_Object]) -> list[_Object]:
    """Anyone may send an override."""
    return [
        *_drawn(split, "", [_NO_OVERRIDE]),
        *named_alone,
        *pinned,
        *({**r, "typed_per_filter_config": _ASK} for r in _drawn(split, names.CHECKED, [])),
    ]


def _permitted(split: _Object, pinned: list[_Object]) -> list[_Object]:
    """Overrides need a permission, or come from a shared link's cookie.

    The decide service removes the cookie, after which a request without an override header looks
    like any other: so `pinned` comes first. If the cookie is still there, the service did not
    answer in time, and the Worker gets no cookies at all rather than that one.
    """
    checked = [
        *({**r, **WITHOUT_COOKIES} for r in _drawn(split, names.CHECKED, [HAS_COOKIE])),
        *_drawn(split, names.CHECKED, []),
    ]
    return [
        *pinned,
        *_drawn(split, "", [_NO_OVERRIDE, NO_COOKIE]),
        *({**route, "typed_per_filter_config": ASK_PERMITS} for route in checked),
    ]


def named(route: _Object, worker: WorkerSpec) -> _Object:
    """The route with its full name, and metadata for the log and the proof headers."""
    kind = route["name"]
    facts = {
        "deployment": worker.deployment.id,
        "reason": names.reason(kind),
        # Before and after the decide service's own word; see `headers.OUTCOME`.
        **({"outcome": "applied"} if kind == names.OVERRIDE else {}),
        **({"otherwise": "unavailable"} if kind.endswith(names.CHECKED) else {}),
    }
    metadata = {"filter_metadata": {names.METADATA: facts}}
    return {**route, "name": names.route(worker.name, kind), "metadata": metadata}


def _split(worker: WorkerSpec, entrypoint: str) -> _Object:
    weights = [share.weight for share in worker.deployment.shares]
    if sum(weights) != TOTAL or min(weights) < 0:
        raise ValueError(f"weights of {worker.name} must sum to {TOTAL}: {weights}")
    clusters = [
        {"name": names.cluster(share.version_id, entrypoint), "weight": share.weight}
        for share in worker.deployment.shares
    ]
    return {"clusters": clusters}


def _drawn(split: _Object, suffix: str, headers: list[_Object]) -> list[_Object]:
    """A pair of routes: by the version key if there is one, else by a draw for each request."""
    keyed = {
        **ACTION,
        "weighted_clusters": {**split, "use_hash_policy": True},
        "hash_policy": [{"header": {"header_name": names.KEY}}],
    }
    drawn = {**ACTION, "weighted_clusters": split}
    alone: _Object = {"headers": headers} if headers else {}
    return [
        _route(names.AFFINITY + suffix, {"headers": [*headers, _HAS_KEY]}, keyed),
        _route(names.PERCENTAGE + suffix, alone, drawn),
    ]


def _named_alone(worker: str, version_id: str) -> list[_Object]:
    """Matches the header that names this version and nothing else, as clients send it: the decide
    service costs twice as much as the rest of a request. Empty if the rules read it differently.

    With a permission it is not matched, because the decide service passes permissions on.
    """
    value = f'{worker}="{version_id}"'
    if read_override([value], worker).requested != version_id:
        return []
    header = {"name": names.OVERRIDES, "string_match": {"exact": value}}
    return [header, _NO_PERMISSION]


def _metadata_match(key: str, value: str) -> _Object:
    """Matches what the decide service answered under `key`."""
    exact = {"string_match": {"exact": value}}
    return {
        "dynamic_metadata": [{"filter": names.DECISION, "path": [{"key": key}], "value": exact}]
    }


def _only(share: VersionWeight, entrypoint: str) -> _Object:
    return {**ACTION, "cluster": names.cluster(share.version_id, entrypoint)}


def _route(kind: str, match: _Object, action: _Object) -> _Object:
    return {"name": kind, "match": {"prefix": "/", **match}, "route": action}
