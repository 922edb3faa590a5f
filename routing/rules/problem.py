"""The problem of an override header, as data: kind, facts, span and a fix.

`dashboard/playground/predict/messages.py` has the text of each kind, for the pages and
`manage.py explain`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Fact: TypeAlias = str | int | tuple[str, ...]


class Kind(StrEnum):
    """The mistakes that people make. In brackets: the facts of each."""

    too_long = "too_long"  # over the limit, so it is not read at all (bytes, limit)

    # The field does not parse. All of these have `character`, from 1, where parsing stops.
    header_name = "header_name"  # the header's own name was pasted into its value
    not_a_key = "not_a_key"  # no header can name this Worker (worker, first)
    number_unquoted = "number_unquoted"  # (number, char)
    odd_quote = "odd_quote"  # (char)
    in_string = "in_string"  # (char) cannot stand between quotes
    comma_missing = "comma_missing"
    space_at_equals = "space_at_equals"
    quote_open = "quote_open"
    id_missing = "id_missing"
    member_missing = "member_missing"
    ends_early = "ends_early"
    upper_case = "upper_case"
    key_missing = "key_missing"  # (char)
    colon = "colon"
    unexpected = "unexpected"  # (char)

    # The field parses.
    parameter = "parameter"  # a semicolon where a comma was meant (names, owner)
    not_named = "not_named"  # (worker, keys, more)
    id_as_key = "id_as_key"  # (worker, keys, more)
    typo = "typo"  # (worker, keys, more, typo)
    wrong_type = "wrong_type"  # (type)
    unknown_id = "unknown_id"  # (worker, id)
    foreign_id = "foreign_id"  # (worker, id, owner)
    id_start = "id_start"  # (worker, id, full)
    id_case = "id_case"  # (worker, id, full)
    id_space = "id_space"  # (worker, id, full)
    id_ambiguous = "id_ambiguous"  # (worker, id, count)
    not_in_deployment = "not_in_deployment"  # (worker, id, command[, leaving, percentage, staying])
    not_propagated = "not_propagated"  # (worker, id)
    unavailable = "unavailable"
    not_permitted = "not_permitted"  # (worker, id, fault)


class FixKind(StrEnum):
    """What a fix changes, for the label of its button."""

    quote_id = "quote_id"
    full_id = "full_id"
    use_worker = "use_worker"
    address_owner = "address_owner"
    drop_name = "drop_name"
    use_comma = "use_comma"
    plain_quotes = "plain_quotes"
    correct = "correct"


@dataclass(frozen=True, slots=True)
class Fix:
    """A whole corrected header value. `worker` is the Worker that it addresses, if any."""

    kind: FixKind
    header: str
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """`span` are the indices of the faulty part in the combined field."""

    kind: Kind
    facts: Mapping[str, Fact] = field(default_factory=dict, hash=False)
    span: tuple[int, int] | None = None
    fix: Fix | None = None
