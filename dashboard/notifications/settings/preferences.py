"""A person's choices: channels for each event, quiet hours, followed Workers."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.http import QueryDict

from dashboard.accounts.models import User
from dashboard.notifications.delivery.recipients import Channel
from dashboard.notifications.events import EVENTS, Event
from dashboard.notifications.models import Follow, Preference
from routing.models import Worker


class PreferenceInvalid(Exception):
    """Nothing was saved. `field` is the invalid input."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def preference_of(person: User) -> Preference:
    """The saved row, or one with the defaults."""
    return Preference.objects.filter(person=person).first() or Preference(person=person)


def channels_of(preference: Preference) -> dict[str, list[str]]:
    """Event code → channels, defaults filled in."""
    return {
        event.value: preference.channels.get(event.value, _default(event.value)) for event in EVENTS
    }


def save(person: User, form: QueryDict) -> Preference:
    """Saves the form. Raises `PreferenceInvalid`."""
    chosen = {
        event.value: [c.value for c in Channel if c.value in form.getlist(event.value)]
        for event in EVENTS
    }
    begins, ends = _time(form, "quiet_from"), _time(form, "quiet_until")
    if (begins is None) != (ends is None):
        missing = "quiet_until" if ends is None else "quiet_from"
        raise PreferenceInvalid(missing, "Quiet hours need both times, or neither.")
    fields = {
        "channels": {code: on for code, on in chosen.items() if on != _default(code)},
        "quiet_from": begins,
        "quiet_until": ends,
        "zone": _zone(form.get("zone", "UTC") or "UTC"),
        "urgent_anyway": bool(form.get("urgent_anyway")),
    }
    return Preference.objects.update_or_create(person=person, defaults=fields)[0]


def follow(person: User, worker: str, level: str) -> None:
    """Sets the level of one Worker; an empty one is the default. Raises `PreferenceInvalid`."""
    if not Worker.objects.filter(name=worker).exists():
        raise PreferenceInvalid("worker", f"There is no Worker called {worker[:100]}.")
    if level not in ("", *Follow.Level.values):
        raise PreferenceInvalid("level", f"There is no level called {level[:20]}.")
    with transaction.atomic():
        if level:
            Follow.objects.update_or_create(person=person, worker=worker, defaults={"level": level})
        else:
            Follow.objects.filter(person=person, worker=worker).delete()


def _default(code: str) -> list[str]:
    kind = EVENTS[Event(code)]
    pairs = ((Channel.INBOX, kind.inbox), (Channel.EMAIL, kind.email))
    return [channel.value for channel, on in pairs if on]


def _time(form: QueryDict, name: str) -> time | None:
    text = form.get(name, "").strip()
    try:
        return time.fromisoformat(text) if text else None
    except ValueError as error:
        raise PreferenceInvalid(name, f"{text[:20]!r} is no time; write it like 22:00.") from error


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PreferenceInvalid("zone", f"{name[:64]!r} is not a time zone.") from error
    return name[:64]
