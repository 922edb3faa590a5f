"""The problem of an override that was not applied, and a suggested header.

Each outcome has one function that sets `problem` (and `position`, where parsing stops). Kinds and
facts only: pages and the command line word them.
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace

from routing.rules.header import fixes
from routing.rules.header.fields import as_read, character_span
from routing.rules.header.parse_error_text import PASTED_NAME, cause
from routing.rules.header.spans import Parameter, scan
from routing.rules.override import (
    LONGEST_FIELD,
    Outcome,
    Override,
    addressable,
    member_of,
    parse,
    type_name,
)
from routing.rules.permissions.permission import Fault
from routing.rules.problem import Fact, Fix, FixKind, Kind, Problem
from routing.rules.split import VersionWeight, format_percentage
from routing.rules.target import Target

_LISTED_KEYS = 5
_COMPARED_KEYS = 100  # difflib takes some 50 µs for a pair of names
_LONGEST_NAME = 63

_FIX_KINDS = {
    Kind.header_name: FixKind.drop_name,
    Kind.odd_quote: FixKind.plain_quotes,
}


def advise(target: Target, override: Override) -> Override:
    """The same override with its problem. `override` comes from `judge` with the same target.

    Takes time linear in the field. Never raises.
    """
    advisor = _ADVISORS.get(override.outcome)
    return advisor(target, override) if advisor else override


def staging_command(target: Target, version_id: str) -> str:
    """The wrangler command that adds a version to the active deployment at 0%.

    A deployment has at most two versions, so the one with the larger share stays, at 100%; of equal
    shares the older one.
    """
    staying = _staying(target).version_id
    return f"wrangler versions deploy {version_id}@0% {staying}@100% --name {target.worker} -y"


def _applied(target: Target, override: Override) -> Override:
    """Applied, but a part of the header is an ignored parameter."""
    problem = _parameter_problem(target, override, _misplaced_parameters(target, override.field))
    return replace(override, problem=problem) if problem else override


def _invalid_header(target: Target, override: Override) -> Override:
    if len(override.field) > LONGEST_FIELD:
        return _too_long(override)
    stop = scan(override.field).stop
    position = len(override.field) if stop is None else stop
    kind, facts = cause(override.field, position)
    span = character_span(override.field, position)
    if kind is Kind.header_name and (name := PASTED_NAME.match(override.field)):
        span = name.span()
    header = fixes.fixed_header(override.field, target.worker)
    if not addressable(target.worker):
        kind, facts, header = Kind.not_a_key, _names_of(target), None
    facts["character"] = len(as_read(override.field[:position])) + 1
    fix = Fix(_fix_kind(kind, override.field, header), header) if header else None
    return replace(override, position=position, problem=Problem(kind, facts, span, fix))


def _fix_kind(kind: Kind, field: str, header: str) -> FixKind:
    """The kind of the correction: quotes only, one mistake, or several."""
    if header.replace('"', "") == field.replace('"', ""):
        return FixKind.quote_id
    return _FIX_KINDS.get(kind, FixKind.correct)


def _too_long(override: Override) -> Override:
    facts: dict[str, Fact] = {"bytes": len(override.field), "limit": LONGEST_FIELD}
    return replace(override, position=LONGEST_FIELD, problem=Problem(Kind.too_long, facts))


def _not_addressed(target: Target, override: Override) -> Override:
    field = override.field
    if not addressable(target.worker):
        return replace(override, problem=Problem(Kind.not_a_key, _names_of(target)))
    swallowed = _misplaced_parameters(target, field)
    if target.worker in (parameter.key for _, parameter in swallowed):
        return replace(override, problem=_parameter_problem(target, override, swallowed))
    keys = list(parse(field) or ())
    known = target.own_ids()
    facts: dict[str, Fact] = {
        "worker": target.worker,
        "keys": tuple(_short(key) for key in keys[:_LISTED_KEYS]),
        "more": max(0, len(keys) - _LISTED_KEYS),
    }
    if version_id := next((key for key in keys if key in known), None):
        fix = Fix(FixKind.use_worker, f'{target.worker}="{version_id}"', target.worker)
        problem = Problem(Kind.id_as_key, facts, _key_span(field, version_id), fix)
    elif typo := _closest(target, keys):
        header = fixes.with_key(field, typo, target.worker)
        suggested = Fix(FixKind.use_worker, header, target.worker) if header else None
        problem = Problem(Kind.typo, facts | {"typo": typo}, _key_span(field, typo), suggested)
    else:
        problem = Problem(Kind.not_named, facts)
    return replace(override, problem=problem)


def _not_a_string(target: Target, override: Override) -> Override:
    member = member_of(override.field, target.worker)
    facts: dict[str, Fact] = {"type": type_name(member) if member is not None else ""}
    header = fixes.quote(override.field, target.worker)
    fix = Fix(FixKind.quote_id, header) if header else None
    span = _value_span(override.field, target.worker, 0)
    return replace(override, problem=Problem(Kind.wrong_type, facts, span, fix))


def _unknown_version(target: Target, override: Override) -> Override:
    requested, field = override.requested or "", override.field
    facts: dict[str, Fact] = {"worker": target.worker, "id": _short(requested)}
    meant = _matching_ids(target, requested)
    kind, fix = Kind.unknown_id, None
    if owner := target.foreign.get(requested):
        kind, facts["owner"] = Kind.foreign_id, owner
        header = fixes.with_key(field, target.worker, owner)
        fix = Fix(FixKind.address_owner, header, owner) if header else None
    elif len(meant) == 1:
        kind, facts["full"] = _difference(requested, meant[0]), meant[0]
        header = fixes.with_id(field, target.worker, meant[0])
        fix = Fix(FixKind.full_id, header) if header else None
    elif meant:
        kind, facts["count"] = Kind.id_ambiguous, len(meant)
    span = _value_span(field, target.worker, 1)
    return replace(override, problem=Problem(kind, facts, span, fix))


def _not_in_deployment(target: Target, override: Override) -> Override:
    version_id = override.requested or ""
    facts: dict[str, Fact] = {
        "worker": target.worker,
        "id": version_id,
        "command": staging_command(target, version_id),
    }
    staying = _staying(target)
    leaving = next((share for share in target.shares if share is not staying), None)
    if leaving is not None:
        facts |= {"leaving": leaving.version_id, "staying": staying.version_id}
        facts["percentage"] = format_percentage(leaving.weight) if leaving.weight else ""
    span = _value_span(override.field, target.worker, 1)
    return replace(override, problem=Problem(Kind.not_in_deployment, facts, span))


def _not_propagated(target: Target, override: Override) -> Override:
    facts: dict[str, Fact] = {"worker": target.worker, "id": override.requested or ""}
    span = _value_span(override.field, target.worker, 1)
    return replace(override, problem=Problem(Kind.not_propagated, facts, span))


def _unavailable(target: Target, override: Override) -> Override:
    return replace(override, problem=Problem(Kind.unavailable))


def _not_permitted(target: Target, override: Override) -> Override:
    """Has no fix, because a permission cannot be guessed."""
    fault = override.fault or Fault.missing
    facts: dict[str, Fact] = {
        "worker": target.worker,
        "id": _short(override.requested or ""),
        "fault": str(fault),
    }
    return replace(override, problem=Problem(Kind.not_permitted, facts))


_ADVISORS: dict[Outcome, Callable[[Target, Override], Override]] = {
    Outcome.applied: _applied,
    Outcome.invalid_header: _invalid_header,
    Outcome.not_addressed: _not_addressed,
    Outcome.not_a_string: _not_a_string,
    Outcome.unknown_version: _unknown_version,
    Outcome.not_in_deployment: _not_in_deployment,
    Outcome.not_propagated: _not_propagated,
    Outcome.unavailable: _unavailable,
    Outcome.not_permitted: _not_permitted,
}


def _names_of(target: Target) -> dict[str, Fact]:
    """Facts for a Worker whose name is not a Dictionary key (RFC 9651, 3.1.2)."""
    return {"worker": target.worker, "first": target.worker[:1]}


def _misplaced_parameters(target: Target, field: str) -> list[tuple[str, Parameter]]:
    """Parameters that were meant as members: a String, or a Worker's name.

    Each with the key of the member that it is attached to.
    """
    if ";" not in field or len(field) > fixes.LONGEST_FIELD:
        return []
    return [
        (member.key, parameter)
        for member in scan(field).members
        for parameter in member.parameters
        if field.startswith('"', parameter.value) or parameter.key in target.workers
    ]


def _parameter_problem(
    target: Target, override: Override, swallowed: Sequence[tuple[str, Parameter]]
) -> Problem | None:
    if not swallowed:
        return None
    parameters = [parameter for _, parameter in swallowed]
    names = tuple(_short(parameter.key) for parameter in parameters[:_LISTED_KEYS])
    facts: dict[str, Fact] = {"names": names, "owner": _short(swallowed[0][0])}
    header = fixes.with_commas(override.field, parameters)
    fix = Fix(FixKind.use_comma, header) if header else None
    span = (parameters[0].start, parameters[0].start + 1)
    return Problem(Kind.parameter, facts, span, fix)


def _key_span(field: str, key: str) -> tuple[int, int] | None:
    member = fixes.member_at(field, key)
    return (member.start, member.start + len(key)) if member else None


def _value_span(field: str, worker: str, quotes: int) -> tuple[int, int] | None:
    """The span of the Worker's value, without `quotes` characters at both ends."""
    member = fixes.member_at(field, worker)
    return (member.value + quotes, member.stop - quotes) if member else None


def _closest(target: Target, keys: Sequence[str]) -> str | None:
    """The key that looks like a typo of this Worker's name, and is not another Worker's name."""
    candidates = [
        key
        for key in keys[:_COMPARED_KEYS]
        if len(key) <= _LONGEST_NAME and key not in target.workers
    ]
    return next(iter(difflib.get_close_matches(target.worker, candidates, n=1, cutoff=0.75)), None)


def _matching_ids(target: Target, requested: str) -> list[str]:
    """Ids that start with `requested`, ignoring case; only the one in the deployment, if one is."""
    start = requested.strip().lower()
    if not start:
        return []
    known = sorted(i for i in target.own_ids() if i.lower().startswith(start))
    live = [i for i in known if target.weight(i) is not None]
    return live if len(live) == 1 else known


def _difference(requested: str, version_id: str) -> Kind:
    if requested.strip() == version_id:
        return Kind.id_space
    if requested.strip().lower() == version_id.lower():
        return Kind.id_case
    return Kind.id_start


def _staying(target: Target) -> VersionWeight:
    return max(reversed(target.shares), key=lambda share: share.weight)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
