"""The agents' endpoints. The other end is `routing.agent.control_plane`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.strangers.client_address import client_of
from dashboard.edges import messages
from dashboard.edges.protocol import certificates, reports
from dashboard.edges.protocol.auth import for_edges, token_of, unauthorized, without_session
from dashboard.edges.registry.join import JoinRefused, join
from dashboard.edges.registry.tokens import is_renewal_due, renew
from dashboard.events import rows as events
from dashboard.misbehavior import wait_for_propagation
from dashboard.observability.ingest import access_log, worker_logs
from dashboard.observability.ingest.batch_body import BatchInvalid, decompress
from dashboard.observability.ingest.counts import OtherPlaces
from dashboard.sending.relay import rows as relayed
from dashboard.sending.relay.hub import hub
from routing.control import edge_documents, previews
from routing.models import Edge
from routing.secret_encryption import DecryptionFailed

MOST_ASSETS = 500
"""In one request."""

_Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class _Assets(msgspec.Struct):
    sha256: Annotated[list[_Hash], msgspec.Meta(max_length=MOST_ASSETS)]


@for_edges
@require_GET
def desired(request: HttpRequest, edge: Edge) -> HttpResponse:
    """`?since=N`: the snapshot, whole or changed since N; 204 when N is the newest revision."""
    raw = request.GET.get("since", "0")
    if not raw.isascii() or not raw.isdigit():
        return JsonResponse({"error": messages.not_a_revision(raw)}, status=400)
    wait_for_propagation(timezone.now())
    body = edge_documents.snapshot_for(edge, int(raw))
    return HttpResponse(status=204) if body is None else _unstored(body)


@for_edges
@require_GET
def module(request: HttpRequest, edge: Edge, sha256: str) -> HttpResponse:
    """The content of one module of a Worker that this edge's group runs."""
    return _content(edge_documents.module_for(edge, sha256), messages.no_module(sha256))


@for_edges
@require_GET
def asset(request: HttpRequest, edge: Edge, sha256: str) -> HttpResponse:
    """A file, or the manifest, of static assets of a Worker that this edge's group runs."""
    return _content(edge_documents.asset_for(edge, sha256), messages.no_asset(sha256))


@for_edges
@require_POST
def assets(request: HttpRequest, edge: Edge) -> HttpResponse:
    """Files of static assets as msgpack, {sha256: content}: those of the request's `sha256`, at
    most `MOST_ASSETS`, that this edge may have."""
    try:
        asked = msgspec.json.decode(request.body, type=_Assets).sha256
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=400)
    contents = edge_documents.assets_for(edge, asked)
    return _unstored(msgspec.msgpack.encode(contents), "application/msgpack")


@for_edges
@require_GET
def preview(request: HttpRequest, edge: Edge, label: str) -> HttpResponse:
    """The version at the preview URL `label`."""
    try:
        body = edge_documents.preview_for(edge, label)
    except previews.PreviewUnknown as error:
        return JsonResponse({"error": str(error)}, status=404)
    except DecryptionFailed:  # anyone may call a preview, so the secret is not named
        return JsonResponse({"error": messages.CANNOT_DECRYPT}, status=404)
    return _unstored(body)


@for_edges
@require_POST
def report(request: HttpRequest, edge: Edge) -> HttpResponse:
    """A report of the edge (`reports.Report`).

    The answer has what the agent has to know of its edge; agents of earlier releases get none.
    """
    now = timezone.now()
    try:
        accepted = reports.accept(edge, request.body, client_of(request))
    except reports.ReportInvalid as error:
        return JsonResponse({"error": str(error)}, status=400)
    if not accepted.agent.instance:
        return HttpResponse(status=204)
    answer = {
        "time": now.timestamp(),
        "name": edge.name,
        "is_draining": edge.draining_at is not None,
        "renew_token": is_renewal_due(edge, token_of(request), now),
    }
    return JsonResponse(answer)


@without_session
@require_POST
def join_edge(request: HttpRequest) -> HttpResponse:
    """Exchanges a join token for the agent's own credentials. Repeatable."""
    authorization = request.headers.get("Authorization", "")
    try:
        certificates.certificate_name(request.headers)
        edge = join(authorization, request.body, timezone.now())
    except certificates.CertificateRefused as error:
        return JsonResponse({"error": str(error), "code": error.code}, status=403)
    except JoinRefused as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            return unauthorized(request, str(error), "join_refused")
        return JsonResponse({"error": str(error), "code": "join_refused"}, status=error.status)
    return JsonResponse({"name": edge.name, "group": edge.group})


@for_edges
@require_POST
def renew_token(request: HttpRequest, edge: Edge) -> HttpResponse:
    """A new token, sealed to the edge's key. 403 if none is due."""
    sealed = renew(edge, token_of(request), timezone.now())
    if sealed is None:
        return JsonResponse({"error": messages.RENEWAL_NOT_DUE}, status=403)
    return JsonResponse({"sealed_token": sealed})


@for_edges
@require_POST
def invocations(request: HttpRequest, edge: Edge) -> HttpResponse:
    """A batch of access-log rows and counts. A repeated batch counts once.

    409 with `places`: the batch begins before them, and the edge must continue from there.
    """
    try:
        access_log.accept(edge, request.body, packed=_is_packed(request))
    except BatchInvalid as error:
        return JsonResponse({"error": str(error)}, status=400)
    except OtherPlaces as other:
        return JsonResponse({"error": str(other), "places": other.places}, status=409)
    return HttpResponse(status=204)


@for_edges
@require_POST
def details(request: HttpRequest, edge: Edge) -> HttpResponse:
    """A batch of console lines and exceptions. A repeated detail is stored once."""
    try:
        worker_logs.accept(edge, request.body, packed=_is_packed(request))
    except BatchInvalid as error:
        return JsonResponse({"error": str(error)}, status=400)
    return HttpResponse(status=204)


@for_edges
@require_POST
def relayed_answer(request: HttpRequest, edge: Edge, id: UUID) -> HttpResponse:
    """The answer to a request that this edge got over its socket; 404 if it comes too late."""
    try:
        body = decompress(request.body) if _is_packed(request) else request.body
        stored = relayed.answer(edge.pk, id, body)
    except (BatchInvalid, relayed.AnswerInvalid) as error:
        return JsonResponse({"error": str(error)}, status=400)
    if not stored:
        return JsonResponse({"error": messages.NOT_WAITING}, status=404)
    hub.wake()
    return HttpResponse(status=204)


@for_edges
@require_POST
def event_answer(request: HttpRequest, edge: Edge, id: UUID) -> HttpResponse:
    """What became of an event that this edge got over its socket; 404 if it comes too late."""
    try:
        body = decompress(request.body) if _is_packed(request) else request.body
        stored = events.answer(edge.pk, id, body, timezone.now())
    except (BatchInvalid, events.AnswerInvalid) as error:
        return JsonResponse({"error": str(error)}, status=400)
    if not stored:
        return JsonResponse({"error": messages.NOT_WAITING}, status=404)
    return HttpResponse(status=204)


def _content(content: bytes | None, missing: str) -> HttpResponse:
    """Named by its hash, so it never changes."""
    if content is None:
        return JsonResponse({"error": missing}, status=404)
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _is_packed(request: HttpRequest) -> bool:
    return request.headers.get("Content-Encoding") == "gzip"


def _unstored(body: bytes, content_type: str = "application/json") -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    response["Cache-Control"] = "no-store"
    return response
