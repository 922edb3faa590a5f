"""The audit trail's chain: every kind of tampering is named, concurrent writers make one chain."""

import importlib
import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, transaction

from routing.control import audit
from routing.models import AuditEntry, AuditHead, AuditSeal
from routing.trail import origin
from routing.trail.chain import GENESIS, link
from routing.trail.retention import CHECKPOINT, prune
from routing.trail.seal import seal_all
from routing.trail.verify import Fault, verify
from tests.factories import T0

pytestmark = pytest.mark.django_db
TRIGGERS = ("routing_auditentry", "routing_auditseal")


def note(subject="shop", at=T0, **facts):
    audit.record("worker.create", subject, actor=None, source="api", now=at, **facts)


@pytest.fixture
def five():
    """Five sealed entries; the ids in order."""
    for number in range(5):
        note(f"w{number}", after={"number": number, "share": 12.5, "name": "ä"})
    assert seal_all() == 5
    return list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))


def tamper(sql, *values):
    """As a person with the database file could: triggers do not stop them."""
    with connection.cursor() as cursor:
        for table in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_written_once")
        cursor.execute(sql, values)


def fault(expected=""):
    verdict = verify(expected)
    return verdict.fault, verdict.position, verdict.entry


def test_an_untouched_chain_verifies_and_says_its_head(five):
    verdict = verify()
    assert (verdict.fault, verdict.count, verdict.waiting) == (None, 5, 0)
    hash = GENESIS
    for entry in AuditEntry.objects.order_by("pk"):  # by hand, as an auditor would
        hash = link(hash, entry)
    assert verdict.head == hash and len(hash) == 64


def test_a_changed_entry_is_named(five):
    tamper("UPDATE routing_auditentry SET actor = 'maya' WHERE id = %s", five[2])
    assert fault() == (Fault.CHANGED, 3, five[2])


def test_a_removed_entry_is_named_with_and_without_its_seal(five):
    tamper("DELETE FROM routing_auditentry WHERE id = %s", five[1])
    assert fault() == (Fault.REMOVED, 2, five[1])
    tamper("DELETE FROM routing_auditseal WHERE position = 2")
    assert fault() == (Fault.REMOVED, 2, 0)


def test_reordered_entries_are_named(five):
    tamper("UPDATE routing_auditseal SET position = 99 WHERE position = 2")
    tamper("UPDATE routing_auditseal SET position = 2 WHERE position = 3")
    tamper("UPDATE routing_auditseal SET position = 3 WHERE position = 99")
    assert fault() == (Fault.MOVED, 2, five[2])


def test_the_last_entries_cannot_vanish_without_the_head_saying_so(five):
    tamper("DELETE FROM routing_auditseal WHERE position > 3")
    tamper("DELETE FROM routing_auditentry WHERE id > %s", five[2])
    assert fault() == (Fault.TRUNCATED, 4, 0)


def test_a_noted_head_finds_a_chain_that_was_cut_or_written_again(five):
    noted = verify().head
    note("later")
    seal_all()
    assert fault(noted) == (None, 0, 0)
    tamper("DELETE FROM routing_auditseal WHERE position > 4")
    tamper("DELETE FROM routing_auditentry WHERE id > %s", five[3])
    last = AuditSeal.objects.get(position=4)
    AuditHead.objects.update(position=4, hash=last.hash, entry_id=last.entry_id)
    assert fault() == (None, 0, 0)  # consistent in itself
    assert fault(noted)[0] == Fault.EXPECTED


def test_a_forged_head_and_missing_beginning_are_named(five):
    AuditHead.objects.update(hash="0" * 64)
    assert fault() == (Fault.HEAD, 5, 0)
    AuditHead.objects.update(hash=AuditSeal.objects.get(position=5).hash)
    tamper("DELETE FROM routing_auditseal WHERE position < 3")
    tamper("DELETE FROM routing_auditentry WHERE id < %s", five[2])
    assert fault() == (Fault.NO_CHECKPOINT, 2, 0)


def test_pruning_leaves_a_chain_that_verifies_and_says_what_is_gone(five):
    noted = AuditSeal.objects.get(position=5).hash
    note("recent", at=T0 + timedelta(days=40))
    seal_all()
    now = T0 + timedelta(days=41)
    assert prune(now, days=0) == 0
    assert prune(now, days=30) == 5
    verdict = verify(noted)
    assert (verdict.fault, verdict.first, verdict.last) == (None, 6, 7)
    checkpoint = AuditEntry.objects.get(action=CHECKPOINT)
    assert checkpoint.after == {"through": 5, "hash": noted, "entries": 5, "days": 30}
    assert prune(now, days=30) == 0
    prune(now + timedelta(days=60), days=30)  # the first checkpoint goes, a second one stands
    assert verify().fault is None


def test_entries_of_an_older_release_are_chained_by_the_migration(five):
    AuditSeal.objects.all().delete()
    AuditHead.objects.all().delete()
    migration = importlib.import_module("routing.migrations.0009_chain_audit_entries")
    migration.BATCH = 2
    migration.chain(apps, None)
    assert (verify().fault, verify().count) == (None, 5)


def test_everything_of_one_origin_has_one_id():
    with origin.begin(address="10.0.0.7"):
        origin.note_token("ci", "maya")
        note("a")
        note("b")
    note("c")
    one, two, other = AuditEntry.objects.order_by("pk")
    assert one.request_id == two.request_id != other.request_id
    assert (one.token, one.address, other.token) == ("ci", "10.0.0.7", "")


@pytest.mark.django_db(transaction=True)
def test_entries_are_sealed_by_their_commit_and_not_by_a_rollback():
    note("one")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        note("never")
        raise ZeroDivisionError
    with transaction.atomic():
        note("two")
        assert verify().waiting == 1
    verdict = verify()
    assert (verdict.count, verdict.waiting, verdict.fault) == (2, 0, None)


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_make_one_chain():
    def write(number):
        for turn in range(5):
            note(f"w{number}-{turn}")
        connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = verify()
    assert (verdict.fault, verdict.count, verdict.waiting) == (None, 20, 0)


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_to_change_an_entry_or_a_seal():
    note()
    for model, fields in ((AuditEntry, {"actor": "x"}), (AuditSeal, {"hash": "x"})):
        with pytest.raises(Exception, match="written once"):
            model.objects.update(**fields)
