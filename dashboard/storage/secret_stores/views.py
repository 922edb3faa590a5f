"""The page of a secrets store; create, change and delete its secrets."""

from __future__ import annotations

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.storage.secret_stores import messages, stored_secrets
from dashboard.storage.secret_stores.page_context import SecretForm, store_page
from dashboard.storage.secret_stores.stored_secrets import SecretFields, SecretRefused
from dashboard.ui.page import page
from routing.models import StateNamespace, StoredSecret
from routing.snapshot import Secret

TEMPLATE = "storage/secret_stores/store.html"


@never_cache
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    return page(request, TEMPLATE, store_page(_store(key), person(request)))


@requires(Role.OPERATOR)
@sensitive_post_parameters("value")
@require_POST
def create(request: HttpRequest, key: str) -> HttpResponse:
    """A rejected form comes back without the value."""
    store, sent = _store(key), request.POST
    form = SecretForm(sent.get("name", "").strip(), sent.get("comment", "").strip())
    fields = SecretFields(form.name, Secret(sent.get("value", "")), form.comment)
    try:
        stored_secrets.create(store, [fields], actor_of(request))
    except SecretRefused as error:
        context = store_page(store, person(request), form, str(error))
        return page(request, TEMPLATE, context, status=422)
    notices.success(request, messages.created(form.name))
    return redirect("storage:secrets", key)


@requires(Role.OPERATOR)
@sensitive_post_parameters("value")
@require_POST
def change(request: HttpRequest, key: str, secret_id: str) -> HttpResponse:
    """A new value."""
    secret = _secret(key, secret_id)
    fields = SecretFields(value=Secret(request.POST.get("value", "")))
    try:
        stored_secrets.change(secret, fields, actor_of(request))
    except SecretRefused as error:
        notices.error(request, str(error))
    else:
        notices.success(request, messages.changed(secret.name))
    return redirect("storage:secrets", key)


@requires(Role.OPERATOR)
@require_POST
def remove(request: HttpRequest, key: str, secret_id: str) -> HttpResponse:
    secret = _secret(key, secret_id)
    try:
        stored_secrets.remove(secret, actor_of(request))
    except SecretRefused as error:
        raise Http404(str(error)) from None
    notices.success(request, messages.removed(secret.name))
    return redirect("storage:secrets", key)


def _store(key: str) -> StateNamespace:
    return get_object_or_404(StateNamespace, kind=stored_secrets.KIND, key=key)


def _secret(key: str, secret_id: str) -> StoredSecret:
    rows = StoredSecret.objects.select_related("store")
    return get_object_or_404(rows, store__kind=stored_secrets.KIND, store__key=key, pk=secret_id)
