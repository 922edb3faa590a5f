"""Versions of a Worker in a connected account."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.cloud.accounts.access import guarded, provider_of
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.pages.accounts import account_named, while_on
from dashboard.limits.answers import give_place_back
from dashboard.ui.page import as_context, page
from dashboard.workers.cloud.context import diff_page, version_page, versions_page


@require_GET
@while_on
@never_cache
def versions(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    give_place_back(request)  # `readings` limits what waits for an answer
    context = versions_page(account_named(slug), name, timezone.now())
    return page(request, "workers/cloud/versions.html", context)


@require_GET
@while_on
@never_cache
def version(request: HttpRequest, slug: str, name: str, version_id: str) -> HttpResponse:
    give_place_back(request)
    context = version_page(account_named(slug), name, version_id, timezone.now())
    return page(request, "workers/cloud/version.html", context)


@require_GET
@while_on
@never_cache
def module(
    request: HttpRequest, slug: str, name: str, version_id: str, position: int
) -> HttpResponse:
    """One module as it was uploaded; always a file to save, never a page of ours."""
    give_place_back(request)
    account = account_named(slug)
    try:
        code = guarded(account, lambda: provider_of(account).code(name, version_id), timezone.now())
        part = code.modules[position]
    except (CloudError, IndexError) as error:
        raise Http404 from error
    response = HttpResponse(part.content, content_type="application/octet-stream")
    file_name = part.name.rsplit("/", 1)[-1] or "module"
    response["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    return response


@require_GET
@while_on
@never_cache
def diff(request: HttpRequest, slug: str, name: str, left: str, right: str) -> HttpResponse:
    """What changes from version `left` to version `right`."""
    give_place_back(request)
    whole = "whole" in request.GET
    both = diff_page(account_named(slug), name, (left, right), whole, timezone.now())
    if both is None:
        raise Http404
    return page(request, "workers/cloud/diff.html", as_context(*both))


@require_GET
@while_on
def compare(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """From the form to the address of the two versions; stable and the newest by default."""
    context = versions_page(account_named(slug), name, timezone.now())
    ids = [line.id for line in context.lines]
    if not ids:
        raise Http404
    left = request.GET.get("a") or context.stable_id or ids[-1]
    right = request.GET.get("b") or ids[0]
    if left not in ids or right not in ids:
        raise Http404
    return redirect("cloud_versions:diff", slug, name, left, right)
