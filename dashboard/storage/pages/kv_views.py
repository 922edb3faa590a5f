"""Keys and values of a KV namespace. Names are for everyone, values for operators."""

from __future__ import annotations

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.storage import kv, messages
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.kv import KeyNotFound
from dashboard.storage.namespaces import record_change
from dashboard.storage.pages.kv_context import (
    keys_page,
    new_value_page,
    rejected_page,
    value_page,
    value_url,
)
from dashboard.storage.pages.value_form import FormInvalid, ValueForm
from dashboard.ui.page import page
from routing.models import StateNamespace

VALUE = "storage/kv_value.html"


@never_cache
@require_GET
def keys(request: HttpRequest, key: str) -> HttpResponse:
    """One page of keys, by prefix."""
    asked = request.GET
    context = keys_page(
        _namespace(key), person(request), asked.get("prefix", ""), asked.get("cursor", "")
    )
    return page(request, "storage/kv.html", context)


@requires(Role.OPERATOR)
@never_cache
@require_GET
def value(request: HttpRequest, key: str) -> HttpResponse:
    """The value of the key `name`, or the form of a new key without one."""
    namespace, name = _namespace(key), request.GET.get("name", "")
    if not name:
        return page(request, VALUE, new_value_page(namespace, person(request)))
    try:
        context = value_page(namespace, person(request), name)
    except KeyNotFound:
        raise Http404 from None
    except (StateUnavailable, StateRefused) as error:
        notices.error(request, messages.state_problem(error))
        return redirect("storage:kv", namespace.key)
    return page(request, VALUE, context)


@requires(Role.OPERATOR)
@never_cache
@require_GET
def content(request: HttpRequest, key: str) -> HttpResponse:
    """The value as a download."""
    namespace, name = _namespace(key), request.GET.get("name", "")
    try:
        found = kv.get(namespace.key, name)
    except KeyNotFound:
        raise Http404 from None
    except (StateUnavailable, StateRefused) as error:
        notices.error(request, messages.state_problem(error))
        return redirect("storage:kv", namespace.key)
    answer = HttpResponse(found.content, content_type="application/octet-stream")
    answer["Content-Disposition"] = "attachment"
    return answer


@requires(Role.OPERATOR)
@sensitive_post_parameters("value", "metadata")
@require_POST
def save(request: HttpRequest, key: str) -> HttpResponse:
    """Stores what was typed. A rejected form comes back with it."""
    namespace, form = _namespace(key), ValueForm.typed(request.POST.dict())
    is_new = request.POST.get("new") == "1"
    try:
        metadata, ttl = form.check()
        expiration = _expiration(namespace, form)
        stored = form.text.encode()
        kv.put(namespace.key, form.name, stored, metadata=metadata, expiration=expiration, ttl=ttl)
    except (FormInvalid, StateUnavailable, StateRefused) as error:
        wrong = error.field if isinstance(error, FormInvalid) else ""
        problem = str(error) if wrong else messages.state_problem(error)
        context = rejected_page(namespace, person(request), form, problem, wrong, is_new=is_new)
        return page(request, VALUE, context, status=422)
    record_change("put", namespace, actor_of(request), key=form.name, bytes=len(stored))
    notices.success(request, messages.key_stored(form.name))
    return redirect(value_url(namespace, form.name))


@requires(Role.OPERATOR)
@require_POST
def delete(request: HttpRequest, key: str) -> HttpResponse:
    namespace, name = _namespace(key), request.POST.get("name", "")
    try:
        kv.delete(namespace.key, name)
    except (StateUnavailable, StateRefused) as error:
        notices.error(request, messages.state_problem(error))
        return redirect(value_url(namespace, name))
    record_change("remove", namespace, actor_of(request), key=name)
    notices.success(request, messages.key_deleted(name))
    return redirect("storage:kv", namespace.key)


def _expiration(namespace: StateNamespace, form: ValueForm) -> int | None:
    """The key's own, if it stays."""
    if not form.keep_expiration:
        return None
    try:
        return kv.find_key(namespace.key, form.name).expiration
    except KeyNotFound:
        return None


def _namespace(key: str) -> StateNamespace:
    return get_object_or_404(StateNamespace, kind=kv.KIND, key=key)
