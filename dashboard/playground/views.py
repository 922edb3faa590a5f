"""The playground's page: compose, predict, send, prove."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts.gate import permission
from dashboard.accounts.models import Role
from dashboard.playground import proof as proofs
from dashboard.playground.compose import METHODS, READS, Composed, compose
from dashboard.playground.predict import predict
from dashboard.playground.send import SendFailed, proof_edge, send
from dashboard.ui.page import page
from dashboard.ui.standing import HEAVY, Standing, of, with_standings
from routing.models import DEPLOYABLE, Deployment, Worker
from routing.publish import hostname
from routing.rules.override import addressable

TEMPLATE = "playground/playground.html"

#: Fields whose values may be secrets and never belong in an error report.
PRIVATE = ("headers", "body", "key")


@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def playground(request: HttpRequest) -> HttpResponse:
    """The page with its presets; by POST, the answer."""
    sent = request.POST if request.method == "POST" else request.GET
    worker = _worker(sent.get("worker", ""))
    if worker is None:
        return page(request, TEMPLATE, {"workers": []})
    context = _context(request, worker, compose(worker.name, sent.dict()))
    if request.method == "GET":
        return page(request, TEMPLATE, context)
    if failed := _refusal(context):
        return page(request, TEMPLATE, context | {"failed": failed}, partial="answer", status=422)
    if context["asked"].acts and not context["can"].allowed:
        why = ("Not sent", f"Viewers send GET and HEAD. {context['can'].why}")
        return page(request, TEMPLATE, context | {"failed": why}, partial="answer", status=403)
    return page(request, TEMPLATE, context | _sent(context), partial="answer")


@sensitive_post_parameters(*PRIVATE)
@require_POST
def verdict(request: HttpRequest) -> HttpResponse:
    """What would happen to the request as it is typed so far."""
    worker = get_object_or_404(Worker, name=request.POST.get("worker", ""))
    context = _context(request, worker, compose(worker.name, request.POST.dict()))
    return page(request, TEMPLATE, context, partial="verdict")


@require_GET
def proof(request: HttpRequest, ray: str) -> HttpResponse:
    """Another look at the log for a request that was sent before."""
    expected = proofs.recall(request.GET.get("expected", ""))
    worker = _worker(request.GET.get("worker", "")) if expected else None
    if worker is None or expected is None or expected.worker != worker.name:
        raise Http404
    found = proofs.find(ray, worker.name)
    live = _live(worker)[1]
    context = {
        "worker": worker,
        "ray": ray,
        "remembered": request.GET.get("expected", ""),
        "proof": proofs.prove(found, expected, live) if found else None,
    }
    return page(request, "playground/proof.html", context, partial="proof")


def _sent(context: dict[str, Any]) -> dict[str, Any]:
    """Sends it; the answer and the edge's log line about it, or why there is none."""
    expected = context["prediction"].expected
    try:
        answer = send(context["asked"], proof_edge())
    except SendFailed as error:
        return {"failed": (error.title, str(error))}
    found = proofs.find(answer.ray, context["worker"].name)
    return {
        "answer": answer,
        "ray": answer.ray,
        "remembered": proofs.remember(expected),
        "proof": proofs.prove(found, expected, context["standings"]) if found else None,
    }


def _refusal(context: dict[str, Any]) -> tuple[str, str] | None:
    errors = context["asked"].errors
    return ("Not sent", " ".join(errors.values())) if errors else None


def _context(request: HttpRequest, worker: Worker, asked: Composed) -> dict[str, Any]:
    deployment, standings = _live(worker)
    return {
        "workers": Worker.objects.values_list("name", flat=True),
        "worker": worker,
        "hostname": hostname(worker.name),
        "addressable": addressable(worker.name),
        "asked": asked,
        "standings": standings,
        "others": _others(worker, standings),
        "prediction": predict(asked, deployment, standings),
        "methods": METHODS,
        "reads": READS,
        "can": permission(request.user, Role.OPERATOR),
    }


def _worker(name: str) -> Worker | None:
    """The named Worker; without a name the first one that there is."""
    if name:
        return get_object_or_404(Worker, name=name)
    return Worker.objects.first()


def _live(worker: Worker) -> tuple[Deployment | None, list[Standing]]:
    deployment = with_standings(worker.deployments.newest_first()).first()
    return deployment, of(deployment) if deployment else []


def _others(worker: Worker, live: list[Standing]) -> Any:
    ids = [s.version.pk for s in live]
    return worker.versions.exclude(pk__in=ids).defer(*HEAVY).newest_first()[:DEPLOYABLE]
