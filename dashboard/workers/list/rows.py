"""The rows of the list of Workers, in a constant number of queries.

All Workers are read to sort them, though a page has fifty. So rows are plain: only the ids of
active deployments are queried each time; the deployments themselves are cached and never change.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.accounts.models import User
from dashboard.fleet.active_deployments import active_deployments
from dashboard.fleet.deployment_cache import CachedDeployment, cached_deployments
from dashboard.fleet.version_roles import Standing
from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.observability.queries.health import Health, unwell
from dashboard.observability.queries.sparkline import Spark
from dashboard.observability.queries.traffic import Recent, recent
from dashboard.workers.list.search import SearchResult, search_workers
from dashboard.workers.queries.timeline import WorkerState, state_of
from routing.control.publish import hostname
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class RowLabel:
    """What the list shows of a Worker beside its traffic and its age: the same until it changes."""

    worker: str
    host: str
    matched_number: int | None
    state: WorkerState
    ill: Health | None
    sick: Standing | None
    message: str
    standings: tuple[Standing, ...]


@dataclass(slots=True)
class ListRow:
    """A Worker in the list. `deployed`: None before its first deployment. `matched_number`: the
    version that the search matched. `by`: who deployed, possibly a machine account."""

    name: str
    subdomain_enabled: bool
    deployed: CachedDeployment | None
    state: WorkerState
    matched_number: int | None = None
    ill: Health | None = None
    sick: Standing | None = None
    recent: Recent | None = None
    spark: Spark | None = None
    by: str = ""
    by_machine: bool = False

    @property
    def standings(self) -> tuple[Standing, ...]:
        return self.deployed.standings if self.deployed else ()

    @property
    def per_minute(self) -> float:
        return self.recent.per_minute if self.recent else 0.0

    @property
    def error_rate(self) -> float:
        """The share that fails at least: so that few requests are compared fairly with many."""
        if self.recent is None or not self.recent.failed:
            return 0.0
        return FailureRate(self.recent.failed, self.recent.requests).interval.low

    @property
    def kinds(self) -> list[str]:
        """The states that filters know: one that ramps and is unhealthy is both."""
        return [self.state.kind, "unhealthy"] if self.ill else [self.state.kind]

    @property
    def label(self) -> RowLabel:
        return RowLabel(
            self.name,
            # Empty when its name is switched off: only other Workers call it.
            hostname(self.name) if self.subdomain_enabled else "",
            self.matched_number,
            self.state,
            self.ill,
            self.sick,
            self.deployed.message if self.deployed else "",
            self.standings,
        )

    @property
    def order(self) -> int:
        """Those that need attention come first."""
        return -1 if self.ill else self.state.order

    @property
    def deployed_at(self) -> float:
        return self.deployed.created_on.timestamp() if self.deployed else 0.0


def list_rows(search: str = "", only: str = "") -> list[ListRow]:
    """The Workers that `search` matches, or the one named `only`. `with_authors` adds who deployed
    to those on the page."""
    result = SearchResult(Worker.objects.filter(name=only)) if only else search_workers(search)
    workers = list(result.workers.values_list("pk", "name", "subdomain_enabled"))
    if not workers:
        return []
    are_all = not (search or only)
    live = _live(None if are_all else [pk for pk, _, _ in workers])
    traffic = recent(None if are_all else [name for _, name, _ in workers])
    rows = [_row(n, on, live.get(pk), result.by_version.get(pk)) for pk, n, on in workers]
    for row in rows:
        row.recent = traffic.get(row.name)
    return _examined(rows, are_all)


def with_authors(rows: list[ListRow]) -> list[ListRow]:
    """Adds who deployed. Not cached, because names may change."""
    ids = {d.author_id for row in rows if (d := row.deployed) and d.author_id is not None}
    users = User.objects.filter(pk__in=ids).values_list("pk", "username", "by_token_only")
    names: dict[int | None, tuple[str, bool]] = {pk: (n, machine) for pk, n, machine in users}
    for row in rows:
        if made := row.deployed:
            name, row.by_machine = names.get(made.author_id, ("", False))
            row.by = name or made.author_email or "system"
    return rows


def _live(workers: list[int] | None) -> dict[int, CachedDeployment]:
    """The active deployments of these Workers, or of all, by the Worker's key."""
    active = active_deployments()
    if workers is not None:
        active = {worker: active[worker] for worker in workers if worker in active}
    deployments = cached_deployments(active.values())
    return {worker: deployments[pk] for worker, pk in active.items() if pk in deployments}


def _row(
    name: str, subdomain_enabled: bool, made: CachedDeployment | None, matched_number: int | None
) -> ListRow:
    state = state_of(made.standings, made.is_rollback) if made else state_of(())
    return ListRow(name, subdomain_enabled, made, state, matched_number)


def _examined(rows: list[ListRow], are_all: bool) -> list[ListRow]:
    """Adds the unhealthy version of each row, if any."""
    ids = None if are_all else {str(s.version.pk) for row in rows for s in row.standings}
    sick = unwell(ids)
    for row in rows if sick else ():
        row.sick = next((s for s in row.standings if str(s.version.pk) in sick), None)
        row.ill = sick[str(row.sick.version.pk)] if row.sick else None
    return rows
