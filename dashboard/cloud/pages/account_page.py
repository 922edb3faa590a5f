"""What the page of one account shows. One call at most: the list of Workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import Permission, permission
from dashboard.cloud import messages
from dashboard.cloud.accounts.access import client_of
from dashboard.cloud.accounts.checklist import PERMISSIONS, Check, State
from dashboard.cloud.client import values
from dashboard.cloud.client.budget import LEAST_LEFT, MOST, Budget
from dashboard.cloud.client.spending import SharedBudget
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.provider.cloudflare import listed_addresses, log_share
from dashboard.cloud.provider.values import Address
from dashboard.cloud.readings import LISTS, Reading, reading
from routing.secret_encryption import DecryptionFailed, decrypt

ENDS_SOON = timedelta(days=14)


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
    followed and not in the account's list, or while there is no list."""

    name: str
    deployed_at: datetime | None
    followed: bool
    address: str
    addresses: Sequence[Address]
    logs: float
    listed: bool = True

    def accepts(self, host: str) -> bool:
        """Whether a person may confirm `host`. Without a list, only what was confirmed before."""
        if not self.listed:
            return host == self.address
        return host in {address.host for address in self.addresses}

    @property
    def one_in(self) -> int:
        return round(1 / self.logs) if self.logs else 0


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """Of the last 5 minutes. `left` and `limit` come from the API’s last answer."""

    used: int
    queries: int
    left: int | None
    limit: int | None
    paused: bool
    most: int = MOST
    least_left: int = LEAST_LEFT

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
    return BudgetFacts(rest.used(seconds), queries, rest.left, rest.limit, paused)


def worker_choices(
    account: CloudAccount, now: datetime
) -> tuple[Reading[tuple[values.Worker, ...]], list[WorkerChoice]]:
    """The list of the account's Workers, and what it offers. Followed ones that are gone there come
    last."""
    listed = reading(account, "workers", lambda: client_of(account).workers(), now, LISTS)
    followed = {row.name: row.address for row in account.workers.all()}
    choices = [
        WorkerChoice(
            worker.name,
            worker.deployed_on,
            worker.name in followed,
            followed.pop(worker.name, ""),
            listed_addresses(worker),
            log_share(worker.observability),
        )
        for worker in listed.value or ()
    ]
    gone = [
        WorkerChoice(n, None, True, host, (), 0.0, listed=False) for n, host in followed.items()
    ]
    return listed, choices + gone


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
