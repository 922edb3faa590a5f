"""The filters of invocations and live logs as links: what is chosen is in the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboard.observability.requests.search import ASKED, METHODS, REASONS, STATUSES, Search
from dashboard.ui.templatetags.text_filters import OUTCOMES


@dataclass(frozen=True, slots=True)
class Chip:
    """A link that sets one filter, or removes a `chosen` one. `count` is None if not counted."""

    words: str
    address: str
    chosen: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """Filters of which there are too many for chips of their own."""

    name: str
    chosen: str
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """`typed` are filters that come from elsewhere, or from a text field, to be taken away."""

    toggles: tuple[Chip, ...]
    reasons: tuple[Chip, ...]
    statuses: tuple[Chip, ...]
    menus: tuple[Menu, ...]
    typed: tuple[Chip, ...]


def filters(search: Search, *, live: bool, counts: Mapping[str, int] | None = None) -> Filters:
    """`live` omits filters that a live log has no data for. `counts` has the last minutes' requests
    by reason, and those with an override header under `ASKED`."""
    known = counts or {}
    toggles = [_chip(search, "outcome", ASKED, "Asked for an override", known)]
    menus = [_menu(search, "outcome", "Outcome", (o for o in OUTCOMES if o != "absent"))]
    if not live:
        toggles.append(_chip(search, "failed", "1", "With an exception", {}))
        menus.append(_menu(search, "method", "Method", METHODS))
    typed = [
        Chip(f"{words} {value}", search.address(**{field: ""}), chosen=True)
        for field, words in (("version", "Version"), ("ray", "Ray"), ("q", "Contains"))
        if (value := getattr(search, field))
    ]
    return Filters(
        tuple(toggles),
        tuple(_chip(search, "reason", value, value, known) for value in REASONS),
        tuple(_chip(search, "status", value, value, {}) for value in STATUSES),
        tuple(menus),
        tuple(typed),
    )


def _chip(search: Search, field: str, value: str, words: str, counts: Mapping[str, int]) -> Chip:
    chosen = getattr(search, field) == value
    address = search.address(**{field: "" if chosen else value})
    return Chip(words, address, chosen, counts.get(value))


def _menu(search: Search, field: str, name: str, values: Iterable[str]) -> Menu:
    chips = tuple(_chip(search, field, value, value, {}) for value in values)
    chosen = next((chip.words for chip in chips if chip.chosen), "")
    return Menu(name, chosen, chips)
