"""What a run sends: each check through each edge, pinned to the version under test."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from django.utils import timezone

from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.overrides.carry import Carrier
from dashboard.sending.redaction import MASK
from dashboard.sending.wire_request import (
    OVERRIDES,
    VERSION_KEY,
    Address,
    SendFailed,
    WireRequest,
    address_of,
    proof_edges,
)
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.suites.document import Check
from dashboard.variables.names import fill
from dashboard.variables.store import all_values
from routing.control.addresses.listed import production_host
from routing.control.deploy import active_deployment
from routing.models import Version, Worker
from routing.rules.header.fields import as_sent

CANDIDATE = "candidate"
"""In a check's overrides: the version of that Worker that is not stable."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TARGET = "/?:@!$&'()*+,;=%-._~[]"


class CannotRun(Exception):
    """Nothing was sent; the message says why."""


class CannotSend(Exception):
    """One check cannot be sent; the message says why."""


@dataclass(frozen=True, slots=True)
class Side:
    """A version and the texts that name it in its own answers: id, tag, time of upload."""

    id: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One check through one edge, not yet built: a body may be large, and jobs are many."""

    position: int
    check: Check
    edge: str
    address: Address


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run sends. `stable` is the other version of the deployment, if there is one;
    `carrier` adds the permissions that its overrides need."""

    worker: str
    subject: Side
    stable: Side | None
    edges: tuple[tuple[str, Address], ...]
    checks: tuple[Check, ...]
    candidates: Mapping[str, str]
    values: Mapping[str, str]
    secrets: tuple[str, ...]
    carrier: Carrier
    #: Of the requests.
    host: str = ""

    def jobs(self) -> Iterator[Job]:
        """Scripts aside, each check through each edge."""
        for position, check in enumerate(self.checks):
            if not check.script:
                for edge, address in self.edges:
                    yield Job(position, check, edge, address)

    @property
    def total(self) -> int:
        return sum(1 if check.script else len(self.edges) for check in self.checks)

    def wire(self, job: Job) -> WireRequest:
        """The request of a job, for the version under test. Raises `CannotSend`."""
        request = job.check.request
        errors: dict[str, str] = {}
        path = fill(request.path, self.values, errors)
        named = {n: fill(v, self.values, errors) for n, v in request.headers.items()}
        key, body = fill(request.key, self.values, errors), fill(request.body, self.values, errors)
        if problem := errors.get("variables", "") or _problem(path, key, body, named):
            raise CannotSend(problem)
        lines = [(name, as_sent(value)) for name, value in named.items()]
        if overrides := self._overrides(job.check):
            lines.append((OVERRIDES, as_sent(overrides)))
        if key:
            lines.append((VERSION_KEY, as_sent(key)))
        target = quote(path, safe=_TARGET).encode("ascii")
        content = body.encode("utf-8", "replace")
        wire = WireRequest(
            self.worker,
            request.method,
            target,
            tuple(lines),
            content,
            job.edge,
            job.address,
            host=self.host,
        )
        return self.carrier.carried(wire).pinned_to(self.subject.id)

    def _overrides(self, check: Check) -> str:
        """Members of the override header for Workers behind this one."""
        overrides = check.request.overrides.items()
        return ", ".join(
            f'{name}="{self.candidates[name] if version == CANDIDATE else version}"'
            for name, version in overrides
        )


def plan_of(run: SmokeRun) -> Plan:
    """What the run sends, in a constant number of queries. Raises `CannotRun`."""
    worker = run.version.worker
    edges = proof_edges(worker.name)
    if not edges:
        raise CannotRun("No edge is connected.")
    try:
        addresses = tuple((edge.name, address_of(edge)) for edge in edges)
    except SendFailed as error:
        raise CannotRun(str(error)) from error
    checks = run.edit.content.checks
    values, secrets = all_values(worker.name)
    return Plan(
        worker=worker.name,
        subject=_side(run.version),
        stable=_other_version(run),
        edges=addresses,
        checks=checks,
        candidates=_candidates(checks),
        values=values,
        secrets=secrets,
        carrier=Carrier.of(run.author.username if run.author else "system", timezone.now()),
        host=production_host(worker),
    )


def _other_version(run: SmokeRun) -> Side | None:
    """What the version under test is compared with: the other one of the active deployment."""
    worker = run.version.worker
    active = active_deployment(worker)
    standings = roles_of_deployment(active) if active else []
    if run.version_id not in {standing.version.pk for standing in standings}:
        raise CannotRun(
            f"#{run.version.number} is not in the active deployment of {worker.name}, so no "
            "override reaches it. Stage it at 0%."
        )
    others = [s.version for s in standings if s.version.pk != run.version_id]
    return _side(others[0]) if others else None


def _side(version: Version) -> Side:
    uploaded = version.created_on.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    name = str(version.id)
    return Side(name, (name, name[:8], version.tag, uploaded))


def _candidates(checks: tuple[Check, ...]) -> dict[str, str]:
    """The candidate of each Worker whose candidate a check asks for."""
    first_checks: dict[str, str] = {}
    for check in checks:
        for name, version in check.request.overrides.items():
            if version == CANDIDATE:
                first_checks.setdefault(name, check.name)
    return {name: _candidate_of(name, check) for name, check in first_checks.items()}


def _candidate_of(name: str, check: str) -> str:
    worker = Worker.objects.filter(name=name).first()
    deployment = active_deployment(worker) if worker else None
    candidates = (
        [s for s in roles_of_deployment(deployment) if not s.is_stable] if deployment else []
    )
    if not candidates:
        raise CannotRun(f"{check}: {name} has no candidate in its active deployment.")
    return str(candidates[0].version.id)


def _problem(path: str, key: str, body: str, headers: Mapping[str, str]) -> str:
    """Why a request with its variables filled in cannot be sent; empty when it can."""
    if any(MASK in text for text in (path, key, body, *headers.values())):
        return f"{MASK} stands for a secret that was not stored. Write {{{{name}}}} in its place."
    if not path.startswith("/") or _CONTROL.search(path):
        return "request.path: with its variables filled in it is no path."
    wrong = [name for name, value in headers.items() if _CONTROL.search(value)]
    if wrong or _CONTROL.search(key):
        place = f"request.headers.{wrong[0]}" if wrong else "request.key"
        return f"{place}: with its variables filled in it has a control character."
    return ""
