"""Types of bindings with several options: which, whether they are valid, and as text for pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from routing.compile.workerd.binding_types import ai, rate_limits, send_email, stored_secrets

_Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OptionType:
    """`problem_of` returns "" for valid options. Text is one line, as `example`; `from_text` of
    other text gives options with a problem."""

    fields: tuple[str, ...]
    problem_of: Callable[[_Options], str]
    as_text: Callable[[_Options], str]
    from_text: Callable[[str], dict[str, Any]]
    example: str


OPTION_TYPES: Mapping[str, OptionType] = {
    ai.TYPE: OptionType(ai.FIELDS, ai.problem_of, ai.as_text, ai.from_text, ""),
    rate_limits.TYPE: OptionType(
        rate_limits.FIELDS,
        rate_limits.problem_of,
        rate_limits.as_text,
        rate_limits.from_text,
        "1001 100/60s",
    ),
    send_email.TYPE: OptionType(
        send_email.FIELDS,
        send_email.problem_of,
        send_email.as_text,
        send_email.from_text,
        '{"destination_address": "ops@example.com"}',
    ),
    stored_secrets.TYPE: OptionType(
        stored_secrets.FIELDS,
        stored_secrets.problem_of,
        stored_secrets.as_text,
        stored_secrets.from_text,
        "<store id>/<name>",
    ),
}
"""By binding type."""
