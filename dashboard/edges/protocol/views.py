"""What agents ask and tell (`routing.agent.control_plane.sync` and `.ship` are the other end)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from dashboard.edges.protocol import details as said, ingest, reports
from dashboard.edges.protocol.auth import for_edges
from dashboard.observability.ingest import ingest as counting
from routing import snapshot
from routing.control import previews, publish, revision
from routing.models import Edge, Module
from routing.secret_encryption import DecryptionFailed


@for_edges
@require_GET
def desired(request: HttpRequest, edge: Edge) -> HttpResponse:
    """`?since=N`: the snapshot, whole or changed since N; 204 when N is the newest revision."""
    raw = request.GET.get("since", "0")
    if not raw.isascii() or not raw.isdigit():
        return JsonResponse({"error": f"since={raw!r}: expected a revision number."}, status=400)
    since = int(raw)
    if since and since == revision.current():
        return HttpResponse(status=204)
    body = snapshot.to_json(publish.publish(since or None))
    response = HttpResponse(body, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


@for_edges
@require_GET
def module(request: HttpRequest, edge: Edge, sha256: str) -> HttpResponse:
    """The bytes of one module by the hash of its content."""
    found = Module.objects.filter(sha256=sha256).first()
    if found is None:
        return JsonResponse({"error": f"No module has the hash {sha256}."}, status=404)
    response = HttpResponse(bytes(found.content), content_type="application/octet-stream")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@for_edges
@require_GET
def preview(request: HttpRequest, edge: Edge, label: str) -> HttpResponse:
    """The version whose own address begins with `label`, whole, for the edge to run."""
    try:
        found = previews.find_preview(label)
    except previews.PreviewUnknown as error:
        return JsonResponse({"error": str(error)}, status=404)
    except DecryptionFailed:  # the caller of a preview may be anyone: no name of a secret
        why = "This version cannot run: its secrets cannot be opened with the current key."
        return JsonResponse({"error": why}, status=404)
    response = HttpResponse(snapshot.preview_to_json(found), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


@for_edges
@require_POST
def report(request: HttpRequest, edge: Edge) -> HttpResponse:
    """What the edge has applied and how its version processes are."""
    try:
        reports.accept(edge, request.body)
    except reports.ReportInvalid as error:
        return JsonResponse({"error": str(error)}, status=400)
    return HttpResponse(status=204)


@for_edges
@require_POST
def invocations(request: HttpRequest, edge: Edge) -> HttpResponse:
    """A batch of access-log rows and counts; the same batch twice counts once.

    409 with `places`: the edge must go on from there, for what it sent begins before them.
    """
    packed = request.headers.get("Content-Encoding") == "gzip"
    try:
        ingest.accept(edge, request.body, packed=packed)
    except ingest.BatchInvalid as error:
        return JsonResponse({"error": str(error)}, status=400)
    except counting.OtherPlaces as other:
        return JsonResponse({"error": str(other), "places": other.places}, status=409)
    return HttpResponse(status=204)


@for_edges
@require_POST
def details(request: HttpRequest, edge: Edge) -> HttpResponse:
    """A batch of what Workers said about their requests; the same detail twice counts once."""
    packed = request.headers.get("Content-Encoding") == "gzip"
    try:
        said.accept(edge, request.body, packed=packed)
    except ingest.BatchInvalid as error:
        return JsonResponse({"error": str(error)}, status=400)
    return HttpResponse(status=204)
