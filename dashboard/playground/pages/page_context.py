"""What the playground's page shows about one request: before it is sent, and beside its answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import Truncator

from dashboard.accounts.models import Role as PersonRole
from dashboard.accounts.permissions import Permission, permission, person
from dashboard.fleet.version_roles import HEAVY, Role, Standing
from dashboard.observability.queries.health import Health, unwell_processes
from dashboard.overrides.carry import Carrier
from dashboard.playground.models import Entry, Saved
from dashboard.playground.predict.call_graph import Reached, reached_from
from dashboard.playground.predict.override_diagnosis import Diagnosis, diagnose
from dashboard.playground.predict.predict import Lines, Prediction, live_versions, predict
from dashboard.playground.request.code_export import exports
from dashboard.playground.request.typed_request import METHODS, READS, TypedRequest
from dashboard.playground.send import history
from dashboard.sending.wire_request import proof_edges
from dashboard.variables.models import Variable
from routing.control.addresses.listed import production_addresses
from routing.control.publish import hostname
from routing.models import Deployment, Version, Worker, deployable

TEMPLATE = "playground/playground.html"
BODY_KINDS = (("text", "Text"), ("json", "JSON"), ("form", "Form"), ("file", "File"))


#: Marks of roles in a text, where no picture can be.
_MARKS = {Role.STABLE: "■", Role.CANDIDATE: "◆", Role.STAGED: "◇"}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """The versions of one Worker in the override builder, and the picked one's id."""

    name: str
    picked: str
    live: list[Standing]
    others: list[Version]
    reached: Reached | None = None

    @property
    def live_options(self) -> list[Option]:
        return [self._option(s.version, _live_label(s)) for s in self.live]

    @property
    def other_options(self) -> list[Option]:
        return [self._option(v, f"○ #{v.number} {v.short_id} {_short_tag(v)}") for v in self.others]

    def _option(self, version: Version, label: str) -> Option:
        return Option(str(version.id), label, str(version.id) == self.picked)


@dataclass(frozen=True)
class Forecast:
    """What the rules say about a request, Worker by Worker."""

    worker: Worker
    typed: TypedRequest
    can: Permission
    standings: list[Standing]
    reached: list[Reached]
    prediction: Prediction
    unhealthy: list[tuple[Standing, Health]]
    diagnoses: list[Diagnosis]


@dataclass(frozen=True)
class PlaygroundPage(Forecast):
    """The whole page. What an import or a link adds has a default."""

    workers: list[str]
    #: Names of the edges that run the Worker; a choice where there is more than one.
    edges_running: list[str]
    hostname: str
    #: (host name, pattern or host name) of the Worker's addresses; a choice where there are more.
    addresses: list[tuple[str, str]]
    choices: list[Choices]
    rpc_only: list[Reached]
    exports: list[tuple[str, str]]
    variables: list[Variable]
    entries: list[Entry]
    shared: list[Saved]
    methods: tuple[str, ...] = METHODS
    reads: tuple[str, ...] = READS
    body_kinds: tuple[tuple[str, str], ...] = BODY_KINDS
    exports_open: bool = False
    #: From a link: the saved request, and whether the address names one request.
    saved: Saved | None = None
    from_link: bool = False
    #: From a curl command.
    imported: bool = False
    notes: list[str] = field(default_factory=list)
    import_failed: str = ""
    import_text: str = ""


def forecast(request: HttpRequest, worker: Worker, typed: TypedRequest) -> Forecast:
    """What would happen to the request, and where its override breaks."""
    deployment, standings = live_versions(worker)
    reached = reached_from(worker)
    lines = _lines_as_sent(request, typed)
    prediction = predict(worker.name, lines, deployment, standings, typed.host)
    return Forecast(
        worker=worker,
        typed=typed,
        can=permission(request.user, PersonRole.OPERATOR),
        standings=standings,
        reached=reached,
        prediction=prediction,
        unhealthy=_unhealthy(prediction),
        diagnoses=_diagnoses(typed, lines, prediction, deployment, reached),
    )


def playground_page(request: HttpRequest, worker: Worker, typed: TypedRequest) -> PlaygroundPage:
    """The page with this request in its form."""
    start = forecast(request, worker, typed)
    return PlaygroundPage(
        **vars(start),
        workers=list(Worker.objects.values_list("name", flat=True)),
        edges_running=sorted(edge.name for edge in proof_edges(worker.name)),
        hostname=typed.host or hostname(worker.name),
        addresses=[(one.host, one.text) for one in production_addresses(worker)],
        choices=_choices(start),
        rpc_only=[r for r in start.reached if r.rpc_only],
        exports=exports(typed),
        variables=list(Variable.objects.filter(worker=worker.name)),
        **vars(history.shelf(person(request))),
    )


def _lines_as_sent(request: HttpRequest, typed: TypedRequest) -> Lines:
    """The header lines, with the permission that an override of a protected Worker needs."""
    lines = tuple(typed.filled.lines)
    if not typed.filled.override:
        return lines
    return Carrier.of(person(request).username, timezone.now()).completed(lines)


def _unhealthy(prediction: Prediction) -> list[tuple[Standing, Health]]:
    """Versions that may answer and whose process is unhealthy."""
    unwell = unwell_processes({str(standing.version.id) for standing in prediction.answers})
    answers = ((standing, str(standing.version.id)) for standing in prediction.answers)
    return [(standing, unwell[pk]) for standing, pk in answers if pk in unwell]


def _choices(start: Forecast) -> list[Choices]:
    typed, worker = start.typed, start.worker
    first = Choices(worker.name, typed.version, start.standings, _others(worker, start.standings))
    return [first] + [
        Choices(r.name, typed.picks.get(r.name, ""), r.standings, [], r)
        for r in start.reached
        if not r.rpc_only
    ]


def _live_label(standing: Standing) -> str:
    version, mark = standing.version, _MARKS.get(standing.role, "○")
    tag = _short_tag(version)
    return f"{mark} {standing.word} {version.short_id} {tag} {standing.percentage}"


def _short_tag(version: Version) -> str:
    return Truncator(version.tag).chars(24)


def _others(worker: Worker, standings: list[Standing]) -> list[Version]:
    ids = [s.version.pk for s in standings]
    return list(deployable([worker]).exclude(pk__in=ids).defer(*HEAVY))


def _diagnoses(
    typed: TypedRequest,
    lines: Lines,
    prediction: Prediction,
    deployment: Deployment | None,
    reached: list[Reached],
) -> list[Diagnosis]:
    names = frozenset(r.name for r in reached)
    own = diagnose(typed.worker, prediction, deployment, names)
    if not typed.filled.override or own.outcome == "invalid_header":
        return [own]
    return [own, *(_behind(r, lines) for r in reached if not r.rpc_only)]


def _behind(reached: Reached, lines: Lines) -> Diagnosis:
    """At a Worker behind this one, if its caller passes the header on."""
    prediction = predict(reached.name, lines, reached.deployment, reached.standings)
    return diagnose(reached.name, prediction, reached.deployment, frozenset())
