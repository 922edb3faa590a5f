"""Uploads by the API, for every endpoint that creates a version."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from django.db import transaction
from django.utils import timezone

from dashboard.api import messages
from dashboard.api.http.auth import Caller
from dashboard.api.http.errors import CUT_CALL, OLDER_DATE, TOO_MANY, ApiError
from dashboard.api.http.lookup import latest_version
from dashboard.api.serializers.upload_metadata import Upload
from dashboard.limits.answers import RETRY_SECONDS, waiting
from dashboard.limits.limits import UPLOADS
from dashboard.limits.messages import no_place
from dashboard.limits.places import NoPlace
from dashboard.reviews import gate
from routing.agent.inspection.runtime_date import newest_date
from routing.compile.workerd.config import running_date
from routing.control import revision
from routing.control.bindings.service_targets import unresolved
from routing.control.deploy import ANY, DeployConflict, DeployRefused, active_deployment
from routing.control.edge_groups import calls_out
from routing.control.upload import draft_of
from routing.models import Deployment, Version, Worker
from routing.rules.split import TOTAL
from routing.upload_draft import Draft, UploadRefused

REPLAYS = 10
"""Retries after concurrent changes, before the caller gets a 409."""
_turns: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
_turns_lock = threading.Lock()
Result = TypeVar("Result")


def upload_version(
    caller: Caller,
    worker_name: str,
    given: Upload,
    *,
    triggered_by: str,
    strict: bool = True,
    create: bool = False,
    live: bool = False,
    expected: Any = ANY,
) -> tuple[Version, Deployment | None]:
    """Saves a version; with `live` also deploys it at 100%."""
    _check_services(given.draft, worker_name)
    _check_transfers(caller, given.draft)
    act = partial(
        gate.upload,
        worker_name=worker_name,
        by_token=True,
        draft=given.draft,
        author=caller.user,
        source=caller.source,
        triggered_by=triggered_by,
        keep=given.keep,
        strict=strict,
        create=create,
        live=live,
        deploy_message=given.draft.message if live else "",
        expected=expected,
        settings=given.settings,
    )
    try:
        with UPLOADS.place(str(caller.user.pk)), waiting(caller.request):
            return _replayed(lambda: act(now=timezone.now()))
    except NoPlace as error:
        problem = (TOO_MANY, no_place("uploads", error.own))
        raise ApiError(429, problem, retry_after=RETRY_SECONDS) from None


def upload_copy(
    caller: Caller,
    worker: Worker,
    base: Callable[[], tuple[Version, Deployment | None]],
    edit: Callable[[Draft], Draft],
    *,
    triggered_by: str = "secret",
    settings: Mapping[str, Any] | None = None,
) -> Version:
    """Saves a changed copy of the latest version; `settings` are merged into the Worker's.

    `base` returns that version and the deployment that the copy replaces at 100% (None: the copy is
    not deployed). After a concurrent upload or deployment, `base` and `edit` run again on the
    latest version. Raises what they raise.
    """

    def attempt() -> Version:
        latest, replaced = base()
        draft = edit(draft_of(latest))
        version, _ = gate.upload(
            worker_name=worker.name,
            by_token=True,
            draft=draft,
            author=caller.user,
            source=caller.source,
            triggered_by=triggered_by,
            now=timezone.now(),
            keep=frozenset(),
            live=replaced is not None,
            deploy_message=draft.message,
            expected=replaced.id if replaced else ANY,
            based_on=latest,
            settings=settings,
        )
        return version

    with _turn(worker.name):
        return _replayed(attempt, DeployConflict)


def _replayed(act: Callable[[], Result], *conflicts: type[DeployRefused]) -> Result:
    """Retries `act` after a concurrent upload, or one of `conflicts`."""
    for _ in range(REPLAYS):
        try:
            return act()
        except conflicts:
            continue
        except UploadRefused as error:
            if error.kind != "concurrent":
                raise
    return act()


@contextmanager
def _turn(worker_name: str) -> Iterator[None]:
    """One copy per Worker at a time: the loser of a race would start its version twice."""
    with _turns_lock:
        turn = _turns.setdefault(worker_name, threading.Lock())
    with turn:
        yield


def upload_warnings(version: Version) -> list[tuple[int, str]]:
    """Warnings for an upload's response: (code, message) each."""
    requested = version.compatibility_date
    running = running_date(requested, newest_date())
    cut = cut_calls(version.worker, [str(version.id)])
    if running == requested:
        return cut
    return [(OLDER_DATE, messages.older_date(requested, running)), *cut]


def cut_calls(worker: Worker, version_ids: Iterable[str]) -> list[tuple[int, str]]:
    """Warnings about service bindings of these versions that lead out of the Worker's groups."""
    return [(CUT_CALL, messages.cut_call(call)) for call in calls_out(worker, version_ids)]


def fully_live(worker: Worker) -> tuple[Version, Deployment]:
    """The latest version and the deployment that gives it 100%. Raises 10215 otherwise.

    Deploying a changed copy of a version in a rollout would end that rollout.
    """
    with transaction.atomic():
        revision.lock()  # no upload with a deployment may come between the two reads
        latest, active = latest_version(worker), active_deployment(worker)
    shares = active.shares.all() if active else []
    if latest and active and any(s.version_id == latest.pk and s.weight == TOTAL for s in shares):
        return latest, active
    raise ApiError(
        400,
        (
            10215,
            messages.NOT_FULLY_LIVE,
        ),
    )


def _check_transfers(caller: Caller, draft: Draft) -> None:
    """A token that is limited to some Workers may not take the Durable Objects of others."""
    allowed = caller.token.workers
    for transfer in draft.migration.transfers if draft.migration else ():
        if allowed and transfer.worker not in allowed:
            raise ApiError(403, (9109, messages.other_worker(allowed, transfer.worker)))


def _check_services(draft: Draft, worker_name: str) -> None:
    """Raises `ApiError` unless every service binding leads to an existing Worker and entrypoint."""
    problems = [
        (10143, messages.service_unresolved(problem.binding, problem))
        for problem in unresolved(draft.bindings, worker_name)
    ]
    if problems:
        raise ApiError(400, *problems)
