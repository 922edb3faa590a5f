"""Everything the page shows about one request, before and after it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person
from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.fleet.version_roles import HEAVY, Standing
from dashboard.observability.queries.health import Health, unwell_processes
from dashboard.overrides.carry import Carrier
from dashboard.playground.models import Entry, Saved
from dashboard.playground.predict.call_graph import Reached, reached_from
from dashboard.playground.predict.doctor import Diagnosis, diagnose
from dashboard.playground.predict.predict import Prediction, predict
from dashboard.playground.request.code_export import exports
from dashboard.playground.request.compose import METHODS, READS, Composed
from dashboard.playground.request.redirects import own_place
from dashboard.playground.send import history, proof as proofs, trace_steps
from dashboard.playground.send.version_in_body import said
from dashboard.sending.answer import Answer
from dashboard.sending.wire_request import Lines
from dashboard.smoketests.assertions import Received, Result, results_of
from dashboard.smoketests.models import SuiteEdit
from dashboard.smoketests.suites.document import Check
from dashboard.variables.models import Variable
from routing.control.deploy import active_deployment
from routing.control.publish import hostname
from routing.models import Deployment, Invocation, Version, Worker, deployable
from routing.rules.header.fields import lines_named
from routing.rules.permissions.permission import PERMISSION

TEMPLATE = "playground/playground.html"
BODY_KINDS = (("text", "Text"), ("json", "JSON"), ("form", "Form"), ("file", "File"))


@dataclass(frozen=True, slots=True)
class Row:
    """One Worker in the override builder."""

    name: str
    picked: str
    live: list[Standing]
    others: list[Version]
    reached: Reached | None = None


def context(request: HttpRequest, worker: Worker, asked: Composed) -> dict[str, Any]:
    """The request, what the rules predict, and what is kept beside it."""
    deployment, standings = live(worker)
    reached = reached_from(worker)
    lines = lines_as_sent(request, asked)
    prediction = predict(worker.name, lines, deployment, standings)
    asked.needs_permission = _needs_permission(worker, asked)
    return {
        "workers": Worker.objects.values_list("name", flat=True),
        "worker": worker,
        "hostname": hostname(worker.name),
        "asked": asked,
        "standings": standings,
        "rows": _rows(worker, asked, standings, reached),
        "rpc_only": [r for r in reached if r.rpc_only],
        "prediction": prediction,
        "unhealthy": _unhealthy(prediction),
        "diagnoses": _diagnoses(asked, lines, prediction, deployment, reached),
        "methods": METHODS,
        "reads": READS,
        "body_kinds": BODY_KINDS,
        "can": permission(request.user, Role.OPERATOR),
        "exports": exports(asked),
        "variables": list(Variable.objects.filter(worker=worker.name)),
        **kept(request),
    }


def _unhealthy(prediction: Prediction) -> list[tuple[Standing, Health]]:
    """The versions that may answer and whose process is not well, with the reason."""
    found = unwell_processes({str(standing.version.id) for standing in prediction.answers})
    return [(s, found[str(s.version.id)]) for s in prediction.answers if str(s.version.id) in found]


def lines_as_sent(request: HttpRequest, asked: Composed) -> Lines:
    """The header lines with the permission that goes along, if the override needs one."""
    lines = tuple(asked.filled.lines)
    if not asked.filled.override:
        return lines
    return Carrier.of(person(request).username, timezone.now()).completed(lines)


def _needs_permission(worker: Worker, asked: Composed) -> bool:
    typed = lines_named(PERMISSION, asked.lines)
    return worker.overrides_protected and bool(asked.override) and not typed


def kept(request: HttpRequest) -> dict[str, Any]:
    """The lists beside the request."""
    return {
        "entries": history.latest(person(request)),
        "shared": list(Saved.objects.select_related("made_by").defer("request")[:100]),
    }


def outcome(
    entry: Entry, asked: Composed, answer: Answer, found: Invocation | None
) -> dict[str, Any]:
    """The answer, the edge's log line about it, the trail behind it, and the saved check."""
    expected = history.expected_of(entry)
    worker = Worker.objects.filter(name=entry.worker).first()
    standings = live(worker)[1] if worker else []
    proof = proofs.prove(found, expected, standings) if found else None
    ran = found.version_id if found else ""
    own = frozenset(str(i) for i in worker.versions.values_list("id", flat=True)) if worker else ()
    results = _results(asked, answer)
    return {
        "entry": entry,
        "answer": answer,
        "ray": answer.ray,
        "remembered": proofs.remember(expected),
        "proof": proof,
        "trail": trace_steps.trail(answer.ray),
        "said": said(answer, ran, frozenset(own)) if ran else None,
        "results": results,
        "passed": sum(r.passed for r in results),
        "follow": _follow(answer, entry),
    }


def live(worker: Worker) -> tuple[Deployment | None, list[Standing]]:
    """The active deployment and how its versions stand."""
    deployment = active_deployment(worker)
    return deployment, roles_of_deployment(deployment) if deployment else []


def _rows(
    worker: Worker, asked: Composed, standings: list[Standing], reached: list[Reached]
) -> list[Row]:
    first = Row(worker.name, asked.version, standings, _others(worker, standings))
    return [first] + [
        Row(r.name, asked.picks.get(r.name, ""), r.standings, [], r)
        for r in reached
        if not r.rpc_only
    ]


def _others(worker: Worker, standings: list[Standing]) -> list[Version]:
    ids = [s.version.pk for s in standings]
    return list(deployable([worker]).exclude(pk__in=ids).defer(*HEAVY))


def _diagnoses(
    asked: Composed,
    lines: Lines,
    prediction: Prediction,
    deployment: Deployment | None,
    reached: list[Reached],
) -> list[Diagnosis]:
    names = frozenset(r.name for r in reached)
    found = [diagnose(asked.worker, prediction, deployment, names)]
    if asked.filled.override and found[0].outcome != "invalid_header":
        found += [_behind(r, lines) for r in reached if not r.rpc_only]
    return found


def _behind(reached: Reached, lines: Lines) -> Diagnosis:
    """At a Worker that is called with the same header, if its caller passes it on."""
    prediction = predict(reached.name, lines, reached.deployment, reached.standings)
    return diagnose(reached.name, prediction, reached.deployment, frozenset())


def _results(asked: Composed, answer: Answer) -> list[Result]:
    """The answer against the check that this saved request is, if it is one."""
    saved = Saved.objects.filter(pk=asked.saved).first() if asked.saved else None
    check = check_of_saved(saved) if saved else None
    if check is None:
        return []
    stamp = answer.stamps.get("version", "")
    received = Received(answer.status, answer.headers, answer.body, answer.elapsed_ms, stamp)
    return results_of(check, received)


def check_of_saved(saved: Saved) -> Check | None:
    """The check in the newest edit of its suite; None where it is none or was removed there."""
    if saved.suite_id is None or not saved.check_name:
        return None
    edit = SuiteEdit.objects.filter(suite=saved.suite_id).first()
    checks = edit.content.checks if edit else ()
    return next((check for check in checks if check.name == saved.check_name), None)


def _follow(answer: Answer, entry: Entry) -> dict[str, str] | None:
    """Where a redirect leads, if that is a Worker of ours: a link, never followed by itself."""
    if not 300 <= answer.status < 400:
        return None
    return own_place(answer.header("location"), entry.worker, entry.path)
