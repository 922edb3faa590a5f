"""The list of namespaces; create, rename, delete."""

from __future__ import annotations

from functools import partial

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.permissions import person, requires
from dashboard.storage import messages, namespaces
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.namespaces import TitleRefused
from dashboard.storage.pages.context import (
    CREATED_HERE,
    RENAMED,
    NewNamespace,
    storage_page,
    url_of,
)
from dashboard.storage.r2 import buckets, objects as r2
from dashboard.storage.r2.buckets import BucketNameInvalid
from dashboard.ui.page import page
from routing.models import StateNamespace

TEMPLATE = "storage/list.html"


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return page(request, TEMPLATE, storage_page(person(request)))


@requires(Role.OPERATOR)
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    kind, title = request.POST.get("kind", "kv"), request.POST.get("title", "").strip()
    if kind not in CREATED_HERE:
        return HttpResponse(status=400)
    try:
        make = buckets.create if kind == r2.KIND else partial(namespaces.create, kind)
        made = make(title, actor_of(request))
    except (TitleRefused, BucketNameInvalid, StateUnavailable, StateRefused) as error:
        form = NewNamespace(title, _why_not_created(error))
        return page(request, TEMPLATE, storage_page(person(request), form), status=422)
    notices.success(request, messages.created(made.title))
    return redirect(url_of(made) or "storage:list")


@requires(Role.OPERATOR)
@require_POST
def rename(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    if kind not in RENAMED:
        raise Http404
    namespace = get_object_or_404(StateNamespace, kind=kind, key=key)
    try:
        namespaces.rename(namespace, request.POST.get("title", "").strip(), actor_of(request))
    except TitleRefused as error:
        notices.error(request, str(error))
    else:
        notices.success(request, messages.renamed(namespace.title))
    return redirect(url_of(namespace) or "storage:list")


@requires(Role.ADMIN)
@require_POST
def delete(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """The title must be typed."""
    namespace = get_object_or_404(StateNamespace, kind=kind, key=key)
    if request.POST.get("title", "").strip() != namespace.title:
        notices.error(request, messages.type_the_title(namespace.title))
        return redirect(url_of(namespace) or "storage:list")
    try:
        namespaces.delete(namespace, actor_of(request))
    except (StateUnavailable, StateRefused) as error:
        notices.error(request, messages.state_problem(error))
        return redirect(url_of(namespace) or "storage:list")
    notices.success(request, messages.deleted(namespace.title))
    return redirect("storage:list")


def _why_not_created(error: Exception) -> str:
    if isinstance(error, (StateUnavailable, StateRefused)):
        return messages.state_problem(error)
    return str(error)


def actor_of(request: HttpRequest) -> Actor:
    return Actor(actor=person(request), source="dashboard", now=timezone.now())
