"""Periodic: deploys approved requests, expires old ones, announces the expiry."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, transaction

from dashboard.reviews.proposals.decisions.invalidate import expire
from dashboard.reviews.proposals.deployment.deploy_approved import deploy_approved
from dashboard.reviews.proposals.events import record
from dashboard.reviews.proposals.models import Proposal, State
from routing.control import revision

log = logging.getLogger(__name__)

WARN_BEFORE = timedelta(minutes=10)


def sweep(now: datetime) -> int:
    """One pass over the open requests; returns their number."""
    rows = Proposal.objects.undecided().values_list(
        "pk", "state", "rollout_id", "expires_at", "expiry_announced_at"
    )
    listed = list(rows)
    for row in listed:
        try:
            _look_at(*row, now)
        except OperationalError:
            raise
        except Exception:  # a guard: a fault in one request must not stop the others
            log.exception("review %s: fault", row[0])
    return len(listed)


def _look_at(
    pk: UUID,
    state: str,
    rollout_id: UUID | None,
    expires_at: datetime,
    announced_at: datetime | None,
    now: datetime,
) -> None:
    if expires_at <= now:
        _expire(pk, now)
    elif state == State.APPROVED and rollout_id is None:
        deploy_approved(pk)
    elif expires_at - now <= WARN_BEFORE and announced_at is None:
        _announce(pk, now)


def _expire(proposal_id: UUID, now: datetime) -> None:
    with transaction.atomic():
        revision.lock()
        rows = Proposal.objects.select_for_update(of=("self",)).select_related("worker")
        expire(rows.get(pk=proposal_id), now)


def _announce(proposal_id: UUID, now: datetime) -> None:
    """Announces the expiry once, in whichever process is first."""
    with transaction.atomic():
        waiting = Proposal.objects.undecided().filter(pk=proposal_id, expiry_announced_at=None)
        if waiting.update(expiry_announced_at=now):
            record(
                Proposal.objects.select_related("worker").get(pk=proposal_id), "expires_soon", now
            )
