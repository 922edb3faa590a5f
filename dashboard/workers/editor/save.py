"""Saves the editor's form as a version, and stages or deploys it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.accounts.permissions import person
from dashboard.fleet.version_roles import Role, Standing, inline
from dashboard.reviews import gate
from dashboard.reviews.models import Proposal
from dashboard.workers import messages as worker_messages
from dashboard.workers.editor import draft as editor_draft, messages
from dashboard.workers.editor.errors import Refusal, refused
from dashboard.workers.editor.form import EditorForm
from dashboard.workers.editor.outlook import live_id
from dashboard.workers.queries.proposal import propose
from dashboard.workers.queries.worker_queries import WorkerRow, worker_row, worker_row_at
from routing.control.deploy import DeployConflict, DeployRefused
from routing.models import Version, Worker
from routing.rules.split import TOTAL
from routing.upload_draft import Draft, UploadRefused


@dataclass(frozen=True, slots=True)
class Saved:
    """The version is there. `complete` is false where deploying it did not follow."""

    version: Version
    words: str
    live: bool = False
    complete: bool = True
    review: Proposal | None = None


@dataclass(frozen=True, slots=True)
class NotSaved(Refusal):
    """The form comes back; `opened` is what was live when it was opened, in a conflict."""

    status: int = 422
    opened: WorkerRow | None = None
    is_conflict: bool = False


def save(
    request: HttpRequest,
    form: EditorForm,
    row: WorkerRow | None,
    base: Version | None,
    what: str,
) -> Saved | NotSaved:
    """Uploads; with `what` stage or deploy only if the deployment is still the expected one."""
    try:
        draft = editor_draft.draft(form, base)
    except editor_draft.FormInvalid as error:
        return NotSaved(messages.INCOMPLETE, problems=error.problems)
    if row is None and Worker.objects.filter(name=form.name).exists():
        return _taken(form)
    if row is not None and what != "save" and live_id(row) != form.expected:
        return _conflict(form, row)
    if row is not None and what == "stage" and (problem := _replacing(request, row)):
        return NotSaved(messages.NOT_SAVED_YET, problems=[problem])
    try:
        version = _upload(person(request), form, draft, row, what)
    except DeployConflict:
        return _conflict(form, worker_row(row.worker)) if row is not None else _taken(form)
    except gate.ReviewNeeded as needed:
        return _to_review(needed, form)
    except (UploadRefused, DeployRefused) as error:
        return _refused(error, form, row)
    if what == "stage" and row is not None:
        return _stage(person(request), form, row, version)
    if what == "deploy":
        name = Standing(version, Role.STABLE, TOTAL).inline
        return Saved(version, worker_messages.live(name), live=True)
    return Saved(version, messages.saved(version.number))


def _upload(
    author: User, form: EditorForm, draft: Draft, row: WorkerRow | None, what: str
) -> Version:
    live = what == "deploy"
    version, _ = gate.upload(
        worker_name=form.name,
        by_token=False,
        draft=draft,
        author=author,
        source="dashboard",
        triggered_by="upload" if live else "version_upload",
        now=timezone.now(),
        keep=frozenset(),
        create=row is None,
        live=live,
        deploy_message=form.message if live else "",
        expected=form.expected or None,
        based_on=_latest_seen(row, form) if row is not None else None,
    )
    return version


def _to_review(needed: gate.ReviewNeeded, form: EditorForm) -> Saved | NotSaved:
    """The version is there and waits, unless another review was in the way of storing it."""
    if needed.other or needed.proposal is None:
        return NotSaved(messages.NOT_SAVED, problems=[str(needed)])
    version = Worker.objects.get(name=form.name).versions.newest_first()[0]
    words = messages.saved_for_review(version.number, needed.title)
    return Saved(version, words, complete=False, review=needed.proposal)


def _latest_seen(row: WorkerRow, form: EditorForm) -> Version:
    """The newest version when the form was opened: uploads made since are not passed over."""
    try:
        seen = row.worker.versions.filter(id=UUID(form.latest)).first()
    except ValueError:
        seen = None
    return seen or Version(worker=row.worker)


def _stage(author: User, form: EditorForm, row: WorkerRow, version: Version) -> Saved:
    stable = row.standings[-1].version if row.standings else None
    proposal = propose(version, "0" if stable else "100", stable, row.standings)
    try:
        gate.deploy(
            worker=row.worker,
            by_token=False,
            shares=proposal.pairs,
            author=author,
            source="dashboard",
            message=form.message,
            expected=form.expected or None,
            now=timezone.now(),
        )
    except gate.ReviewNeeded as needed:
        words = messages.saved_for_review(version.number, needed.title)
        return Saved(version, words, complete=False, review=needed.proposal)
    except DeployRefused as error:
        return Saved(version, messages.saved_not_staged(version.number, error), complete=False)
    return Saved(version, worker_messages.live(inline(proposal.after)), live=True)


def _replacing(request: HttpRequest, row: WorkerRow) -> str:
    """Staging takes the traffic of a live candidate, which needs a confirmation."""
    candidate = row.candidate
    if candidate is None or not candidate.weight:
        return ""
    if request.POST.get("replace") == str(candidate.version.pk):
        return ""
    return messages.takes_away(candidate.name, candidate.percentage)


def _conflict(form: EditorForm, row: WorkerRow) -> NotSaved:
    """Another deployment came in between: the form comes back with it as `expected`."""
    opened = worker_row_at(row.worker, form.expected)
    form.expected = live_id(row)
    return NotSaved(messages.NOTHING_SAVED, status=409, opened=opened, is_conflict=True)


def _refused(error: Any, form: EditorForm, row: WorkerRow | None) -> NotSaved:
    """Another upload in between is reported once; saving again then succeeds."""
    kind = getattr(error, "kind", "")
    if kind == "concurrent" and row is not None:
        newest = row.worker.versions.newest_first().first()
        form.latest = str(newest.id) if newest else ""
        return NotSaved(messages.NOT_SAVED_YET, messages.uploaded_meanwhile(error), status=409)
    if kind in ("name", "exists", "no_worker"):
        return NotSaved(messages.NOT_SAVED, problems=[str(error)])
    refusal = refused(str(error), form)
    return NotSaved(refusal.title, refusal.words, refusal.place)


def _taken(form: EditorForm) -> NotSaved:
    return NotSaved(messages.NOT_SAVED, problems=[messages.name_taken(form.name)])
