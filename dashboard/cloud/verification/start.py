"""Begins the verification of a deployment. The background work carries it out."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.cloud.accounts.access import capabilities_of
from dashboard.cloud.egress.admission import why_off
from dashboard.cloud.models import CloudAccount, Verification
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.tails.watches import watch
from dashboard.cloud.verification.rules import DEADLINE, VerificationState, VerificationWhy


def begin(account: CloudAccount, worker: str, marker: str, by: Actor) -> Verification:
    """Of the deployment with `marker`; once, whoever calls. It ends at once where no probe can be
    sent or proved."""
    why = _why_impossible(account, worker)
    with transaction.atomic():
        row, created = Verification.objects.get_or_create(
            account=account,
            worker=worker,
            marker=marker,
            defaults={
                "state": str(VerificationState.UNVERIFIABLE if why else VerificationState.PROBING),
                "why": str(why),
                "began_at": by.now,
                "began_by": by.actor.get_username() if by.actor else "",
                "ended_at": by.now if why else None,
            },
        )
        if created and not why:
            by.record("cloud.verify", subject(row), after={"marker": marker})
            watch(account, worker, by.now, seconds=DEADLINE.total_seconds() + 30)
    return row


def begin_again(row: Verification, by: Actor) -> Verification:
    """After it ended without a result."""
    with transaction.atomic():
        Verification.objects.filter(pk=row.pk).exclude(
            state__in=(VerificationState.PROBING, VerificationState.LIVE)
        ).delete()
        return begin(row.account, row.worker, row.marker, by)


def verification_of(account: CloudAccount, worker: str, marker: str) -> Verification | None:
    return Verification.objects.filter(account=account, worker=worker, marker=marker).first()


def seconds_left(row: Verification, now: datetime) -> float:
    """Until the deadline; at least 0."""
    return max(0.0, (row.began_at + DEADLINE - now).total_seconds())


def subject(row: Verification) -> str:
    """In the audit trail."""
    return f"cloudflare worker {row.account.slug}/{row.worker}"


def _why_impossible(account: CloudAccount, worker: str) -> VerificationWhy | str:
    if why_off(account, worker):
        return VerificationWhy.REQUESTS_OFF
    if not capabilities_of(account)[Capability.PROOF].works:
        return VerificationWhy.NO_TAIL
    return ""
