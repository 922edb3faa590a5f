"""Reads the outside guardrails of a plan, as typed or stored. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from dashboard.rollouts.external_guardrails.terms import (
    Comparison,
    ExternalTerms,
    OnBreach,
    PrometheusTerms,
    WebhookTerms,
)
from dashboard.times.durations import format_duration, parse_duration
from dashboard.ui.redact_url import holds_secret

MOST_GUARDRAILS = 10
"""Of one kind in one plan."""
LONGEST_QUERY = 2000
LONGEST_URL = 2000
SHORTEST_EVERY = timedelta(seconds=5)
LONGEST_TIMEOUT = timedelta(seconds=30)
SHORTEST_RECHECK = timedelta(seconds=5)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class TermsError(ValueError):
    """An invalid guardrail. `field` is the invalid input, such as `prometheus[0].limit`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def external_from_json(data: Mapping[str, Any]) -> ExternalTerms:
    """From the four fields of a plan, each optional. Raises `TermsError`."""
    terms = ExternalTerms(
        recheck=_recheck(data.get("recheck")),
        on_breach=_breaches(data.get("on_breach")),
        prometheus=tuple(
            _prometheus(_Fields(f"prometheus[{i}]", item))
            for i, item in enumerate(_list(data, "prometheus"))
        ),
        webhooks=tuple(
            _webhook(_Fields(f"webhooks[{i}]", item))
            for i, item in enumerate(_list(data, "webhooks"))
        ),
    )
    names = [source.name for source in terms.sources]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TermsError("name", f"Two guardrails are called {twice[0]!r}.")
    return terms


def _recheck(text: Any) -> timedelta | None:
    if text in (None, ""):
        return None
    every = _parsed("recheck", text)
    if every < SHORTEST_RECHECK:
        raise TermsError("recheck", f"Write at least {format_duration(SHORTEST_RECHECK)}.")
    return every


def _breaches(data: Any) -> dict[str, OnBreach]:
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        raise TermsError("on_breach", "Write an object: guardrail → roll_back, hold or show.")
    return {_name("on_breach", name): _breach(f"on_breach.{name}", to) for name, to in data.items()}


def _list(data: Mapping[str, Any], field: str) -> Sequence[Any]:
    items = data.get(field) or []
    if not isinstance(items, list):
        raise TermsError(field, "Write a list.")
    if len(items) > MOST_GUARDRAILS:
        raise TermsError(field, f"A plan has at most {MOST_GUARDRAILS} of these.")
    return items


class _Fields:
    """Reads one guardrail from JSON. Errors name the place of the invalid field."""

    def __init__(self, place: str, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise TermsError(place, "Write an object.")
        self.place, self.data, self.read_names = place, data, set[str]()

    def text(self, name: str, most: int, *, required: bool = True) -> str:
        value = self._value(name, "")
        if not isinstance(value, str) or len(value) > most or not value.isprintable():
            raise TermsError(self.at(name), f"Write one line of at most {most} characters.")
        if required and not value.strip():
            raise TermsError(self.at(name), "This is missing.")
        return value.strip()

    def number(self, name: str) -> float:
        value = self._value(name, None)
        numeric = isinstance(value, int | float) and not isinstance(value, bool)
        if not numeric or not math.isfinite(value):
            raise TermsError(self.at(name), "Write a number.")
        return float(value)

    def duration(
        self, name: str, default: str, least: timedelta, most: timedelta | None = None
    ) -> timedelta:
        value = _parsed(self.at(name), self._value(name, default))
        if value < least:
            raise TermsError(self.at(name), f"Write at least {format_duration(least)}.")
        if most is not None and value > most:
            raise TermsError(self.at(name), f"Write at most {format_duration(most)}.")
        return value

    def url(self, name: str, *, required: bool) -> str:
        text = self.text(name, LONGEST_URL, required=required)
        return _url(self.at(name), text) if text else ""

    def breach(self) -> OnBreach:
        return _breach(self.at("on_breach"), self._value("on_breach", OnBreach.ROLL_BACK))

    def choice(self, name: str, default: str, choices: type[Comparison]) -> Comparison:
        value = self._value(name, default)
        if value not in list(choices):
            raise TermsError(self.at(name), f"{value!r} is not one of {', '.join(choices)}.")
        return choices(value)

    def check_unknown(self) -> None:
        if unknown := sorted(set(self.data) - self.read_names):
            raise TermsError(self.at(str(unknown[0])[:40]), "There is no such field.")

    def at(self, name: str) -> str:
        return f"{self.place}.{name}"

    def _value(self, name: str, default: Any) -> Any:
        self.read_names.add(name)
        value = self.data.get(name)
        return default if value is None else value


def _prometheus(fields: _Fields) -> PrometheusTerms:
    terms = PrometheusTerms(
        name=_name(fields.at("name"), fields.text("name", 32)),
        query=fields.text("query", LONGEST_QUERY),
        limit=fields.number("limit"),
        comparison=fields.choice("comparison", "at_most", Comparison),
        lasting=fields.duration("lasting", "0s", timedelta(0)),
        server=fields.url("server", required=False),
        every=fields.duration("every", "15s", SHORTEST_EVERY),
        timeout=fields.duration("timeout", "5s", timedelta(seconds=1), LONGEST_TIMEOUT),
        on_breach=fields.breach(),
    )
    fields.check_unknown()
    return terms


def _webhook(fields: _Fields) -> WebhookTerms:
    terms = WebhookTerms(
        name=_name(fields.at("name"), fields.text("name", 32)),
        url=fields.url("url", required=True),
        every=fields.duration("every", "30s", SHORTEST_EVERY),
        timeout=fields.duration("timeout", "5s", timedelta(seconds=1), LONGEST_TIMEOUT),
        on_breach=fields.breach(),
    )
    fields.check_unknown()
    return terms


def _name(place: str, text: Any) -> str:
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise TermsError(
            place, "Write a name of at most 32 lower-case letters, digits, dashes, underscores."
        )
    return text


def _breach(place: str, value: Any) -> OnBreach:
    if value not in list(OnBreach):
        raise TermsError(place, f"{value!r} is not one of {', '.join(OnBreach)}.")
    return OnBreach(value)


def _parsed(place: str, text: Any) -> timedelta:
    try:
        return parse_duration(str(text))
    except ValueError as error:
        raise TermsError(place, str(error)) from error


def _url(place: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  # raises when it is none
    except ValueError as error:
        raise TermsError(place, "This is not a URL.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise TermsError(place, "Write http:// or https://, a host, and no password.")
    if holds_secret(text):
        raise TermsError(
            place,
            "Everyone who signs in can read a plan, so a URL in it may hold no token or key. "
            "The URL of a hook may: make it a gate.",
        )
    return text
