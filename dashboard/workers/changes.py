"""The forms that change the split. Each carries the deployment its reader believed to be live."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.gate import person, requires
from dashboard.accounts.models import Role
from dashboard.live.parts import sequence
from dashboard.observability.traffic import recent
from dashboard.ui.page import page, wants_fragment
from dashboard.ui.standing import Standing, phrase
from dashboard.workers import reads
from dashboard.workers.commands import deploy_commands
from dashboard.workers.proposal import PRESETS, Proposal, alone, button, move, propose
from routing.deploy import DeployConflict, DeployRefused, deploy
from routing.models import Version, Worker
from routing.rules.split import TOTAL, SplitRefused


@requires(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def split(request: HttpRequest, name: str) -> HttpResponse:
    """Stage at 0 %, step up, step down, promote: one version beside the stable one."""
    row = reads.row_of(get_object_or_404(Worker, name=name))
    asked = request.POST if request.method == "POST" else request.GET
    version = _chosen(row, asked.get("version", ""))
    if version is None or version == _stable(row):
        version = _candidate(row)
    if version is None:
        messages.warning(request, "There is no other version to set percentages for.")
        return redirect("workers:detail", name)
    text = asked.get("percentage", "").strip() or _start(row, version)
    context = _context(request, row, version) | {
        "percentage": text,
        "keep": "keep" in asked,
        "presets": PRESETS,
        "beside": _stable(row),
        "version_now": _now(row, version),
        "beside_now": _now(row, _stable(row)),
    }
    try:
        proposal = propose(version, text, _stable(row), row.standings, keep=context["keep"])
    except SplitRefused as error:
        context["refused"] = str(error)
        status = 422 if request.method == "POST" else 200
        return page(request, "workers/split.html", context, partial=_part(request), status=status)
    context |= {"words": button(row.standings, proposal)}
    return _finish(request, "workers/split.html", context | _consequence(row, proposal, context))


@requires(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def roll_back(request: HttpRequest, name: str) -> HttpResponse:
    """One earlier version at 100 %, with the reason."""
    row = reads.row_of(get_object_or_404(Worker, name=name))
    asked = request.POST if request.method == "POST" else request.GET
    version = _chosen(row, asked.get("version", "")) or _way_back(row)
    if version is None:
        messages.warning(request, "Nothing to roll back to: no other version was ever live.")
        return redirect("workers:detail", name)
    context = _context(request, row, version) | {
        "versions": _earlier(row, version),
        "words": f"Roll back to #{version.number}",
        "triggered_by": "rollback",
    }
    return _finish(
        request, "workers/rollback.html", context | _consequence(row, alone(version), context)
    )


def _finish(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """Shows the form, or does what it says."""
    if request.method != "POST":
        return page(request, template, context, partial=_part(request))
    worker: Worker = context["row"].worker
    proposal: Proposal = context["proposal"]
    try:
        deploy(
            worker=worker,
            shares=proposal.pairs,
            author=person(request),
            source="dashboard",
            message=context["message"],
            expected=context["expected"] or None,
            triggered_by=context.get("triggered_by", "deployment"),
            now=timezone.now(),
        )
    except DeployConflict as conflict:
        return _conflict(request, context, conflict)
    except DeployRefused as error:
        context |= {"refused": str(error)}
        return page(request, template, context, partial="form", status=422)
    messages.success(request, f"Live: {phrase(proposal.after).lower()}.", extra_tags="deployed")
    address = reverse("workers:detail", args=[worker.name])
    if wants_fragment(request):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _conflict(
    request: HttpRequest, context: dict[str, Any], conflict: DeployConflict
) -> HttpResponse:
    """Somebody deployed in between: what was opened, what is live, what was asked for."""
    row = reads.row_of(context["row"].worker)
    opened = reads.deployment_of(row.worker, context["expected"])
    context |= {"row": row, "opened": opened, "nothing_was_live": not context["expected"]}
    return page(request, "workers/conflict.html", context, partial="conflict-form", status=409)


def _part(request: HttpRequest) -> str:
    """The dialog asks for the whole form, the form for its consequence only."""
    target: str | None = request.htmx.target  # type: ignore[attr-defined]  # by its middleware
    return "form" if target == "dialog" else "after"


def _context(request: HttpRequest, row: reads.Row, version: Version) -> dict[str, Any]:
    """What both forms hold. `expected` is what the reader saw, not what is live meanwhile."""
    sent = request.POST if request.method == "POST" else request.GET
    return {
        "row": row,
        "version": version,
        "message": sent.get("message", "").strip(),
        "expected": sent.get("expected", "" if request.method == "POST" else _id(row)),
        "again": request.path,
        "sequence": sequence(),
    }


def _consequence(row: reads.Row, proposal: Proposal, context: dict[str, Any]) -> dict[str, Any]:
    commands = deploy_commands(
        row.worker, proposal.pairs, context["message"], context["expected"] or "none"
    )
    traffic = recent([row.worker.name]).get(row.worker.name)
    moves = move(row.standings, proposal, context["version"])
    stays = {s.version.pk for s in proposal.after}
    everything = round(traffic.per_minute) if traffic else 0
    impact = {
        "all": everything,
        "moved": round(everything * moves.weight / TOTAL),
        "moved_in_all": round(everything * moves.all / TOTAL),
    }
    return {
        "proposal": proposal,
        "commands": commands,
        "move": moves,
        "impact": impact if everything else None,
        "leaving": [s for s in row.standings if s.version.pk not in stays and not s.is_stable],
    }


def _chosen(row: reads.Row, text: str) -> Version | None:
    try:
        return row.worker.versions.filter(id=UUID(text)).first()
    except ValueError:
        return None


def _stable(row: reads.Row) -> Version | None:
    return row.standings[-1].version if row.standings else None


def _candidate(row: reads.Row) -> Version | None:
    """The live candidate; without one, the newest version that is not live."""
    if row.standings and not row.standings[0].is_stable:
        return row.standings[0].version
    live = [s.version.pk for s in row.standings]
    return row.worker.versions.exclude(pk__in=live).newest_first().first()


def _start(row: reads.Row, version: Version) -> str:
    """The percentage that the form opens with: the live one, else 0, or 100 for the first."""
    for standing in row.standings:
        if standing.version.pk == version.pk:
            return standing.percentage.rstrip("%")
    return "0" if row.standings else "100"


def _way_back(row: reads.Row) -> Version | None:
    """The stable version while another one is live; else the last other one that held 100 %."""
    if len(row.standings) > 1 and not row.standings[0].weight == 0:
        return row.standings[-1].version
    if row.standings and row.standings[0].word == "Previous":
        return row.standings[0].version
    return reads.last_stable_before(row)


def _earlier(row: reads.Row, chosen: Version) -> list[tuple[str, tuple[Standing, ...]]]:
    """The versions to choose from, newest first: of the last hundred, those that were deployed
    before, and earlier ones that never were."""
    uploads, _ = reads.uploads(row.worker, row.standings)
    newest = max((s.version.number for s in row.standings), default=0)
    found = [u.standing for u in uploads if u.standing.weight != TOTAL]
    deployed, never = list[Standing](), list[Standing]()
    for s in found:
        if s.role != "never" or s.version.pk == chosen.pk:
            deployed.append(s)
        elif s.version.number < newest:
            never.append(s)
    return [("Deployed before", tuple(deployed)), ("Never deployed", tuple(never))]


def _now(row: reads.Row, version: Version | None) -> str:
    """The percentage that it has; nothing when it is not live."""
    return next((s.percentage for s in row.standings if s.version == version), "")


def _id(row: reads.Row) -> str:
    return str(row.deployment.id) if row.deployment else ""
