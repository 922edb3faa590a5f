"""manage.py policy: edits are immutable, audited, and only admins make them."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from dashboard.accounts.models import Role
from dashboard.reviews.policies.edits import effective
from dashboard.reviews.policies.models import PolicyEdit
from routing.models import AuditEntry, Worker
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker(db: None) -> Worker:
    return make_worker("shop")


def policy(*words: str) -> dict[str, Any]:
    out = StringIO()
    call_command("policy", *words, "--json", stdout=out)
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


def test_nothing_saved_means_no_approvals(worker: Worker) -> None:
    shown = policy("show", "--worker", "shop")
    assert (shown["edit"], shown["own"], shown["rules"]) == (0, False, [])


def test_a_rule_is_saved_shown_and_audited(worker: Worker) -> None:
    make_user("ada", Role.ADMIN)
    saved = policy(
        *("set", "--worker", "shop", "--above", "0", "--approvals", "1"),
        *("--own", "no", "--user", "ada"),
    )
    assert saved["rules"][0] | {"hours": None} == saved["rules"][0]
    assert (saved["edit"], saved["own"]) == (1, True)
    entry = AuditEntry.objects.get(action="policy.save")
    assert (entry.actor, entry.subject, entry.before["rules"]) == ("ada", "shop", [])
    assert entry.after["rules"][0]["approvals"] == 1


def test_a_worker_follows_the_account_until_it_has_its_own(worker: Worker) -> None:
    policy("set", "--full", "--approvals", "2")
    assert effective(worker).policy.rules[0].approvals == 2
    policy("set", "--worker", "shop", "--full", "--approvals", "1")
    policy("set", "--full", "--approvals", "3")
    assert effective(worker).policy.rules[0].approvals == 1
    policy("follow-account", "--worker", "shop")
    assert effective(worker).policy.rules[0].approvals == 3
    numbers = PolicyEdit.objects.filter(worker=worker).values_list("number", flat=True)
    assert sorted(numbers) == [1, 2]


def test_saving_the_same_makes_no_edit(worker: Worker) -> None:
    for _ in range(2):
        policy("set", "--worker", "shop", "--above", "0", "--approvals", "1")
    assert PolicyEdit.objects.count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.REVIEWER])
def test_only_admins_edit_policies(worker: Worker, role: Role) -> None:
    make_user("sam", role)
    with pytest.raises(CommandError) as refused:
        policy("set", "--above", "0", "--approvals", "1", "--user", "sam")
    assert refused.value.returncode == 1
    assert not PolicyEdit.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--approvals", "1"),
        ("--above", "100", "--approvals", "1"),
        ("--above", "0"),
        ("--above", "0", "--approvals", "9"),
        ("--above", "0", "--approvals", "1", "--valid-for", "soon"),
        ("--above", "0", "--approvals", "1", "--hours", "always"),
        ("--above", "0", "--approvals", "1", "--person", "nobody"),
    ],
)
def test_bad_usage_saves_nothing(worker: Worker, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as refused:
        policy("set", "--worker", "shop", *words)
    assert refused.value.returncode == 2
    assert not PolicyEdit.objects.exists()
