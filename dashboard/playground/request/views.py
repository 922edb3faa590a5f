"""The form as a command to copy, and the way to stage a version before sending."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import requires
from dashboard.playground.pages import page_context
from dashboard.playground.request import drafts
from dashboard.playground.request.code_export import exports
from dashboard.playground.request.form import PRIVATE, form_fields, typed_in
from dashboard.playground.request.typed_request import Upload
from dashboard.ui.http import return_to
from dashboard.ui.page import page, wants_fragment
from routing.models import Worker


@sensitive_post_parameters(*PRIVATE)
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The request in the form as curl, fetch and httpx."""
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    typed = typed_in(request, worker)
    if typed.kind == "file" and typed.upload is None and (name := request.POST.get("upload_name")):
        typed = replace(typed, upload=Upload(name[:255], "application/octet-stream", b""))
    if wants_fragment(request):
        context = {"worker": worker, "typed": typed, "exports": exports(typed)}
        return page(request, page_context.TEMPLATE, context, partial="exports")
    shown = page_context.playground_page(request, worker, typed)
    return page(request, page_context.TEMPLATE, vars(replace(shown, exports_open=True)))


@sensitive_post_parameters(*PRIVATE)
@requires(Role.OPERATOR)
@require_POST
def stage(request: HttpRequest) -> HttpResponse:
    """Opens the form that stages a version at 0%; it returns to the playground as it is now."""
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    name, _, version = request.POST.get("stage", "").partition(" ")
    staged = get_object_or_404(Worker, name=name)
    drafts.store(request, form_fields(request.POST))
    back = f"{reverse('playground:playground')}?{urlencode({'worker': worker.name, 'draft': 1})}"
    return_to.remember(request, f"deploy:{staged.name}:{version}", back)
    query = urlencode({"version": version, "percentage": 0})
    address = f"{reverse('workers:split', args=[staged.name])}?{query}"
    redirect = HttpResponseClientRedirect if wants_fragment(request) else HttpResponseRedirect
    return redirect(address)
