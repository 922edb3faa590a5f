"""Answers of the API, shared by all viewers for some seconds. The last one outlives a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.cache import cache

from dashboard.cloud import messages
from dashboard.cloud.accounts.access import guarded
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.models import CloudAccount
from dashboard.limits.places import NoPlace, Places

T = TypeVar("T")
STAYS = 3600
"""Seconds an old answer is used, as of its time, while there is no newer one."""
LIVE, LISTS, VERSIONS, FIGURES, LOGS = 4.0, 15.0, 60.0, 30.0, 30.0
"""Seconds for which an answer is fresh: deployments of up to two watched Workers, the list of
Workers, versions, counts, logs (for all Workers)."""
CALLS = Places(each=6, total=16, queue=6, wait_seconds=5.0)
"""Requests of pages to one account, and to all of them, that wait for an answer."""
BUSY = 30
"""Seconds after which a request under way is taken for lost."""
WATCHED = 20.0
"""Seconds after the last look at its page for which a Worker is watched."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """`value` as of `read_at`. `problem` is why there is no newer one."""

    value: T | None = None
    read_at: datetime | None = None
    problem: str = ""
    kind: Kind | None = None

    @property
    def known(self) -> bool:
        return self.read_at is not None


def reading(
    account: CloudAccount, what: str, call: Callable[[], T], now: datetime, fresh: float
) -> Reading[T]:
    """The shared answer if it is fresh, else a new one. A failure is shared as well. While one
    viewer's request is under way, others get the last answer."""
    key = _key(account, what)
    stored: Reading[Any] = cache.get(key) or Reading()
    if stored.read_at and (now - stored.read_at).total_seconds() < fresh:
        return stored
    failed: Reading[Any] | None = cache.get(f"{key}.failed")
    if failed is not None:
        return Reading(stored.value, stored.read_at, failed.problem, failed.kind)
    if not cache.add(f"{key}.busy", True, BUSY) and stored.known:
        return stored
    try:
        with CALLS.place(str(account.pk)):
            answer = Reading(guarded(account, call, now), now)
    except CloudError as error:
        cache.set(f"{key}.failed", Reading(None, None, error.message, error.kind), fresh)
        return Reading(stored.value, stored.read_at, error.message, error.kind)
    except NoPlace:
        return Reading(stored.value, stored.read_at, messages.BUSY, Kind.UNAVAILABLE)
    finally:
        cache.delete(f"{key}.busy")
    cache.set_many({key: answer, _last_key(account): now}, STAYS)
    return answer


def stored_reading(account: CloudAccount, what: str) -> Reading[Any]:
    """The last answer, without a call."""
    stored: Reading[Any] = cache.get(_key(account, what)) or Reading()
    return stored


def last_answers(accounts: Iterable[CloudAccount]) -> dict[int, datetime]:
    """When the API of each account answered last, by primary key."""
    keys = {_last_key(account): account.pk for account in accounts}
    return {keys[key]: at for key, at in cache.get_many(keys).items()}


def live_freshness(watched: int) -> float:
    """Seconds for which deployments are fresh, so that watching many Workers stays in the budget:
    about five reads of deployments in 8 seconds."""
    return LIVE if watched <= 2 else max(8.0, 1.6 * watched)


def watched_workers(account: CloudAccount, name: str, now: datetime) -> int:
    """How many Workers of the account are looked at, `name` among them."""
    key = f"cloud.{account.pk}.watched"
    seconds = now.timestamp()
    looks: dict[str, float] = cache.get(key) or {}
    recent = {n: at for n, at in looks.items() if at > seconds - WATCHED} | {name: seconds}
    cache.set(key, recent, STAYS)
    return len(recent)


def forget(account: CloudAccount, what: str) -> None:
    """The next reader asks again."""
    key = _key(account, what)
    cache.delete_many([key, f"{key}.failed"])


def _last_key(account: CloudAccount) -> str:
    return f"cloud.{account.pk}.answered"


def _key(account: CloudAccount, what: str) -> str:
    return f"cloud.{account.pk}.{account.token_hint}.{what}"
