"""The agents' endpoints. The other end is `routing.agent.control_plane`."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from dashboard.edges import messages
from dashboard.edges.protocol import reports
from dashboard.edges.protocol.auth import for_edges
from dashboard.observability.ingest import access_log, worker_logs
from dashboard.observability.ingest.batch_body import BatchInvalid, decompress
from dashboard.observability.ingest.counts import OtherPlaces
from dashboard.sending.relay import rows as relayed
from dashboard.sending.relay.hub import hub
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
        return JsonResponse({"error": messages.not_a_revision(raw)}, status=400)
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
    """The content of one module."""
    row = Module.objects.filter(sha256=sha256).first()
    if row is None:
        return JsonResponse({"error": messages.no_module(sha256)}, status=404)
    response = HttpResponse(bytes(row.content), content_type="application/octet-stream")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


@for_edges
@require_GET
def preview(request: HttpRequest, edge: Edge, label: str) -> HttpResponse:
    """The version at the preview URL `label`."""
    try:
        version = previews.find_preview(label)
    except previews.PreviewUnknown as error:
        return JsonResponse({"error": str(error)}, status=404)
    except DecryptionFailed:  # anyone may call a preview, so the secret is not named
        return JsonResponse({"error": messages.CANNOT_DECRYPT}, status=404)
    response = HttpResponse(snapshot.preview_to_json(version), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


@for_edges
@require_POST
def report(request: HttpRequest, edge: Edge) -> HttpResponse:
    """A report of the edge (`reports.Report`)."""
    try:
        reports.accept(edge, request.body)
    except reports.ReportInvalid as error:
        return JsonResponse({"error": str(error)}, status=400)
    return HttpResponse(status=204)


@for_edges
@require_POST
def invocations(request: HttpRequest, edge: Edge) -> HttpResponse:
    """A batch of access-log rows and counts. A repeated batch counts once.

    409 with `places`: the batch begins before them, and the edge must continue from there.
    """
    packed = request.headers.get("Content-Encoding") == "gzip"
    try:
        access_log.accept(edge, request.body, packed=packed)
    except BatchInvalid as error:
        return JsonResponse({"error": str(error)}, status=400)
    except OtherPlaces as other:
        return JsonResponse({"error": str(other), "places": other.places}, status=409)
    return HttpResponse(status=204)


@for_edges
@require_POST
def details(request: HttpRequest, edge: Edge) -> HttpResponse:
    """A batch of console lines and exceptions. A repeated detail is stored once."""
    packed = request.headers.get("Content-Encoding") == "gzip"
    try:
        worker_logs.accept(edge, request.body, packed=packed)
    except BatchInvalid as error:
        return JsonResponse({"error": str(error)}, status=400)
    return HttpResponse(status=204)


@for_edges
@require_POST
def relayed_answer(request: HttpRequest, edge: Edge, id: UUID) -> HttpResponse:
    """The answer to a request that this edge got over its socket; 404 if it comes too late."""
    packed = request.headers.get("Content-Encoding") == "gzip"
    try:
        body = decompress(request.body) if packed else request.body
        stored = relayed.answer(edge.pk, id, body)
    except (BatchInvalid, relayed.AnswerInvalid) as error:
        return JsonResponse({"error": str(error)}, status=400)
    if not stored:
        return JsonResponse({"error": messages.NOT_WAITING}, status=404)
    hub.wake()
    return HttpResponse(status=204)
