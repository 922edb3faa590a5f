"""What people read about overrides, and the steps of a decision: each kind is worded once here.

`routing.rules` gives kinds and facts; the doctor, `manage.py explain` and its JSON use these words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from routing.rules.decide import Decision, Step
from routing.rules.header.parse_error_text import ODD_QUOTES
from routing.rules.permissions.permission import Fault
from routing.rules.problem import Fact, Fix, FixKind, Kind, Problem

Facts = Mapping[str, Fact]


class Words(NamedTuple):
    """A title without a full stop, and the sentences below it."""

    title: str
    text: str

    @property
    def sentence(self) -> str:
        return f"{self.title}. {self.text}".strip()


_STOPS = "Stops parsing at character {character}"
_NONE_COUNTS = "The header does not parse, so none of it counts."

#: The field does not parse: why not.
_CAUSES: dict[Kind, str] = {
    Kind.number_unquoted: "Without quotes, {number} reads as a number and {char} cannot follow.",
    Kind.odd_quote: 'Only the plain double quote (") quotes a value, not {char}.',
    Kind.in_string: "{char} cannot stand between quotes.",
    Kind.comma_missing: "A comma must stand between two Workers.",
    Kind.space_at_equals: "No space may stand beside “=”.",
    Kind.quote_open: "The closing double quote is missing.",
    Kind.id_missing: "A version id in double quotes must follow “=”.",
    Kind.member_missing: "A comma must be followed by another Worker.",
    Kind.ends_early: "The header ends too early.",
    Kind.upper_case: "Keys are written in lower case.",
    Kind.key_missing: (
        "A Worker's name must stand here; it starts with a to z or *, not with {char}."
    ),
    Kind.colon: "Between the Worker's name and the id stands “=”, not “:”.",
    Kind.unexpected: "{char} cannot stand here.",
}

_WORDS: dict[Kind, Words] = {kind: Words(_STOPS, text) for kind, text in _CAUSES.items()} | {
    Kind.too_long: Words(
        "The header is too long",
        "It has {bytes} bytes. Over {limit} bytes a header is not read, so none of it counts. Send "
        "only the members that this request needs.",
    ),
    Kind.header_name: Words(
        "Leave out the header's name", "This is the value alone, without the name before it."
    ),
    Kind.not_a_key: Words(
        "{worker} cannot be overridden",
        "Header keys start with a to z or *, and this name starts with “{first}”, so any header "
        "that names it fails as a whole. A Worker under another name can be overridden.",
    ),
    Kind.parameter: Words(
        "{names} after a semicolon is no Worker",
        "A semicolon begins a parameter of {owner}'s value, and parameters are ignored. Put a "
        "comma between two Workers.",
    ),
    Kind.not_named: Words("No member for {worker}", "The header names {keys}."),
    Kind.id_as_key: Words(
        "No member for {worker}",
        "The header names {keys}. That is a version id: put the Worker's name and “=” before it, "
        "and quotes around it.",
    ),
    Kind.typo: Words(
        "No member for {worker}",
        "The header names {keys}. “{typo}” looks like a typo: a key must match the Worker's name "
        "exactly.",
    ),
    Kind.wrong_type: Words(
        "The value is {type}, not a String", "Only a String counts. Put the id in double quotes."
    ),
    Kind.unknown_id: Words(
        "No version of {worker} has the id “{id}”",
        "Ids are listed by: wrangler versions list --name {worker}",
    ),
    Kind.foreign_id: Words("No version of {worker} has the id “{id}”", "It belongs to {owner}."),
    Kind.id_start: Words(
        "No version of {worker} has the id “{id}”",
        "It is the start of {full}: overrides need the exact id.",
    ),
    Kind.id_case: Words(
        "No version of {worker} has the id “{id}”",
        "Only upper and lower case set it apart from {full}: overrides need the exact id.",
    ),
    Kind.id_space: Words(
        "No version of {worker} has the id “{id}”",
        "Only white space sets it apart from {full}: overrides need the exact id.",
    ),
    Kind.id_ambiguous: Words(
        "No version of {worker} has the id “{id}”",
        "{count} ids start like this; overrides need the full id.",
    ),
    Kind.not_in_deployment: Words(
        "{name} is not in the live deployment",
        "An override reaches only versions that are in it, even at 0%.",
    ),
    Kind.not_propagated: Words(
        "{id} is in the newest deployment of {worker}",
        "This edge does not have that revision yet. Try again in a moment.",
    ),
    Kind.unavailable: Words(
        "Not decided",
        "The edge's decide service did not answer in time, so the request was routed as if the "
        "header were absent. Try again in a moment.",
    ),
    Kind.not_permitted: Words(
        "Not permitted",
        "{worker} protects its overrides: one counts only with a signed permission. {why} Share "
        "this version on the Worker's page, or: manage.py override link --worker {worker}",
    ),
}

#: Why the permission that came along, or did not, is of no use.
_FAULTS: dict[str, str] = {
    Fault.missing: "The request carries none.",
    Fault.malformed: "What the request carries is incomplete: copy all of it.",
    Fault.other_worker: "The one that the request carries is for another Worker.",
    Fault.unknown_key: "The one that the request carries was signed with a key that is gone.",
    Fault.forged: "The one that the request carries was changed after it was signed.",
    Fault.other_host: "The one that the request carries is for another host name.",
    Fault.other_version: "The one that the request carries is for another version.",
    Fault.expired: "The one that the request carries has expired.",
    Fault.revoked: "The one that the request carries was revoked.",
}

_FIXES: dict[FixKind, str] = {
    FixKind.quote_id: "Put the id in quotes",
    FixKind.full_id: "Use the full id",
    FixKind.use_worker: "Use {worker}",
    FixKind.address_owner: "Address {worker} instead",
    FixKind.drop_name: "Leave out the name",
    FixKind.use_comma: "Use a comma",
    FixKind.plain_quotes: "Use plain quotes",
    FixKind.correct: "Correct the header",
}


def words_of(problem: Problem, **more: Fact) -> Words:
    """Title and text of a problem; `more` are facts that only the caller has, such as `name`."""
    facts = {"name": problem.facts.get("id", "")} | dict(problem.facts) | more
    facts["why"] = _FAULTS.get(str(facts.get("fault", "")), "")
    spoken = {name: _spoken(name, value, facts) for name, value in facts.items()}
    title, text = (part.format_map(spoken) for part in _WORDS[problem.kind])
    if problem.kind in _CAUSES:
        text = f"{text} {_NONE_COUNTS}"
    if problem.kind is Kind.not_in_deployment:
        text = " ".join(filter(None, (text, replaced(problem.facts))))
    return Words(title, text)


def replaced(facts: Facts) -> str:
    """What adding a third version costs; empty where there is room for it."""
    if "leaving" not in facts:
        return ""
    cost = f", whose {facts['percentage']} go to {facts['staying']}" if facts["percentage"] else ""
    return f"It takes the place of {facts['leaving']}{cost}."


def advice(problem: Problem | None) -> str:
    """The whole advice as one text, with the command that helps; empty without a problem."""
    if problem is None:
        return ""
    text = words_of(problem).sentence
    command = problem.facts.get("command")
    return f"{text} Add it at 0%: {command}" if command else text


def label_of(fix: Fix) -> str:
    """The label of its button."""
    return _FIXES[fix.kind].format(worker=fix.worker)


def step_detail(step: Step, decision: Decision) -> str:
    """One step of a decision in a sentence."""
    if not step.ok and step.name not in ("key", "draw"):
        problem = decision.override.problem if decision.override else None
        return advice(problem) or _nothing_to_collect(step)
    facts = step.facts
    if step.name == "key":
        return _key_detail(step)
    texts = {
        "collect": f"{_lines(facts.get('lines', 0))}, read as one field.",
        "parse": "The field is a Dictionary.",
        "look up": f"It has a member for {facts.get('worker')}.",
        "type": f"Its value is a String: {facts.get('id')}",
        "match": f"In the deployment, at {facts.get('percentage')}.",
        "permit": "The request carries a valid permission for this version.",
        "link": f"A shared link asks for this version: {facts.get('id')}",
        "apply": "This version answers; nothing else is consulted.",
        "draw": f"The draw fell at {facts.get('at')} of the line of all traffic.",
    }
    return texts[step.name]


def _key_detail(step: Step) -> str:
    if step.ok:
        return f"The key's point is {step.facts['point']} of {step.facts['total']}."
    return "The version key is blank." if step.facts["keys"] else "No version key."


def _nothing_to_collect(step: Step) -> str:
    return "The header is empty." if step.facts.get("lines") else "No override header."


def _lines(count: Fact) -> str:
    return f"{count} line" if count == 1 else f"{count} lines"


def _spoken(name: str, value: Fact, facts: Facts) -> str:
    """A fact as it stands in a sentence."""
    if name == "char":
        return _character(str(value))
    if name == "type":
        return _type(str(value))
    if name in ("bytes", "limit"):
        return f"{value:,}"
    if isinstance(value, tuple):
        listed = ", ".join(f"“{text}”" for text in value)
        more = facts.get("more", 0)
        return f"{listed} and {more} more" if more else listed
    return str(value)


def _character(char: str) -> str:
    if char == " ":
        return "a space"
    if char in ODD_QUOTES and char.isprintable():
        return char
    if char.isprintable():
        return f"“{char}”"
    return f"the character U+{ord(char[0]):04X}"


def _type(name: str) -> str:
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name or 'value'}"
