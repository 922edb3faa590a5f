"""The list of namespaces; create, rename, delete."""

from __future__ import annotations

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.storage import messages, namespaces
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.d1 import databases
from dashboard.storage.datasets import datasets
from dashboard.storage.kinds import KINDS
from dashboard.storage.namespaces import NamespaceRefused
from dashboard.storage.pages.context import NewNamespace, storage_page, url_of
from dashboard.storage.queues import queues
from dashboard.storage.r2 import buckets
from dashboard.storage.secret_stores import stored_secrets
from dashboard.storage.secret_stores.stored_secrets import SecretRefused
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
    if kind not in KINDS or KINDS[kind].created_by_upload:
        return HttpResponse(status=400)
    try:
        made = _make(kind, title, actor_of(request))
    except NamespaceRefused as error:
        return _not_created(request, kind, title, str(error))
    except (StateUnavailable, StateRefused) as error:
        return _not_created(request, kind, title, messages.state_problem(error))
    notices.success(request, messages.created(made.title))
    return redirect(url_of(made))


def _not_created(request: HttpRequest, kind: str, title: str, problem: str) -> HttpResponse:
    form = NewNamespace(kind, title, problem)
    return page(request, TEMPLATE, storage_page(person(request), form), status=422)


def _make(kind: str, title: str, by: Actor) -> StateNamespace:
    """Raises `NamespaceRefused`, `StateRefused` and `StateUnavailable`."""
    match kind:
        case "d1":
            return databases.create(title, by)
        case "queue":
            return queues.create(title, {}, by)
        case "r2":
            return buckets.create(title, by)
        case _:
            return namespaces.create(kind, title, by)


@requires(Role.OPERATOR)
@require_POST
def rename(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    namespace = get_object_or_404(StateNamespace, kind=kind, key=key)
    if not KINDS[kind].is_renamed:
        raise Http404
    try:
        namespaces.rename(namespace, request.POST.get("title", "").strip(), actor_of(request))
    except NamespaceRefused as error:
        notices.error(request, str(error))
    else:
        notices.success(request, messages.renamed(namespace.title))
    return redirect(url_of(namespace))


def _delete(namespace: StateNamespace, by: Actor) -> None:
    """Raises `NamespaceRefused`, `SecretRefused`, `StateRefused` and `StateUnavailable`."""
    if namespace.kind == datasets.KIND:
        datasets.delete(namespace, by)
    elif namespace.kind == stored_secrets.KIND:
        stored_secrets.delete_store(namespace, by)
    else:
        namespaces.delete(namespace, by)


@requires(Role.ADMIN)
@require_POST
def delete(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """The title must be typed."""
    namespace = get_object_or_404(StateNamespace, kind=kind, key=key)
    if request.POST.get("title", "").strip() != namespace.title:
        notices.error(request, messages.type_the_title(namespace.title))
        return redirect(url_of(namespace))
    try:
        _delete(namespace, actor_of(request))
    except (NamespaceRefused, SecretRefused) as error:
        notices.error(request, str(error))
        return redirect(url_of(namespace))
    except (StateUnavailable, StateRefused) as error:
        notices.error(request, messages.state_problem(error))
        return redirect(url_of(namespace))
    notices.success(request, messages.deleted(namespace.title))
    return redirect("storage:list")
