"""Adds and removes routes and custom domains."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages as toasts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import person, requires
from dashboard.ui.page import page
from dashboard.workers import messages
from dashboard.workers.addresses.rows import AddressForm, address_list
from dashboard.workers.worker_settings import settings_context
from routing.control.addresses.changes import (
    Change,
    Requested,
    add_route,
    remove_domain,
    remove_route,
    set_domains,
)
from routing.control.addresses.refusals import AddressRefused
from routing.models import CustomDomain, Worker, WorkerRoute


@requires(Role.OPERATOR)
@require_POST
def add(request: HttpRequest, name: str) -> HttpResponse:
    """Adds the route or the custom domain `text`."""
    worker = get_object_or_404(Worker, name=name)
    form = AddressForm(request.POST.get("kind", ""), request.POST.get("text", "").strip())
    try:
        if form.kind == "route":
            add_route(Requested(form.text), worker, _change(request))
        else:
            set_domains(worker, [Requested(form.text)], _change(request))
    except AddressRefused as error:
        context = settings_context(request, worker)
        context = replace(context, addresses=address_list(worker, replace(form, error=str(error))))
        return page(request, "workers/settings/settings.html", context, status=422)
    toasts.success(request, messages.address_added(form.text, name))
    return redirect("workers:settings", name)


@requires(Role.OPERATOR)
@require_POST
def remove(request: HttpRequest, name: str, kind: str, address_id: str) -> HttpResponse:
    """Removes one route or custom domain of the Worker."""
    if kind == "route":
        route = get_object_or_404(WorkerRoute, worker__name=name, pk=address_id)
        text = route.pattern
        remove_route(route, _change(request))
    else:
        domain = get_object_or_404(CustomDomain, worker__name=name, pk=address_id)
        text = domain.hostname
        remove_domain(domain, _change(request))
    toasts.success(request, messages.address_removed(text, name))
    return redirect("workers:settings", name)


def _change(request: HttpRequest) -> Change:
    return Change(actor=person(request), source="dashboard", now=timezone.now())
