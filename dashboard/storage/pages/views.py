"""The list of namespaces; create, rename, delete."""

from __future__ import annotations

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
from dashboard.storage.d1 import databases
from dashboard.storage.d1.databases import DatabaseRefused
from dashboard.storage.namespaces import TitleRefused
from dashboard.storage.pages.context import (
    CREATED_HERE,
    RENAMED,
    NewNamespace,
    storage_page,
    url_of,
)
from dashboard.storage.queues import queues
from dashboard.storage.queues.queues import QueueRefused
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
        made = _make(kind, title, actor_of(request))
    except _NOT_CREATED as error:
        form = NewNamespace(title, _why_not_created(error))
        return page(request, TEMPLATE, storage_page(person(request), form), status=422)
    notices.success(request, messages.created(made.title))
    return redirect(url_of(made) or "storage:list")


def _make(kind: str, title: str, by: Actor) -> StateNamespace:
    """Raises one of `_NOT_CREATED`."""
    match kind:
        case "d1":
            return databases.create(title, by)
        case "queue":
            return queues.create(title, {}, by)
        case r2.KIND:
            return buckets.create(title, by)
    return namespaces.create(kind, title, by)


_NOT_CREATED = (
    TitleRefused,
    BucketNameInvalid,
    DatabaseRefused,
    QueueRefused,
    StateUnavailable,
    StateRefused,
)


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
