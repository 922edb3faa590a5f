"""Making a version in the browser: a copy of one to change, or the first one of a new Worker.

Every button posts the whole form and gets it back, so that nothing is lost and everything works
without scripts; with them htmx swaps the form in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from uuid import UUID

from django.contrib import messages as toasts
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import requires
from dashboard.live.pages.fragments import sequence
from dashboard.ui.page import as_context, page, wants_fragment
from dashboard.workers.diff import version_diff, views as diff
from dashboard.workers.diff.views import Changes
from dashboard.workers.editor import form as forms
from dashboard.workers.editor.errors import Refusal
from dashboard.workers.editor.form import EditorForm
from dashboard.workers.editor.form_fields import EDITABLE, OFFERED, module_held
from dashboard.workers.editor.outlook import (
    NameVerdict,
    Outlook,
    live_id,
    name_verdict,
    outlook,
    runtime_date,
)
from dashboard.workers.editor.save import Saved, save
from dashboard.workers.page import views
from dashboard.workers.queries import version_facts
from dashboard.workers.queries.module_text import ModuleText, module_texts
from dashboard.workers.queries.static_files import static_file_changes
from dashboard.workers.queries.worker_queries import VersionRow, WorkerRow, version_rows, worker_row
from routing.models import ObjectNamespace, StateNamespace, Version, Worker

SAVES = ("save", "stage", "deploy")
PARTS = ("changes", "name-verdict")
"""Fragments that htmx may request; otherwise the whole form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorPage:
    """`base`: the version that this one is a copy of; neither it nor `row` for a new Worker."""

    row: WorkerRow | None
    base: Version | None
    form: EditorForm
    types: Sequence[str]
    kinds: Sequence[str]
    outlook: Outlook
    #: The newest version, to tell of uploads made meanwhile.
    uploads: Sequence[VersionRow]
    overtaken: bool
    verdict: NameVerdict | None
    refusal: Refusal | None
    sequence: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class TooLargePage:
    """`most`: modules and bindings that a form can have."""

    row: WorkerRow | None
    form: EditorForm
    most: tuple[int, int]


@requires(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """A copy of one version, to change and upload as the next one."""
    newest = sequence()
    row = worker_row(get_object_or_404(Worker, name=name))
    base = _base(row.worker, request.POST.get("base") or request.GET.get("from", ""))
    if request.method == "POST":
        return _posted(request, forms.as_sent(request.POST), row, base)
    form = forms.of_version(base)
    if form.too_large:
        return _too_large(request, row, form)
    form.latest = str(_newest(row.worker).id)
    form.expected = live_id(row)
    return _show(request, form, row, base, newest)


@requires(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The first version of a new Worker. A Worker called `new` keeps its page at this address."""
    if request.method == "POST":
        return _posted(request, forms.as_sent(request.POST), None, None)
    if "create" not in request.GET and Worker.objects.filter(name="new").exists():
        return views.detail(request, "new")
    today = timezone.now().date().isoformat()
    form = forms.blank(min(today, runtime_date() or today))
    form.name = request.GET.get("name", "").strip()
    return _show(request, form, None, None)


def _posted(
    request: HttpRequest,
    form: EditorForm,
    row: WorkerRow | None,
    base: Version | None,
) -> HttpResponse:
    if form.too_large:
        return _too_large(request, row, form)
    if row is not None:
        form.name = row.worker.name
    what = request.POST.get("act", "")
    if what not in SAVES:
        form.act(what)
        form.add_files(request.FILES.getlist("upload"))
        return _show(request, form, row, base)
    form.add_files(request.FILES.getlist("upload"))
    if form.left_out:
        return _show(request, form, row, base)
    done = save(request, form, row, base, what)
    if isinstance(done, Saved):
        return _leave(request, done)
    if row is not None and done.is_conflict:
        row = worker_row(row.worker)  # who overtook us may have come while the version started
    return _show(request, form, row, base, refusal=done, status=done.status)


def _too_large(request: HttpRequest, row: WorkerRow | None, form: EditorForm) -> HttpResponse:
    """A version that no form can carry is not opened at all, so that nothing of it is lost."""
    context = TooLargePage(row, form, (forms.MOST_MODULES, forms.MOST_BINDINGS))
    return page(request, "workers/editor/editor_too_large.html", context, status=422)


def _leave(request: HttpRequest, done: Saved) -> HttpResponse:
    say = toasts.success if done.complete else toasts.warning
    say(request, done.words, extra_tags="deployed" if done.live else "")
    name = done.version.worker.name
    address = reverse("workers:detail", args=[name])
    if not done.live:
        address = reverse("workers:version", args=[name, done.version.id])
    if done.review is not None:
        address = reverse("reviews:detail", args=[done.review.pk])
    return HttpResponseClientRedirect(address) if wants_fragment(request) else redirect(address)


def _show(
    request: HttpRequest,
    form: EditorForm,
    row: WorkerRow | None,
    base: Version | None,
    newest: tuple[object, ...] = (),
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    """`newest`: the sequence of the page; answers to a POST have none."""
    target: str | None = request.htmx.target  # type: ignore[attr-defined]  # by its middleware
    if any(binding.state_kind for binding in form.bindings):
        form.offer_namespaces(StateNamespace.objects.order_by("title"))
    if any(binding.is_objects for binding in form.bindings):
        form.offer_objects(list(ObjectNamespace.objects.select_related("worker")))
    shown = EditorPage(
        row=row,
        base=base,
        form=form,
        types=sorted({*OFFERED, *(m.content_type for m in form.modules)}),
        kinds=EDITABLE,
        outlook=outlook(row),
        uploads=version_rows(row, size=1)[0] if row else [],
        overtaken=row is not None and form.expected != live_id(row),
        verdict=None if row else name_verdict(form.name),
        refusal=refusal,
        sequence=newest,
    )
    context = as_context(shown, _changes(form, base))
    part = target if target in PARTS else "editor"
    return page(request, "workers/editor/editor.html", context, partial=part, status=status)


def _changes(form: EditorForm, base: Version | None) -> Changes | None:
    """What differs from the version that this one began as."""
    if base is None:
        return None
    bindings = version_facts.bindings(base)
    by_name = {fact.name: fact for fact in bindings}
    settings = [fact for fact in version_facts.settings(base) if fact.name in _SETTINGS]
    values = (form.compatibility_date, form.compatibility_flags, form.main_name)
    edited = [version_facts.Fact(n, value) for n, value in zip(_SETTINGS, values, strict=True)]
    before = module_texts(base, most_lines=inf)
    after = [module.as_file(i) for i, module in enumerate(form.modules)]
    return diff.compared(
        version_diff.files(_as_edited(before), after),
        version_diff.facts(bindings, [binding.as_fact(by_name) for binding in form.bindings]),
        version_diff.facts(settings, edited),
        static_file_changes(base, base),
    )


_SETTINGS = ("Compatibility date", "Compatibility flags", "Main module")


def _as_edited(before: list[ModuleText]) -> list[ModuleText]:
    """The base's modules as its form has them, so that untouched ones count as the same."""
    return [module_held(f).as_file(f.position) for f in before]


def _base(worker: Worker, version_id: str) -> Version:
    """The requested version, or the newest."""
    if not version_id:
        return _newest(worker)
    try:
        version = worker.versions.select_related("worker").filter(id=UUID(version_id)).first()
    except ValueError:
        version = None
    if version is None:
        raise Http404
    return version


def _newest(worker: Worker) -> Version:
    version = worker.versions.select_related("worker").newest_first().first()
    if version is None:
        raise Http404
    return version
