"""What follows a commit cannot fail the answer, and there is one way to do it."""

import re
from pathlib import Path

import pytest
from django.db import transaction
from django.dispatch import Signal

from routing.control.signals import desired_state_changed
from routing.transactions import after_commit
from tests.factories import make_deployment, make_worker

ROOT = Path(__file__).parents[3]


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_raises_fails_neither_the_deployment_nor_the_others():
    heard = []

    def broken(**_):
        raise RuntimeError("away")

    def fine(*, revision, **_):
        heard.append(revision)

    before = after_commit.failures().get("announce revision", 0)
    desired_state_changed.connect(broken)
    desired_state_changed.connect(fine)
    try:
        made = make_deployment(make_worker())
    finally:
        desired_state_changed.disconnect(broken)
        desired_state_changed.disconnect(fine)
    assert heard == [made.revision]
    assert after_commit.failures()["announce revision"] == before + 1


@pytest.mark.django_db(transaction=True)
def test_work_waits_for_the_commit_and_one_failure_does_not_stop_the_next():
    done = []
    with transaction.atomic():
        after_commit.after_commit("test work", lambda: 1 / 0)
        after_commit.after_commit("test work", lambda: done.append("second"))
        assert done == []
    assert done == ["second"] and after_commit.failures()["test work"] == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_follows_a_transaction_that_was_rolled_back():
    signal, heard = Signal(), []
    signal.connect(lambda **_: heard.append(1), weak=False)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        after_commit.send_after_commit(signal, None, "test work")
        raise ZeroDivisionError
    assert heard == []


def test_every_signal_is_sent_by_the_one_home():
    """Ruff bans `on_commit` and the channel layer; it cannot tell a signal's `send`."""
    sends = re.compile(r"\.send(_robust)?\(\s*sender=|\.send(_robust)?,\s*sender=")
    sources = [p for room in ("dashboard", "routing") for p in (ROOT / room).rglob("*.py")]
    found = {p.relative_to(ROOT).as_posix() for p in sources if sends.search(p.read_text())}
    assert found == {"routing/transactions/after_commit.py"}
