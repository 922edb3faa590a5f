"""Connect, check again, replace the token, follow Workers, disconnect. Each change is audited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from dashboard.accounts.actor import Actor
from dashboard.cloud import messages
from dashboard.cloud.accounts.access import client_of, guarded
from dashboard.cloud.accounts.checklist import Check, Result, run_checklist
from dashboard.cloud.client import values
from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.client.request import CLOUDFLARE, Connection, checked_base_url
from dashboard.cloud.models import CloudAccount, FollowedWorker
from dashboard.cloud.signals import disconnecting
from routing.secret_encryption import encrypt
from routing.snapshot import Secret

MOST_ACCOUNTS = 20
SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
_TOKEN = re.compile(r"[\x21-\x7e]{16,1000}")


class ConnectRefused(ValueError):
    """The message gives the reason and contains no secret. `field` names the input."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def connect(*, slug: str, token: str, base_url: str, account_id: str, by: Actor) -> CloudAccount:
    """Verifies the token, tries what it can do, and stores it sealed. Nothing changes at
    Cloudflare. Raises `ConnectRefused`."""
    _check_input(slug, token)
    if CloudAccount.objects.count() >= MOST_ACCOUNTS:
        raise ConnectRefused(messages.too_many_accounts(MOST_ACCOUNTS))
    try:
        url = checked_base_url(base_url or CLOUDFLARE)
    except CloudError as error:
        raise ConnectRefused(error.message, "base_url") from error
    account = CloudAccount(slug=slug, base_url=url, created_at=by.now, author=by.actor)
    _use_token(account, token, account_id, by.now)
    try:
        with transaction.atomic():
            account.save()
            by.record("cloud.connect", account.audit_subject, after=_described(account))
    except IntegrityError as error:
        raise ConnectRefused(messages.CONNECTED_ALREADY, "slug") from error
    return account


def replace_token(account: CloudAccount, token: str, by: Actor) -> None:
    """For the same account. Raises `ConnectRefused`; then the old token stays."""
    _check_input(account.slug, token)
    before = _described(account)
    _use_token(account, token, account.account_id, by.now)
    with transaction.atomic():
        account.save()
        by.record(
            "cloud.replace_token", account.audit_subject, before=before, after=_described(account)
        )


def check_again(account: CloudAccount, by: Actor) -> None:
    """Verifies the token and tries everything again. Raises `CloudError` without an answer, or if
    the token no longer works, which the account then says."""
    client = client_of(account)
    kind, token = guarded(account, lambda: _verified(client, account.account_id), by.now)
    account.token_kind, account.token_expires_at = kind, token.expires_on
    account.problem, account.problem_at = "", None
    account.checklist = _as_json(run_checklist(client, by.now))
    account.checked_at = by.now
    account.save()


def follow(account: CloudAccount, addresses: Mapping[str, str], by: Actor) -> None:
    """Follows exactly these Workers; `addresses` has the confirmed address of each, or nothing."""
    before = {row.name: row.address for row in account.workers.all()}
    with transaction.atomic():
        account.workers.exclude(name__in=addresses).delete()
        for name, address in addresses.items():
            _follow_one(account, name, address, before.get(name), by)
        if before != dict(addresses):
            by.record("cloud.follow", account.audit_subject, before=before, after=dict(addresses))


def disconnect(account: CloudAccount, by: Actor) -> None:
    """Forgets the token and which Workers were followed. Nothing changes at Cloudflare. Raises
    `ConnectRefused` while a rollout runs there."""
    with transaction.atomic():
        disconnecting.send(CloudAccount, account=account)
        by.record("cloud.disconnect", account.audit_subject, before=_described(account))
        account.delete()


def hint_of(token: str) -> str:
    """The first and last four characters."""
    return f"{token[:4]}…{token[-4:]}"


def _follow_one(
    account: CloudAccount, name: str, address: str, before: str | None, by: Actor
) -> None:
    row, _ = FollowedWorker.objects.get_or_create(account=account, name=name)
    if address != before:
        row.address = address
        row.address_confirmed_by = by.actor.username if by.actor and address else ""
        row.address_confirmed_at = by.now if address else None
        # A secret of the old address must not reach the new one.
        row.access_client_id = row.encrypted_access_secret = ""
        row.save()


def _check_input(slug: str, token: str) -> None:
    if not SLUG.fullmatch(slug):
        raise ConnectRefused(messages.BAD_SLUG, "slug")
    if not _TOKEN.fullmatch(token):
        raise ConnectRefused(messages.BAD_TOKEN, "token")


def _use_token(account: CloudAccount, token: str, account_id: str, now: datetime) -> None:
    """Fills in everything about the token. Raises `ConnectRefused`."""
    secret = Secret(token)
    client = CloudClient(Connection(account.base_url, account_id, secret))
    try:
        chosen = _chosen(client, account_id)
        client = CloudClient(Connection(account.base_url, chosen.id, secret))
        kind, verified = _verified(client, chosen.id)
        account.checklist = _as_json(run_checklist(client, now))
    except CloudError as error:
        raise ConnectRefused(error.message, "token") from error
    account.account_id, account.account_name = chosen.id, chosen.name[:200]
    account.encrypted_token, account.token_hint = encrypt(secret), hint_of(token)
    account.token_kind, account.token_expires_at = kind, verified.expires_on
    account.checked_at, account.problem, account.problem_at = now, "", None


def _chosen(client: CloudClient, account_id: str) -> values.Account:
    """The account of the token; with several, the given one."""
    accounts = {account.id: account for account in client.accounts()}
    if account_id:
        if account_id not in accounts:
            raise ConnectRefused(messages.no_such_account(list(accounts)), "account_id")
        return accounts[account_id]
    if len(accounts) != 1:
        raise ConnectRefused(messages.several_accounts(list(accounts)), "account_id")
    return next(iter(accounts.values()))


def _verified(client: CloudClient, account_id: str) -> tuple[CloudAccount.TokenKind, values.Token]:
    """A token of a person, else of the account: error 1000 on the first call means that. Raises
    `CloudError` for one that is disabled or expired."""
    try:
        kind, token = CloudAccount.TokenKind.USER, client.verify_user_token()
    except CloudError as error:
        if error.kind is not Kind.FORBIDDEN or error.code != 1000:
            raise
        kind, token = CloudAccount.TokenKind.ACCOUNT, client.verify_account_token()
    if token.status not in ("", "active"):
        raise CloudError(Kind.FORBIDDEN, messages.token_inactive(token.status))
    return kind, token


def _as_json(results: Mapping[Check, Result]) -> dict[str, Any]:
    return {str(check): asdict(result) for check, result in results.items()}


def _described(account: CloudAccount) -> dict[str, str]:
    """For the audit trail; no secret."""
    return {
        "account": account.account_id,
        "address": account.base_url,
        "token": account.token_hint,
    }
