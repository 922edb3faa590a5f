"""What we tell people whose override was not applied: what is wrong, and how to put it right.

Each outcome has one function that fills `advice`, `position` and `suggestion` (the table "override
outcome" of the specification). Where the request went instead, pages say from the decision.
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace

from routing.rules import repair
from routing.rules.cause import cause
from routing.rules.locate import scan
from routing.rules.override import Outcome, Override, addressable, member_of, parse, type_name
from routing.rules.split import Share, format_percentage
from routing.rules.target import Target

_SHOWN_KEYS = 5
_COMPARED_KEYS = 100  # difflib takes some 50 µs for a pair of names
_LONGEST_NAME = 63


def advise(target: Target, override: Override) -> Override:
    """The same override with its advice. `override` comes from `judge` with the same target.

    Takes time proportional to the field, whose guesses are capped; never raises.
    """
    advisor = _ADVISORS.get(override.outcome)
    return advisor(target, override) if advisor else override


def staging_command(target: Target, version_id: str) -> str:
    """The wrangler command that adds a version to the active deployment at 0%.

    A deployment holds two versions, so one stays, at 100%: the one with the larger share, of equals
    the older.
    """
    staying = _staying(target).version_id
    return f"wrangler versions deploy {version_id}@0% {staying}@100% --name {target.worker} -y"


def _invalid_header(target: Target, override: Override) -> Override:
    stop = scan(override.field).stop
    position = len(override.field) if stop is None else stop
    advice = (
        f"Stops parsing at character {position + 1}: {cause(override.field, position)} "
        "The header does not parse, so none of it counts."
    )
    suggestion = repair.mend(override.field, target.worker)
    return replace(
        override,
        advice=_unaddressable(target) + advice,
        position=position,
        suggestion=suggestion,
    )


def _not_addressed(target: Target, override: Override) -> Override:
    keys = list(parse(override.field) or ())
    known = target.own_ids()
    advice = f"No member for {target.worker}; the header names {_listed(keys)}."
    suggestion = None
    if not addressable(target.worker):
        advice = _unaddressable(target) + advice
    elif version_id := next((key for key in keys if key in known), None):
        advice += (
            " That is a version id: put the Worker's name and “=” before it, and quotes around."
        )
        suggestion = f'{target.worker}="{version_id}"'
    elif typo := _closest(target, keys):
        advice += f" “{typo}” looks like a typo: a key must match the Worker's name exactly."
        suggestion = repair.with_key(override.field, typo, target.worker)
    return replace(override, advice=advice, suggestion=suggestion)


def _not_a_string(target: Target, override: Override) -> Override:
    member = member_of(override.field, target.worker)
    found = f"of type {type_name(member)}, not String" if member is not None else "not a String"
    return replace(
        override,
        advice=f"The value is {found}: put the id in double quotes.",
        suggestion=repair.quote(override.field, target.worker),
    )


def _unknown_version(target: Target, override: Override) -> Override:
    requested = override.requested or ""
    advice = f"No version of {target.worker} has the id “{_short(requested)}”."
    suggestion = None
    found = _meant(target, requested)
    if owner := target.foreign.get(requested):
        advice += f" It belongs to {owner}."
        suggestion = repair.with_key(override.field, target.worker, owner)
    elif len(found) == 1:
        advice += f" {_difference(requested, found[0])} {found[0]}: overrides need the exact id."
        suggestion = repair.with_id(override.field, target.worker, found[0])
    elif found:
        advice += f" {len(found)} ids start like this; overrides need the full id."
    else:
        advice += " Ids are listed by: wrangler versions list --name " + target.worker
    return replace(override, advice=advice, suggestion=suggestion)


def _not_in_deployment(target: Target, override: Override) -> Override:
    version_id = override.requested or ""
    advice = (
        f"{version_id} is a version of {target.worker}, but not in the active deployment, and an "
        f"override reaches no other. {_replaced(target)}Add it at 0%: "
    )
    return replace(override, advice=advice + staging_command(target, version_id))


def _not_propagated(target: Target, override: Override) -> Override:
    return replace(
        override,
        advice=f"{override.requested} is in the newest deployment of {target.worker}, "
        "but this edge does not have that revision yet. Retry in a moment.",
    )


def _unavailable(target: Target, override: Override) -> Override:
    return replace(
        override,
        advice="The edge's decide service did not answer in time, so the request was routed as if "
        "the header were absent. Retry in a moment.",
    )


_ADVISORS: dict[Outcome, Callable[[Target, Override], Override]] = {
    Outcome.invalid_header: _invalid_header,
    Outcome.not_addressed: _not_addressed,
    Outcome.not_a_string: _not_a_string,
    Outcome.unknown_version: _unknown_version,
    Outcome.not_in_deployment: _not_in_deployment,
    Outcome.not_propagated: _not_propagated,
    Outcome.unavailable: _unavailable,
}


def _unaddressable(target: Target) -> str:
    """A sentence for names that are no Dictionary key (RFC 9651, 3.1.2); empty for the others."""
    if addressable(target.worker):
        return ""
    return (
        f"{target.worker} cannot be overridden: keys start with a to z or *, and this name starts "
        f"with “{target.worker[:1]}”, so any header that names it fails as a whole. "
    )


def _closest(target: Target, keys: Sequence[str]) -> str | None:
    """The key that looks like this Worker's name misspelt; a real name of another is no typo."""
    candidates = [
        key
        for key in keys[:_COMPARED_KEYS]
        if len(key) <= _LONGEST_NAME and key not in target.workers
    ]
    return next(iter(difflib.get_close_matches(target.worker, candidates, n=1, cutoff=0.75)), None)


def _meant(target: Target, requested: str) -> list[str]:
    """The ids that `requested` starts, case aside. One in the deployment is preferred to others."""
    start = requested.strip().lower()
    if not start:
        return []
    known = sorted(i for i in target.own_ids() if i.lower().startswith(start))
    live = [i for i in known if target.weight(i) is not None]
    return live if len(live) == 1 else known


def _difference(requested: str, version_id: str) -> str:
    if requested.strip() == version_id:
        return "Only white space sets it apart from"
    if requested.strip().lower() == version_id.lower():
        return "Only upper and lower case set it apart from"
    return "It is the start of"


def _staying(target: Target) -> Share:
    return max(reversed(target.shares), key=lambda share: share.weight)


def _replaced(target: Target) -> str:
    """What adding a third version costs, as a sentence; empty where there is room for it."""
    staying = _staying(target)
    leaving = next((share for share in target.shares if share is not staying), None)
    if leaving is None:
        return ""
    cost = f", whose {format_percentage(leaving.weight)} go to {staying.version_id}"
    return f"It takes the place of {leaving.version_id}{cost if leaving.weight else ''}. "


def _listed(keys: Sequence[str]) -> str:
    shown = ", ".join(f"“{_short(key)}”" for key in keys[:_SHOWN_KEYS])
    rest = len(keys) - _SHOWN_KEYS
    return f"{shown} and {rest} more" if rest > 0 else shown


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
