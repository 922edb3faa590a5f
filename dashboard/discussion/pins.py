"""What a thread is about. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LONGEST_PLACE = 200
LONGEST_PATH = 500
LONGEST_SEEN = 4_000


@dataclass(frozen=True, slots=True)
class Kind:
    """`icon`: a Lucide icon; `hint`: where such a pin is made."""

    label: str
    icon: str
    hint: str


KINDS: Final = {
    "general": Kind("Deployment", "message-square", "the active deployment as a whole"),
    "version": Kind("Version", "git-commit-horizontal", "its page"),
    "step": Kind("Step", "pause", "the plan on the rollout page"),
    "check": Kind("Check", "clipboard-check", "its result in a run"),
    "chart": Kind("Chart minute", "chart-spline", "a minute and what the chart shows then"),
    "diff": Kind("Diff line", "file-diff", "file and line of the diff"),
    "request": Kind("Request", "activity", "its page, by ray id"),
}


class PinRefused(ValueError):
    """An invalid pin. `field` is the invalid input."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Pin:
    """`place`: label of the thing; `path`: its page; `seen`: its content at that time, as text."""

    kind: str = "general"
    place: str = ""
    path: str = ""
    seen: str = ""


def check(pin: Pin) -> Pin:
    """The pin without surrounding spaces. Raises `PinRefused`."""
    place, seen = pin.place.strip(), pin.seen.strip("\n")
    if pin.kind not in KINDS:
        raise PinRefused("kind", f"{pin.kind!r} is not one of {', '.join(KINDS)}.")
    if pin.kind != "general" and not place:
        raise PinRefused("place", f"Name the {KINDS[pin.kind].label.lower()}.")
    if len(place) > LONGEST_PLACE:
        raise PinRefused("place", f"At most {LONGEST_PLACE} characters.")
    if len(seen) > LONGEST_SEEN:
        raise PinRefused("seen", f"At most {LONGEST_SEEN:,} characters.")
    # Must be a path of the dashboard. Browsers ignore tabs and line breaks in URLs.
    inside = pin.path.startswith("/") and pin.path[1:2] not in ("/", "\\")
    if pin.path and not (inside and pin.path.isprintable() and len(pin.path) <= LONGEST_PATH):
        raise PinRefused("path", "A pin leads to a page of this dashboard.")
    return Pin(pin.kind, place, pin.path, seen)
