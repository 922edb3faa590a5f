"""Filters: times, reasons and outcomes in words. Pages show the API's names beside them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.times.spans import largest_unit, relative_text, span_text, utc_text
from routing.models import Deployment, Version

register = template.Library()

REASONS = {
    "override": "the override header names it",
    "affinity": "the version key is pinned to it",
    "percentage": "drawn by the percentages",
    "preview": "the request used its own address",
}

OUTCOMES = {
    "applied": ("Applied", "The version that the header asks for answers."),
    "absent": ("No override", "The request carries no override header."),
    "invalid_header": (
        "The header does not parse",
        "It is no valid Dictionary: none of it counts.",
    ),
    "not_addressed": ("Not addressed", "The header names no version for this Worker."),
    "not_a_string": ("Not a String", "The id is not in double quotes."),
    "unknown_version": ("Unknown version", "No version of this Worker has this id."),
    "not_in_deployment": (
        "Not in the deployment",
        "An override reaches only versions that are in the active deployment, even at 0%.",
    ),
    "not_propagated": (
        "Not there yet",
        "The edge does not have this deployment yet; try again in a moment.",
    ),
    "unavailable": (
        "Not decided",
        "The edge's decide service did not answer in time, so the request went by percentage.",
    ),
    "not_permitted": (
        "Not permitted",
        "The request carries no valid permission, so it was routed as if without the override.",
    ),
}

SOURCES = {
    "api": "API",
    "dashboard": "dashboard",
    "wrangler": "wrangler",
    "rollout": "rollout",
    "demo": "demo",
}


@register.filter
def reason_words(reason: str) -> str:
    """Why a version was chosen. An unknown reason stays as it is."""
    return REASONS.get(str(reason), str(reason))


@register.filter
def outcome_title(outcome: str) -> str:
    return OUTCOMES.get(str(outcome), (str(outcome), ""))[0]


@register.filter
def outcome_words(outcome: str) -> str:
    return OUTCOMES.get(str(outcome), ("", str(outcome)))[1]


@register.filter
def source_words(source: str) -> str:
    return SOURCES.get(source, source)


@register.filter
def who(made: Version | Deployment | None, nobody: str = "system") -> str:
    """Who uploaded or deployed it: a name, the address of one who is gone, or the system."""
    if made is None:
        return nobody
    return made.author.get_username() if made.author else made.author_email or nobody


@register.simple_tag(takes_context=True)
def ago(context: Context, moment: datetime | None, now: datetime | None = None) -> SafeString | str:
    """A relative time whose absolute UTC time is in the title and the `datetime` attribute.

    One response has one `rendered_at`, so that one event has one age on a screen.
    """
    return age(moment, now or context.get("rendered_at") or timezone.now())


def age(moment: datetime | None, now: datetime) -> SafeString | str:
    """The same, for tags that render rows by themselves."""
    return "never" if moment is None else _time(moment, relative_text(now - moment))


@register.simple_tag
def within(moment: datetime, now: datetime | None = None) -> SafeString:
    """A time to come: in 90 d. What was set for 90 days says so for its first minute, too."""
    left = moment - (now or timezone.now()) + timedelta(minutes=1)
    return _time(moment, f"in {largest_unit(left)}")


@lru_cache(maxsize=4096)
def _time(moment: datetime, words: str) -> SafeString:
    absolute = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return format_html('<time datetime="{}" title="{}">{}</time>', absolute, utc(moment), words)


duration = register.filter("duration", span_text)
utc = register.filter("utc", utc_text)


@register.filter
def microseconds(count: int) -> str:
    """A duration as the edge measured it."""
    return span_text(count / 1000)


@register.filter
def console(line: dict[str, Any]) -> str:
    """One console line, `{"level", "message": [...]}`, as a terminal would show it."""
    parts = line.get("message") or []
    return " ".join(p if isinstance(p, str) else json.dumps(p, ensure_ascii=False) for p in parts)
