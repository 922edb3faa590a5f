"""What the page of one account shows. A few calls at most: the list of Workers, and the routes of
`MOST_ROUTES` followed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.cloud import messages
from dashboard.cloud.accounts.access import client_of, provider_of
from dashboard.cloud.accounts.checklist import PERMISSIONS, Check, State
from dashboard.cloud.client import values
from dashboard.cloud.client.budget import LEAST_LEFT, MOST, Budget, least_left
from dashboard.cloud.client.spending import SharedBudget
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.provider.cloudflare import listed_addresses, log_share
from dashboard.cloud.provider.values import Address
from dashboard.cloud.readings import LISTS, Reading, reading, stored_reading
from routing.secret_encryption import DecryptionFailed, decrypt

ENDS_SOON = timedelta(days=14)
MOST_ROUTES, ROUTES = 3, 600.0
"""Followed Workers whose routes one look reads (two calls each), and seconds they are fresh."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    check: Check
    name: str
    state: str
    text: str
    permission: str


@dataclass(frozen=True, slots=True)
class WorkerChoice:
    """`logs` is the part of requests whose log is stored, 0 to 1. `listed` is false for one that is
    followed and not in the account's list, or while there is no list. `all_known`: `addresses` has
    those by route, too."""

    name: str
    deployed_at: datetime | None
    followed: bool
    address: str
    addresses: Sequence[Address]
    logs: float
    listed: bool = True
    all_known: bool = False

    def accepts(self, host: str) -> bool:
        """Whether a person may confirm `host`, or keep it confirmed."""
        if host == self.unlisted:
            return not self.is_lost
        return host in {address.host for address in self.addresses}

    @property
    def unlisted(self) -> str:
        """The confirmed address, if it is not among those that are offered."""
        return "" if self.address in {a.host for a in self.addresses} else self.address

    @property
    def is_lost(self) -> bool:
        """The account no longer has the confirmed address for this Worker."""
        return bool(self.unlisted) and self.listed and self.all_known

    @property
    def one_in(self) -> int:
        return round(1 / self.logs) if self.logs else 0


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """Of the last 5 minutes. `left` and `limit` come from the API’s answer at `left_at`."""

    used: int
    queries: int
    left: int | None
    limit: int | None
    paused: bool
    most: int = MOST
    least_left: int = LEAST_LEFT
    left_at: datetime | None = None

    @property
    def width(self) -> int:
        """Percent of Sluice's own limit."""
        return min(100, 100 * self.used // self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    account: CloudAccount
    can: Permission
    problem: tuple[str, str] | None
    ends_soon: bool
    checks: Sequence[CheckRow]
    working: int
    listed: Reading[tuple[values.Worker, ...]]
    choices: Sequence[WorkerChoice]
    followed: int
    budget: BudgetFacts


def account_page(account: CloudAccount, user: User, now: datetime) -> AccountPage:
    listed, choices = worker_choices(account, now)
    checks = [_check_row(check, account) for check in Check]
    ends_at = account.token_expires_at
    return AccountPage(
        account=account,
        can=permission(user, Role.ADMIN),
        problem=messages.PROBLEMS.get(account.problem),
        ends_soon=ends_at is not None and ends_at - now < ENDS_SOON,
        checks=checks,
        working=sum(row.state == State.WORKS for row in checks),
        listed=listed,
        choices=choices,
        followed=sum(choice.followed for choice in choices),
        budget=budget_facts(account, now),
    )


def budget_facts(account: CloudAccount, now: datetime) -> BudgetFacts:
    try:
        token = decrypt(account.encrypted_token)
    except DecryptionFailed:
        return BudgetFacts(0, 0, None, None, False)
    seconds = now.timestamp()
    rest: Budget = SharedBudget(token).read()
    queries = SharedBudget(token, "graphql").read().used(seconds)
    paused = rest.paused_until > seconds
    return BudgetFacts(
        rest.used(seconds),
        queries,
        rest.left,
        rest.limit,
        paused,
        least_left=least_left(rest),
        left_at=datetime.fromtimestamp(rest.left_at, UTC) if rest.left_at else None,
    )


def worker_choices(
    account: CloudAccount, now: datetime
) -> tuple[Reading[tuple[values.Worker, ...]], list[WorkerChoice]]:
    """The list of the account's Workers, and what it offers. Followed ones that are gone there come
    last."""
    listed = reading(account, "workers", lambda: client_of(account).workers(), now, LISTS)
    followed = {row.name: row.address for row in account.workers.all()}
    workers = listed.value or ()
    routed = _with_routes(account, [w.name for w in workers if w.name in followed], now)
    choices = [
        WorkerChoice(
            worker.name,
            worker.deployed_on,
            worker.name in followed,
            followed.pop(worker.name, ""),
            routed.get(worker.name) or listed_addresses(worker),
            log_share(worker.observability),
            all_known=worker.name in routed,
        )
        for worker in workers
    ]
    gone = [
        WorkerChoice(n, None, True, host, (), 0.0, listed=False) for n, host in followed.items()
    ]
    return listed, choices + gone


def _with_routes(
    account: CloudAccount, names: Sequence[str], now: datetime
) -> dict[str, Sequence[Address]]:
    """Addresses of these Workers, routes among them; only those that were read. None without the
    permission."""
    if account.checklist.get(str(Check.ADDRESSES), {}).get("state") != State.WORKS:
        return {}
    found: dict[str, Sequence[Address]] = {}
    left = MOST_ROUTES
    for name in names:
        what = f"addresses.{name}"
        read: Reading[Sequence[Address]] = stored_reading(account, what)
        is_old = read.read_at is None or (now - read.read_at).total_seconds() >= ROUTES
        if is_old and left:
            left -= 1
            read = reading(account, what, partial(_addresses, account, name), now, ROUTES)
        if read.value is not None:
            found[name] = read.value
    return found


def _addresses(account: CloudAccount, name: str) -> Sequence[Address]:
    return list({a.host: a for a in reversed(provider_of(account).addresses(name))}.values())[::-1]


def _check_row(check: Check, account: CloudAccount) -> CheckRow:
    given = account.checklist.get(str(check), {})
    state = given.get("state", State.UNTRIED)
    name, works, without = messages.CHECKS[str(check)]
    text = works
    if state == State.MISSING:
        text = without
    elif state == State.FAILED:
        text = messages.not_tried(given.get("detail", ""))
    elif state == State.UNTRIED and check is not Check.DEPLOY:
        text = messages.NOTHING_TO_TRY
    return CheckRow(check, name, state, text, PERMISSIONS[check])
