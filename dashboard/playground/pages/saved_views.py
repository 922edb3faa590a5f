"""Links to stored sends and saved requests, saving and removing them, and curl commands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
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
from dashboard.playground import messages as texts
from dashboard.playground.check_import.from_request import check_of
from dashboard.playground.curl_import.parse import NotCurl, read
from dashboard.playground.models import MOST_SAVED, Entry, Saved
from dashboard.playground.pages import page_context
from dashboard.playground.predict.predict import live_versions
from dashboard.playground.request import drafts
from dashboard.playground.request.form import PRIVATE, compose, form_fields, typed_in
from dashboard.playground.request.redirects import own_place
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.send import history, trace_steps
from dashboard.playground.send.answer_page import AnswerPage, answer_page
from dashboard.sending.outcome import log_line
from dashboard.smoketests.suites.edits import add_checks
from dashboard.smoketests.suites.yaml_format import SuiteError
from dashboard.ui.http.unstorable_input import any_text_in
from dashboard.ui.page import page, wants_fragment
from dashboard.variables.store import values_for
from routing.models import Worker


@require_GET
def shared(request: HttpRequest, id: UUID) -> HttpResponse:
    """A saved request, or one of a person's history with its answer: where a link leads."""
    saved = Saved.objects.filter(pk=id).first()
    source = saved or get_object_or_404(Entry.objects.select_related("person"), pk=id)
    worker = get_object_or_404(Worker, name=source.worker)
    values, _ = values_for(worker.name, person(request))
    typed = compose(worker.name, source.fields, values)
    shown = page_context.playground_page(request, worker, typed)
    context = vars(replace(shown, saved=saved, from_link=True))
    if isinstance(source, Entry):
        context |= vars(_stored_answer(source, worker, typed))
    return page(request, page_context.TEMPLATE, context)


@require_GET
def body(request: HttpRequest, id: UUID) -> HttpResponse:
    """The unchanged body as a download, never rendered as a page of ours."""
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
    """Shares the request in the form, secrets masked; on demand as a check of a suite, too."""
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    typed = typed_in(request, worker)
    can = permission(request.user, Role.OPERATOR)
    if {"method", "path"} & set(typed.errors):
        return _not_saved(request, worker, typed.errors.values())
    if Saved.objects.filter(made_by=person(request)).count() >= MOST_SAVED:
        return _not_saved(request, worker, [texts.SAVED_LIMIT.format(MOST_SAVED)])
    as_check = bool(request.POST.get("with_check"))
    if as_check and not can:
        return refuse(request, can)
    saved = _new_saved(request, typed)
    try:
        where = _as_check(request, worker, saved) if as_check else ""
    except SuiteError as error:
        return _not_saved(request, worker, error.problems)
    saved.save()
    where = where or texts.SAVED_SHARED.format(saved.collection)
    messages.success(request, texts.SAVED.format(saved.name, where))
    return _to(request, reverse("playground:shared", args=[saved.pk]))


def _new_saved(request: HttpRequest, typed: TypedRequest) -> Saved:
    fields = typed.stored()
    name = request.POST.get("saved_name", "").strip() or f"{typed.method} {fields['path']}"
    return Saved(
        collection=request.POST.get("collection", "").strip()[:100] or "Shared",
        name=name[:100],
        worker=typed.worker,
        method=typed.method,
        path=fields["path"],
        request=fields,
        made_by=person(request),
    )


def _as_check(request: HttpRequest, worker: Worker, saved: Saved) -> str:
    """Adds the request, secrets masked, to the suite named like its collection."""
    check = check_of(compose(worker.name, saved.fields), saved.name)
    edit = add_checks(
        worker=worker,
        name=saved.collection,
        checks=[check.data | {"assert": _expectations(request)}],
        author=person(request),
        source="dashboard",
        now=timezone.now(),
    )
    saved.suite, saved.check_name = edit.suite, edit.document["checks"][-1]["name"]
    return texts.SAVED_AS_CHECK.format(saved.collection, edit.number)


def _not_saved(request: HttpRequest, worker: Worker, problems: Iterable[str]) -> HttpResponse:
    messages.error(request, texts.NOT_SAVED.format(" ".join(problems)))
    drafts.store(request, form_fields(request.POST))
    return _to(request, f"{reverse('playground:playground')}?worker={worker.name}&draft=1")


@require_POST
def forget(request: HttpRequest, id: UUID) -> HttpResponse:
    """Removes a saved request. Allowed for its author and operators."""
    saved = get_object_or_404(Saved, pk=id)
    can = permission(request.user, Role.OPERATOR)
    if saved.made_by != person(request) and not can:
        return refuse(request, can)
    saved.delete()
    messages.success(request, texts.REMOVED.format(saved.name))
    return redirect(f"{reverse('playground:playground')}?worker={saved.worker}")


@any_text_in("curl")
@sensitive_post_parameters("curl")
@require_POST
def import_curl(request: HttpRequest) -> HttpResponse:
    """The page, filled from a curl command; nothing is sent."""
    current = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    command = request.POST.get("curl", "")
    try:
        curl = read(command)
    except NotCurl as error:
        shown = page_context.playground_page(request, current, compose(current.name, {}))
        shown = replace(shown, import_failed=str(error), import_text=command)
        return page(request, page_context.TEMPLATE, vars(shown), status=422)
    place = own_place(f"http://{curl.host}/", current.name, "/")
    worker = Worker.objects.get(name=place["worker"]) if place else current
    notes = list(curl.notes)
    if place is None:
        notes.append(texts.OTHER_HOST.format(curl.host, worker.name))
    values, _ = values_for(worker.name, person(request))
    host = place["host"] if place else ""
    typed = compose(worker.name, {**curl.fields, "host": host}, values)
    shown = page_context.playground_page(request, worker, typed)
    shown = replace(shown, notes=notes, imported=True)
    return page(request, page_context.TEMPLATE, vars(shown))


def _stored_answer(entry: Entry, worker: Worker, typed: TypedRequest) -> AnswerPage:
    answer = history.answer_of(entry)
    if answer is None:
        title, text = entry.problem or (texts.NOT_SENT, "")
        return AnswerPage(failed=(title, text), entry=entry)
    line = log_line(answer.ray, entry.worker, wait=0.0)
    standings = live_versions(worker)[1]
    trail = trace_steps.trail(answer.ray)
    return answer_page(worker, standings, typed, entry, answer, line, trail)


def _expectations(request: HttpRequest) -> list[dict[str, Any]]:
    """The form's expectations as assertions of a suite; empty fields add none."""
    names = ("status", "contains", "path", "equals")
    status, text, path, equals = (request.POST.get(f"check.{n}", "").strip() for n in names)
    assertions: list[dict[str, Any]] = []
    if status:
        assertions.append({"status": status})
    if text:
        assertions.append({"text": text})
    if path:
        assertions.append({"json": path} | ({"as_text": equals} if equals else {}))
    return assertions


def _to(request: HttpRequest, url: str) -> HttpResponse:
    return HttpResponseClientRedirect(url) if wants_fragment(request) else HttpResponseRedirect(url)
