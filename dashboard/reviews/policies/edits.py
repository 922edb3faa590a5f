"""Saves policies. Each change is a new edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Max, QuerySet

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, User
from dashboard.reviews.policies.models import PolicyEdit
from dashboard.reviews.policies.policy import NO_APPROVALS, Policy, PolicyError
from dashboard.reviews.signals import policy_saved
from routing.control import audit, revision
from routing.models import Worker

ACCOUNT = "account"
"""The subject of the audit trail's entries about the account-wide default."""


@dataclass(frozen=True, slots=True)
class Effective:
    """The policy in effect for a Worker, and its edit (None if none was saved). `own`: the Worker's
    own policy."""

    policy: Policy
    edit: PolicyEdit | None = None
    own: bool = False


def effective(worker: Worker | None) -> Effective:
    """The policy of `worker`, or the account's if it has none."""
    newest = _newest(worker) if worker is not None else None
    if newest is not None and not newest.follows_account:
        return Effective(newest.policy, newest, own=True)
    account = _newest(None)
    return Effective(account.policy, account) if account else Effective(NO_APPROVALS)


def save(worker: Worker | None, change: Callable[[Policy], Policy], by: Actor) -> PolicyEdit | None:
    """Applies `change` to the policy in effect and saves the result. Open reviews are
    reevaluated at once. None if nothing changed. Raises `PolicyError`."""
    with transaction.atomic():
        revision.lock()  # no deployment or decision between the old policy and the new one
        now = effective(worker)
        policy = change(now.policy)
        _check_people(policy)
        if policy == now.policy and (now.own or worker is None):
            return None
        return _write(worker, policy, by, follows_account=False)


def follow_account(worker: Worker, by: Actor) -> PolicyEdit | None:
    """Switches to the account-wide default; None if it is in effect already."""
    with transaction.atomic():
        revision.lock()
        if not effective(worker).own:
            return None
        return _write(worker, NO_APPROVALS, by, follows_account=True)


def own_policies() -> list[PolicyEdit]:
    """The newest edit of each Worker that has a policy of its own, by name."""
    edits = PolicyEdit.objects.exclude(worker=None).select_related("worker")
    newest = edits.annotate(newest=Max("worker__policy_edits__number")).filter(number=F("newest"))
    return list(newest.filter(follows_account=False).order_by("worker__name"))


def workers_of(worker: Worker | None) -> QuerySet[Worker]:
    """The Workers that a save affects: one, or all that follow the account-wide default."""
    if worker is not None:
        return Worker.objects.filter(pk=worker.pk)
    own = [edit.worker_id for edit in own_policies() if edit.worker_id is not None]
    return Worker.objects.exclude(pk__in=own)


def _write(
    worker: Worker | None, policy: Policy, by: Actor, *, follows_account: bool
) -> PolicyEdit:
    last, before = _newest(worker), effective(worker)
    edit = PolicyEdit.objects.create(
        worker=worker,
        number=last.number + 1 if last else 1,
        document=policy.as_json(),
        follows_account=follows_account,
        author=by.actor,
        created_at=by.now,
    )
    audit.record(
        "policy.save",
        worker.name if worker else ACCOUNT,
        actor=by.actor,
        source=by.source,
        now=by.now,
        before=before.policy.as_json(),
        after=policy.as_json() | {"edit": edit.number, "follows_account": follows_account},
    )
    policy_saved.send(PolicyEdit, edit=edit, by=by)
    return edit


def _newest(worker: Worker | None) -> PolicyEdit | None:
    return PolicyEdit.objects.filter(worker=worker).select_related("author").first()


def _check_people(policy: Policy) -> None:
    """Raises `PolicyError` unless named people exist and may review."""
    named = {name for rule in policy.rules for name in rule.people}
    people = {user.username: user for user in User.objects.filter(username__in=named)}
    for name in sorted(named):
        user = people.get(name)
        if user is None or not user.may(Role.REVIEWER):
            raise PolicyError("people", f"{name} cannot review. Name reviewers or admins.")
