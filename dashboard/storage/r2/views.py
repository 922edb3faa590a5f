"""A bucket's pages. Names and metadata are for everyone, contents for operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.storage import messages
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.namespaces import record_change
from dashboard.storage.r2 import objects
from dashboard.storage.r2.download import download
from dashboard.storage.r2.objects import KIND, ObjectNotFound
from dashboard.storage.r2.page_context import bucket_page, folder_url, object_page, object_url
from dashboard.ui.page import page
from routing.models import StateNamespace

T = TypeVar("T")


@never_cache
@require_GET
def folder(request: HttpRequest, key: str) -> HttpResponse:
    """One page of a folder."""
    prefix, cursor = request.GET.get("prefix", ""), request.GET.get("cursor", "")
    context = bucket_page(_bucket(key), person(request), prefix, cursor)
    return page(request, "storage/r2/bucket.html", context)


@never_cache
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """An object's metadata."""
    bucket, name = _bucket(key), request.GET.get("name", "")
    found = _attempt(request, lambda: objects.head(bucket.key, name))
    if found is None:
        return redirect(folder_url(bucket, ""))
    return page(request, "storage/r2/object.html", object_page(bucket, person(request), found))


@requires(Role.OPERATOR)
@never_cache
@require_GET
def content(request: HttpRequest, key: str) -> HttpResponse:
    """The content as a download; never shown as a page of this site."""
    bucket, name = _bucket(key), request.GET.get("name", "")
    opened = _attempt(request, lambda: objects.open_object(bucket.key, name))
    if opened is None:
        return redirect(folder_url(bucket, ""))
    answer = download(request, *opened)
    answer["Content-Type"] = "application/octet-stream"
    answer["Content-Disposition"] = "attachment"
    del answer["Content-Encoding"]
    return cast("HttpResponse", answer)


@requires(Role.OPERATOR)
@require_POST
def upload(request: HttpRequest, key: str) -> HttpResponse:
    """Stores a file in the folder `prefix`; an object of that name is replaced."""
    bucket, prefix = _bucket(key), request.POST.get("prefix", "")
    file = request.FILES.get("file")
    if file is None or not file.name:
        notices.error(request, messages.NO_FILE)
        return redirect(folder_url(bucket, prefix))
    name = prefix + (request.POST.get("name", "").strip() or file.name)
    http = {"contentType": file.content_type} if file.content_type else {}
    pieces, size = file.chunks(objects.PIECE), file.size or 0
    stored = _attempt(request, lambda: objects.put(bucket.key, name, pieces, size, http=http))
    if stored is None:
        return redirect(folder_url(bucket, prefix))
    record_change("put", bucket, actor_of(request), key=name, bytes=size)
    notices.success(request, messages.key_stored(name))
    return redirect(object_url(bucket, name))


@requires(Role.OPERATOR)
@require_POST
def delete(request: HttpRequest, key: str) -> HttpResponse:
    bucket, name = _bucket(key), request.POST.get("name", "")
    if _attempt(request, lambda: _delete(bucket, name)) is None:
        return redirect(object_url(bucket, name))
    record_change("remove", bucket, actor_of(request), key=name)
    notices.success(request, messages.key_deleted(name))
    return redirect(folder_url(bucket, name[: name.rfind("/") + 1]))


def _delete(bucket: StateNamespace, name: str) -> bool:
    objects.delete(bucket.key, [name])
    return True


def _attempt(request: HttpRequest, act: Callable[[], T]) -> T | None:
    """None, with a notice, if the state process refused or does not answer. Raises `Http404`."""
    try:
        return act()
    except ObjectNotFound:
        raise Http404 from None
    except (StateUnavailable, StateRefused) as error:
        notices.error(request, messages.state_problem(error))
        return None


def _bucket(key: str) -> StateNamespace:
    return get_object_or_404(StateNamespace, kind=KIND, key=key)
