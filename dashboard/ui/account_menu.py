"""The account switcher: this machine's edges and the accounts that a room above registers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """`route` names the badge beside it."""

    url: str
    icon: str
    word: str
    route: str


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One account. `pages` replace the daily entries of the navigation while it is the current one;
    None for this machine's edges. `read_at`: its API's last answer."""

    name: str
    url: str
    current: bool
    pages: tuple[NavigationEntry, ...] | None = None
    followed: int = 0
    read_at: datetime | None = None
    problem: str = ""

    @property
    def icon(self) -> str:
        return "server" if self.pages is None else "cloud"

    @property
    def title(self) -> str:
        return self.name if self.pages is None else f"Cloudflare: {self.name}"


@dataclass(frozen=True, slots=True)
class AccountMenu:
    """`connect_url` is empty for people who may not connect an account."""

    entries: tuple[AccountEntry, ...]
    connect_url: str = ""

    @property
    def current(self) -> AccountEntry:
        return next((entry for entry in self.entries if entry.current), self.entries[0])


Source = Callable[[HttpRequest], AccountMenu | None]
_sources: list[Source] = []


def register(source: Source) -> None:
    """`source` runs once per full page; keep it to one query."""
    _sources[:] = [source]


def account_menu(request: HttpRequest) -> AccountMenu | None:
    """None while there is nothing to switch to. Computed once per request."""
    if not hasattr(request, "_account_menu"):
        menu = _sources[0](request) if _sources else None
        request._account_menu = menu  # type: ignore[attr-defined]
    answer: AccountMenu | None = request._account_menu  # type: ignore[attr-defined]
    return answer
