"""What the editor says before a button is pressed: what would be live, and if a name will do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from django.conf import settings

from dashboard.fleet.version_roles import Role, Standing
from dashboard.observability.queries.traffic import recent
from dashboard.workers.queries.worker_queries import WorkerRow
from routing.control.messages import worker_name_invalid
from routing.control.publish import hostname
from routing.models import Version, Worker
from routing.rules.names import is_worker_name
from routing.rules.override import addressable
from routing.rules.split import TOTAL


@dataclass(frozen=True, slots=True)
class NameVerdict:
    """`problem` forbids the name; one that is not `addressable` works, but for overrides."""

    problem: str = ""
    taken: bool = False
    addressable: bool = True
    hostname: str = ""

    @property
    def tone(self) -> str:
        """CSS class."""
        if self.problem or self.taken:
            return "is-bad"
        return "" if self.addressable else "is-doubtful"


@cache
def runtime_date() -> str:
    """The day of the installed workerd, which refuses dates some days newer than itself."""
    about = settings.NODE_MODULES / "workerd" / "package.json"
    try:
        day = str(json.loads(about.read_text())["version"]).split(".")[1]
        return date.fromisoformat(day).isoformat()
    except (OSError, ValueError, LookupError):
        return ""


def live_id(row: WorkerRow) -> str:
    """What the form sends back as the deployment that its reader believed to be live."""
    return str(row.deployment.id) if row.deployment else ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is live after staging the new version (`stage`), and after deploying it. `replaces`:
    what staging replaces. `leaves`: what leaves the deployment at 100%."""

    deploy: tuple[Standing, ...]
    stage: tuple[Standing, ...] = ()
    replaces: Standing | None = None
    leaves: Sequence[Standing] = ()
    per_minute: int = 0


def outlook(row: WorkerRow | None) -> Outlook:
    new = Version(worker=row.worker) if row else Version()
    deployed = (Standing(new, Role.STABLE, TOTAL),)
    if row is None or not row.standings:
        return Outlook(deployed)
    first, stable = row.standings[0], row.standings[-1]
    traffic = recent([row.worker.name]).get(row.worker.name)
    return Outlook(
        deployed,
        stage=(Standing(new, Role.STAGED, 0), Standing(stable.version, Role.STABLE, TOTAL)),
        replaces=None if first.is_stable else first,
        leaves=row.standings,
        per_minute=round(traffic.per_minute) if traffic else 0,
    )


def name_verdict(name: str) -> NameVerdict | None:
    """What choosing `name` for a new Worker means; None before anything is typed."""
    if not name:
        return None
    if not is_worker_name(name):
        return NameVerdict(worker_name_invalid(name))
    taken = Worker.objects.filter(name=name).exists()
    return NameVerdict("", taken, addressable(name), hostname(name))
