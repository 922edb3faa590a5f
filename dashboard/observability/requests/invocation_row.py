"""Invocations as pages and live logs show them: each with its version as it stood in the deployment
that the edge decided by. The same partial everywhere, and nothing in it depends on a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.template.loader import get_template

from dashboard.fleet.bounded_cache import BoundedCache
from dashboard.fleet.deployment_cache import roles_by_deployment_id
from dashboard.fleet.version_roles import Role, Standing
from routing.models import Invocation, InvocationDetail, Version

_KEPT = 512
_roles: BoundedCache[tuple[str, str], Standing | None] = BoundedCache(_KEPT)


@dataclass(frozen=True, slots=True)
class InvocationRow:
    """One row. `details` are log lines and exceptions of the Worker, if any."""

    invocation: Invocation
    standing: Standing | None
    details: tuple[InvocationDetail, ...] = ()

    @property
    def key(self) -> str:
        """The row's id in the page; `details` that come later find it by `place`."""
        return f"i-{self.invocation.edge_id}-{self.invocation.request_id}"

    @property
    def place(self) -> str:
        return place(self.invocation.ray, self.invocation.version_id)

    @property
    def short_version(self) -> str:
        return self.invocation.version_id[:8]

    @property
    def override_words(self) -> str:
        """The outcome of its override with a sign; empty if it carried none."""
        outcome = self.invocation.override
        if outcome in ("", "absent"):
            return ""
        return f"✓ {outcome}" if outcome == "applied" else f"⚠ {outcome}"

    @property
    def override_look(self) -> str:
        """CSS class of the cell."""
        looks = {"": "faint", "absent": "faint", "applied": ""}
        return looks.get(self.invocation.override, "invocation-warn")

    @property
    def lines(self) -> int:
        return sum(len(detail.logs) for detail in self.details)

    @property
    def exception(self) -> dict[str, str] | None:
        """The first one of them."""
        return next((e for detail in self.details for e in detail.exceptions), None)

    @property
    def failed_outcome(self) -> str:
        """`exception`, `canceled` and the like; "" when all went well."""
        return next((d.outcome for d in self.details if d.outcome != "ok"), "")

    @property
    def bad(self) -> bool:
        return self.invocation.status >= 500 or self.invocation.status == 0


def place(ray: str, version_id: str) -> str:
    """What an invocation and its details have in common."""
    return f"{ray}.{version_id[:8]}"


def rows_of(
    invocations: Sequence[Invocation], details: Iterable[InvocationDetail] = ()
) -> list[InvocationRow]:
    """`invocations` with their versions and details, in a constant number of queries."""
    roles = _roles_in(invocations)
    by_place: dict[str, list[InvocationDetail]] = {}
    for detail in details:
        by_place.setdefault(place(detail.ray, detail.version_id), []).append(detail)
    return [
        InvocationRow(i, roles.get(_pair(i)), tuple(by_place.get(place(i.ray, i.version_id), ())))
        for i in invocations
    ]


def row_html(row: InvocationRow) -> str:
    """The table row, as pages and live logs show it."""
    return get_template("observability/requests/_row.html").render({"row": row})


def worker_lines_html(detail: InvocationDetail) -> str:
    """HTML that a live log adds to a row that it already has."""
    return get_template("observability/requests/_worker_lines.html").render({"detail": detail})


def event_row_html(detail: InvocationDetail, edge: str) -> str:
    """The table row of a cron or queue event in a live log: no access log has one."""
    key = f"e-{detail.edge_id}-{detail.detail_id}"
    context = {"detail": detail, "edge": edge, "key": key}
    return get_template("observability/requests/_event_row.html").render(context)


def _pair(invocation: Invocation) -> tuple[str, str]:
    return invocation.deployment_id, invocation.version_id


def _roles_in(invocations: Sequence[Invocation]) -> dict[tuple[str, str], Standing | None]:
    """Each version as it stood, None for one that is gone. Roles in a deployment never change, so
    they are looked up once."""
    pairs = {_pair(i) for i in invocations if i.version_id}
    roles = _roles.get_many(pairs)
    if missing := pairs - roles.keys():
        new = _looked_up(missing)
        _roles.update(new)
        roles |= new
    return roles


def _looked_up(pairs: set[tuple[str, str]]) -> dict[tuple[str, str], Standing | None]:
    deployed = {
        (str(deployment), str(standing.version.id)): standing
        for deployment, split in roles_by_deployment_id(_ids(d for d, _ in pairs)).items()
        for standing in split
    }
    left = {version for deployment, version in pairs if (deployment, version) not in deployed}
    versions = {str(v.id): v for v in Version.objects.filter(id__in=_ids(left))}
    roles: dict[tuple[str, str], Standing | None] = {}
    for pair in pairs:
        version = versions.get(pair[1])
        role = Role.FORMER if pair[0] else Role.PREVIEW
        roles[pair] = deployed.get(pair) or (Standing(version, role) if version else None)
    return roles


def _ids(texts: Iterable[str]) -> set[UUID]:
    ids = set()
    for text in texts:
        try:
            ids.add(UUID(text))
        except ValueError:
            continue
    return ids
