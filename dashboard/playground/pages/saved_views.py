"""What is kept: one's own history, requests shared by link, checks, and a body to download."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person, refuse
from dashboard.playground.check_import.from_request import check_of
from dashboard.playground.curl_import.parse import NotCurl, read
from dashboard.playground.models import MOST_SAVED, Entry, Saved
from dashboard.playground.pages import page_context
from dashboard.playground.pages.views import PRIVATE, asked_in
from dashboard.playground.request import drafts
from dashboard.playground.request.compose import Composed, compose
from dashboard.playground.request.form_fields import typed
from dashboard.playground.request.redact import fields_of
from dashboard.playground.request.redirects import own_place
from dashboard.playground.send import history
from dashboard.sending.outcome import log_line
from dashboard.smoketests.suites.edits import add_checks
from dashboard.smoketests.suites.yaml_format import SuiteError
from dashboard.ui.http.unstorable_input import any_text_in
from dashboard.ui.page import page, wants_fragment
from dashboard.variables.store import values_for
from routing.models import Worker


@require_GET
def shared(request: HttpRequest, id: UUID) -> HttpResponse:
    """A saved request, or one from somebody's history with its answer: what a link shows."""
    saved = Saved.objects.filter(pk=id).first()
    kept = saved or get_object_or_404(Entry.objects.select_related("person"), pk=id)
    worker = get_object_or_404(Worker, name=kept.worker)
    values, _ = values_for(worker.name, person(request))
    asked = compose(worker.name, kept.asked, values)
    context = page_context.context(request, worker, asked) | {"saved": saved, "here": id}
    if isinstance(kept, Entry):
        context |= _kept_answer(kept, asked)
    return page(request, page_context.TEMPLATE, context)


@require_GET
def body(request: HttpRequest, id: UUID) -> HttpResponse:
    """The body as it came, as a download: never shown as a page of ours, whatever it is."""
    entry = get_object_or_404(Entry, pk=id, status__isnull=False)
    response = HttpResponse(bytes(entry.body), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{entry.worker}-{str(id)[:8]}.bin"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Shares the request as it stands in the form, secrets masked; also as a check of a suite."""
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    asked = asked_in(request, worker.name)
    if {"method", "path"} & set(asked.errors):
        return _not_saved(request, worker, asked.errors.values())
    if Saved.objects.filter(made_by=person(request)).count() >= MOST_SAVED:
        return _not_saved(request, worker, [f"You share {MOST_SAVED} requests. Remove one first."])
    if request.POST.get("with_check") and not (can := permission(request.user, Role.OPERATOR)):
        return refuse(request, can)
    kept = fields_of(asked)
    made = Saved(
        collection=request.POST.get("collection", "").strip()[:100] or "Shared",
        name=request.POST.get("saved_name", "").strip()[:100]
        or f"{asked.method} {kept['path']}"[:100],
        worker=worker.name,
        method=asked.method,
        path=kept["path"],
        request=kept,
        made_by=person(request),
    )
    try:
        words = _as_check(request, worker, made) if request.POST.get("with_check") else ""
    except SuiteError as error:
        return _not_saved(request, worker, error.problems)
    made.save()
    shared = words or f"in {made.collection} for everybody"
    messages.success(request, f"Saved “{made.name}” {shared}. Secrets are masked.")
    return _to(request, reverse("playground:shared", args=[made.pk]))


def _as_check(request: HttpRequest, worker: Worker, made: Saved) -> str:
    """Adds the request, secrets masked, to the suite that is called as its collection."""
    found = check_of(compose(worker.name, made.asked), made.name)
    edit = add_checks(
        worker=worker,
        name=made.collection,
        checks=[found.data | {"assert": _expectations(request)}],
        author=person(request),
        source="dashboard",
        now=timezone.now(),
    )
    made.suite, made.check_name = edit.suite, edit.document["checks"][-1]["name"]
    return f"as a check of suite {made.collection}, edit {edit.number}"


def _not_saved(request: HttpRequest, worker: Worker, problems: Iterable[str]) -> HttpResponse:
    messages.error(request, f"Not saved. {' '.join(problems)}")
    drafts.keep(request, typed(request.POST))
    return _to(request, f"{reverse('playground:playground')}?worker={worker.name}&draft=1")


@require_POST
def forget(request: HttpRequest, id: UUID) -> HttpResponse:
    """Removes a saved request: its maker or an operator may."""
    saved = get_object_or_404(Saved, pk=id)
    can = permission(request.user, Role.OPERATOR)
    if saved.made_by != person(request) and not can:
        return refuse(request, can)
    saved.delete()
    messages.success(request, f"Removed “{saved.name}”.")
    return redirect(f"{reverse('playground:playground')}?worker={saved.worker}")


@any_text_in("curl")
@sensitive_post_parameters("curl")
@require_POST
def import_curl(request: HttpRequest) -> HttpResponse:
    """The page, filled from a curl command; nothing is sent."""
    current = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    command = request.POST.get("curl", "")
    try:
        found = read(command)
    except NotCurl as error:
        context = page_context.context(request, current, compose(current.name, {}))
        context |= {"import_failed": str(error), "import_text": command}
        return page(request, page_context.TEMPLATE, context, status=422)
    place = own_place(f"http://{found.host}/", current.name, "/")
    worker = Worker.objects.get(name=place["worker"]) if place else current
    if place is None:
        found.notes.append(f"{found.host} is no Worker here; {worker.name} stands instead.")
    values, _ = values_for(worker.name, person(request))
    asked = compose(worker.name, found.fields, values)
    context = page_context.context(request, worker, asked) | {
        "notes": found.notes,
        "imported": True,
    }
    return page(request, page_context.TEMPLATE, context)


def _kept_answer(entry: Entry, asked: Composed) -> dict[str, object]:
    answer = history.answer_of(entry)
    if answer is None:
        return {"failed": entry.problem or ("Not sent", ""), "entry": entry}
    return page_context.outcome(entry, asked, answer, log_line(answer.ray, entry.worker, wait=0.0))


def _expectations(request: HttpRequest) -> list[dict[str, Any]]:
    """What the answer must be, as assertions of a suite; empty fields are none."""
    names = ("status", "contains", "path", "equals")
    status, text, path, equals = (request.POST.get(f"check.{n}", "").strip() for n in names)
    found: list[dict[str, Any]] = []
    if status:
        found.append({"status": status})
    if text:
        found.append({"text": text})
    if path:
        found.append({"json": path} | ({"as_text": equals} if equals else {}))
    return found


def _to(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if wants_fragment(request) else HttpResponseRedirect(url)
