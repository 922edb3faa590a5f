"""What else is done with the form: copied as a command, or left for staging a version first."""

from __future__ import annotations

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
from dashboard.playground.pages.views import PRIVATE, asked_in
from dashboard.playground.request import drafts
from dashboard.playground.request.bodies import Upload
from dashboard.playground.request.code_export import exports
from dashboard.playground.request.form_fields import typed
from dashboard.ui.http import return_to
from dashboard.ui.page import page, wants_fragment
from routing.models import Worker


@sensitive_post_parameters(*PRIVATE)
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The request as it stands in the form, for curl, fetch and httpx."""
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    asked = asked_in(request, worker.name)
    if asked.kind == "file" and asked.upload is None and (name := request.POST.get("upload_name")):
        asked.upload = Upload(name[:255], "application/octet-stream", b"")
    if wants_fragment(request):
        context = {"worker": worker, "asked": asked, "exports": exports(asked)}
        return page(request, page_context.TEMPLATE, context, partial="exports")
    context = page_context.context(request, worker, asked) | {"exports": exports(asked)}
    return page(request, page_context.TEMPLATE, context | {"exports_open": True})


@sensitive_post_parameters(*PRIVATE)
@requires(Role.OPERATOR)
@require_POST
def stage(request: HttpRequest) -> HttpResponse:
    """To the form that adds a version at 0%; behind it the playground, filled in as it is now."""
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    of, _, version = request.POST.get("stage", "").partition(" ")
    staged = get_object_or_404(Worker, name=of)
    drafts.keep(request, typed(request.POST))
    back = f"{reverse('playground:playground')}?{urlencode({'worker': worker.name, 'draft': 1})}"
    return_to.remember(request, f"deploy:{staged.name}:{version}", back)
    query = urlencode({"version": version, "percentage": 0})
    address = f"{reverse('workers:split', args=[staged.name])}?{query}"
    to = HttpResponseClientRedirect if wants_fragment(request) else HttpResponseRedirect
    return to(address)
