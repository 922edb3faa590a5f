"""Uploads from the API: one door to `routing.control.upload`, for every endpoint that makes a
version."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from django.db import transaction
from django.utils import timezone

from dashboard.api.http.auth import Caller
from dashboard.api.http.errors import OLDER_DATE, TOO_MANY, ApiError
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
from routing.control.deploy import ANY, DeployConflict, DeployRefused, active_deployment
from routing.control.service_targets import unresolved
from routing.control.upload import draft_of
from routing.models import Deployment, Version, Worker
from routing.rules.split import TOTAL
from routing.upload_draft import Draft, UploadRefused

REPLAYS = 10
"""How often an act is done again after another one came first, before the caller gets the 409."""
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
    """A new version from an upload; with `live` deployed at 100 %."""
    _check_services(given.draft, worker_name)
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
    """A changed copy of the latest version; `settings` are merged into the Worker's.

    `base` returns that version and the deployment that the copy replaces at 100 % (None: it is not
    deployed). When somebody else's upload or deployment comes first, `base` and `edit` are applied
    again to what is the latest then. Raises what they raise.
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
    """What `act` returns, tried again while another act came first (`conflicts` count, too)."""
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
    """One changed copy of a Worker at a time: the loser of a race would start its version twice."""
    with _turns_lock:
        turn = _turns.setdefault(worker_name, threading.Lock())
    with turn:
        yield


def upload_warnings(version: Version) -> list[tuple[int, str]]:
    """What an upload's answer adds: (code, message) each."""
    asked, newest = version.compatibility_date, newest_date()
    runs_with = running_date(asked, newest)
    if runs_with == asked:
        return []
    text = f"Compatibility date {asked}: this server runs it with {runs_with}, the newest it knows."
    return [(OLDER_DATE, text)]


def fully_live(worker: Worker) -> tuple[Version, Deployment]:
    """The latest version and the deployment that gives it 100 %; raises 10215 otherwise.

    Deploying a changed copy of a version that is still being tried would end its rollout.
    """
    with transaction.atomic():
        revision.lock()  # an upload that is deployed at once must not come between the two reads
        latest, active = latest_version(worker), active_deployment(worker)
    shares = active.shares.all() if active else []
    if latest and active and any(s.version_id == latest.pk and s.weight == TOTAL for s in shares):
        return latest, active
    raise ApiError(
        400,
        (
            10215,
            "Secret edit failed. You attempted to modify a secret, but the latest version of your "
            "Worker isn't currently deployed at 100%. Deploy it fully first, or make a version "
            "that is not deployed: wrangler versions secret put.",
        ),
    )


def _check_services(draft: Draft, worker_name: str) -> None:
    """A service binding leads to a Worker and an entrypoint that exist; its own name counts."""
    problems = [
        (10143, f"Could not resolve service binding '{problem.binding}'. {problem}")
        for problem in unresolved(draft.bindings, worker_name)
    ]
    if problems:
        raise ApiError(400, *problems)
