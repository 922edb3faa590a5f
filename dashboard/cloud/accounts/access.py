"""The client and the provider of a connected account; a token that no longer works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from dashboard.cloud import messages
from dashboard.cloud.accounts.checklist import works
from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.client.request import Connection
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.provider.capabilities import Table, cloudflare_table
from dashboard.cloud.provider.cloudflare import CloudflareProvider
from dashboard.cloud.provider.interface import Provider
from routing.control import audit
from routing.secret_encryption import DecryptionFailed, decrypt

T = TypeVar("T")


def client_of(account: CloudAccount) -> CloudClient:
    """Raises `CloudError` if the token cannot be decrypted."""
    try:
        token = decrypt(account.encrypted_token)
    except DecryptionFailed as error:
        raise CloudError(Kind.KEY_LOST, messages.KEY_LOST) from error
    return CloudClient(Connection(account.base_url, account.account_id, token))


def capabilities_of(account: CloudAccount) -> Table:
    return cloudflare_table(works(account.checklist))


def provider_of(account: CloudAccount) -> Provider:
    return CloudflareProvider(client_of(account), capabilities_of(account))


def guarded(account: CloudAccount, call: Callable[[], T], now: datetime) -> T:
    """The result of `call`. If the API refuses it, the token is verified, and the account is marked
    if the token itself is what does not work. Raises the `CloudError`."""
    try:
        return call()
    except CloudError as error:
        if error.kind in (Kind.FORBIDDEN, Kind.KEY_LOST) and account.problem == "":
            _verify(account, now)
        raise


def _verify(account: CloudAccount, now: datetime) -> None:
    """One call. Without an answer nothing is concluded."""
    if account.token_expires_at and account.token_expires_at <= now:
        _mark(account, CloudAccount.Problem.EXPIRED, now)
        return
    try:
        client = client_of(account)
        is_account = account.token_kind == CloudAccount.TokenKind.ACCOUNT
        token = client.verify_account_token() if is_account else client.verify_user_token()
    except CloudError as error:
        if error.kind is Kind.KEY_LOST:
            _mark(account, CloudAccount.Problem.KEY_LOST, now)
        elif error.kind is Kind.FORBIDDEN:
            _mark(account, CloudAccount.Problem.REVOKED, now)
        return
    if token.status not in ("", "active"):
        expired = token.status == "expired"
        problem = CloudAccount.Problem.EXPIRED if expired else CloudAccount.Problem.REVOKED
        _mark(account, problem, now)


def _mark(account: CloudAccount, problem: CloudAccount.Problem, now: datetime) -> None:
    """Audited once, however many processes notice."""
    account.problem, account.problem_at = problem, now
    rows = CloudAccount.objects.filter(pk=account.pk, problem="")
    if rows.update(problem=problem, problem_at=now):
        audit.record(
            "cloud.token_failed",
            account.audit_subject,
            actor=None,
            source="api",
            now=now,
            after=str(problem),
        )
