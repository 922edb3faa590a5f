"""Which version answers a request, and why: the whole decision (spec, "The decision", steps 1-8).

The playground, `manage.py explain` and the tests call `decide`. At the edge Envoy draws and hashes,
and asks `judge` only where an override header is present; both sides give the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from routing.rules import affinity, split
from routing.rules.advice import advise
from routing.rules.header.fields import OVERRIDES, VERSION_KEY, Value, lines_named
from routing.rules.override import Outcome, Override, Reading, read_override
from routing.rules.permissions.permission import (
    NOTHING,
    Fault,
    Permission,
    Presented,
    fault_of,
    refusal,
)
from routing.rules.problem import Fact
from routing.rules.split import TOTAL, format_percentage
from routing.rules.target import Target

__all__ = ["Decision", "Reason", "Step", "Target", "advise", "decide", "judge"]


class Reason(StrEnum):
    """What chose the version. `percentage` also where one version has 100%."""

    override = "override"
    affinity = "affinity"
    percentage = "percentage"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the decision. `ok`: it led to the next step, or to the version.

    `facts` are for its text: `lines`, `worker`, `id`, `percentage`, `keys`, `point`, `at`.
    """

    name: str
    ok: bool
    facts: Mapping[str, Fact] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """The version that answers. `weight` is 0..TOTAL; `override` is None without the header."""

    version_id: str
    weight: int
    reason: Reason
    override: Override | None
    steps: tuple[Step, ...]


def decide(
    target: Target,
    headers: Sequence[tuple[str, Value]],
    draw: float,
    presented: Presented = NOTHING,
) -> Decision:
    """Decide one request. `headers` are its lines as received, names in any case.

    `draw` is a random number in [0, 1), else ValueError; used only if nothing else decides.
    `presented` are its permissions (`presented.presented_in`). No header makes it raise.
    """
    lines = lines_named(OVERRIDES, headers)
    judged = advise(target, judge(target, lines, presented))
    steps = _override_steps(target, judged, len(lines))
    if judged.outcome is Outcome.applied and judged.requested is not None:
        version_id, reason = judged.requested, Reason.override
    else:
        version_id, reason, more = _ordinary(target, lines_named(VERSION_KEY, headers), draw)
        steps += more
    return Decision(
        version_id=version_id,
        weight=target.weight(version_id) or 0,
        reason=reason,
        override=judged if lines or presented.cookie else None,
        steps=tuple(steps),
    )


def judge(
    target: Target, override_lines: Sequence[Value], presented: Presented = NOTHING
) -> Override:
    """The override half, without `problem`, for an edge: once per request with the header.

    `override_lines` are the values of its lines, or one line joined by Envoy. The header comes
    before a shared link's cookie, which requests the version of its permission.
    """
    reading = read_override(override_lines, target.worker)
    if reading.requested is not None:
        return _permitted(target, reading.requested, reading.field, presented)
    if presented.cookie is not None and reading.outcome in _NO_REQUEST:
        return _shared(target, presented.cookie, presented, reading)
    return Override(reading.outcome or Outcome.absent, field=reading.field)


_NO_REQUEST = (Outcome.absent, Outcome.not_addressed)


def _permitted(target: Target, requested: str, text: str, presented: Presented) -> Override:
    """A permission does not help to reach a version outside the deployment."""
    outcome, fault = target.match(requested), None
    if outcome is Outcome.applied and target.protection.protected:
        fault = refusal(requested, target.protection, presented)
    if fault is not None:
        outcome = Outcome.not_permitted
    return Override(outcome, requested=requested, field=text, fault=fault)


def _shared(
    target: Target, cookie: Permission | Fault, presented: Presented, reading: Reading
) -> Override:
    """A shared link needs a valid permission, whether or not overrides are protected."""
    requested = cookie.version_id if isinstance(cookie, Permission) else ""
    fault = fault_of(cookie, requested, target.protection, presented)
    if fault is not None:
        return Override(Outcome.not_permitted, field=reading.field, fault=fault, shared=True)
    outcome = target.match(requested)
    return Override(outcome, requested=requested, field=reading.field, shared=True)


_FAILS_AT = {
    Outcome.absent: "collect",
    Outcome.invalid_header: "parse",
    Outcome.not_addressed: "look up",
    Outcome.not_a_string: "type",
    Outcome.unknown_version: "match",
    Outcome.not_in_deployment: "match",
    Outcome.not_propagated: "match",
    Outcome.not_permitted: "permit",
}


def _override_steps(target: Target, override: Override, line_count: int) -> list[Step]:
    """Steps 1-6 up to the first that is not ok. The permission, if needed, comes between 5 and 6. A
    shared link is a single step."""
    requested = override.requested or ""
    if override.shared:
        return [Step("link", override.outcome is Outcome.applied, {"id": requested})]
    every: dict[str, dict[str, Fact]] = {
        "collect": {"lines": line_count},
        "parse": {},
        "look up": {"worker": target.worker},
        "type": {"id": requested},
        "match": {"percentage": format_percentage(target.weight(requested) or 0)},
        "permit": {},
        "apply": {},
    }
    if not target.protection.protected and override.fault is None:
        del every["permit"]
    steps: list[Step] = []
    for name, facts in every.items():
        if name == _FAILS_AT.get(override.outcome):
            return [*steps, Step(name, False, facts)]
        steps.append(Step(name, True, facts))
    return steps


def _ordinary(target: Target, keys: Sequence[Value], draw: float) -> tuple[str, Reason, list[Step]]:
    """Step 7: the version key's choice, or else the draw's."""
    keyed = affinity.pick(keys, target.shares)
    if keyed is not None:
        step = Step("key", True, {"point": affinity.point(keys), "total": TOTAL})
        return keyed, Reason.affinity, [step]
    drawn = split.pick(target.shares, draw)
    at = format_percentage(int(draw * TOTAL))
    return (
        drawn,
        Reason.percentage,
        [
            Step("key", False, {"keys": len(keys)}),
            Step("draw", True, {"at": at}),
        ],
    )
