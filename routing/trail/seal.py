"""Appends entries to the chain. The head's row is the lock of concurrent writers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from routing.models import AuditEntry, AuditHead, AuditSeal
from routing.trail.chain import GENESIS, link
from routing.transactions.after_commit import after_commit

BATCH = 500


def seal_after_commit(entry_id: int) -> None:
    """Appends the entry once its transaction has committed."""
    after_commit("seal the audit trail", partial(seal, entry_id))


def seal(entry_id: int) -> int:
    """Appends the entry, and unsealed ones after the head. Returns their number."""
    with transaction.atomic():
        head = lock_head()
        late = entry_id <= head.entry_id  # sealed already, or its transaction took longer
        missing = Q(pk=entry_id) if late else Q(pk__gt=head.entry_id)
        return append(head, without_seal().filter(missing).order_by("pk"))


def seal_all() -> int:
    """Appends every entry without a seal, left by an older release or a killed process."""
    sealed = 0
    while True:
        with transaction.atomic():
            head = lock_head()
            appended = append(head, without_seal().order_by("pk")[:BATCH])
        sealed += appended
        if not appended:
            return sealed


def lock_head() -> AuditHead:
    """The head, locked until the transaction ends."""
    locked = AuditHead.objects.select_for_update()
    head = locked.filter(id=1).first()
    if head is None:
        AuditHead.objects.get_or_create(id=1, defaults={"hash": GENESIS})
        head = locked.get(id=1)
    return head


def append(head: AuditHead, entries: Iterable[AuditEntry]) -> int:
    """Links `entries` to the locked head. Returns their number."""
    seals = []
    for entry in entries:
        previous, head.position = head.hash, head.position + 1
        head.hash = link(previous, entry)
        head.entry_id = max(head.entry_id, entry.pk)
        seals.append(AuditSeal(head.position, entry.pk, previous, head.hash))
    if seals:
        AuditSeal.objects.bulk_create(seals)
        head.save(force_update=True)
    return len(seals)


def without_seal() -> QuerySet[AuditEntry]:
    sealed = AuditSeal.objects.filter(entry_id=OuterRef("pk"))
    return AuditEntry.objects.filter(~Exists(sealed))
