"""Whether service bindings lead to a Worker that exists and to an entrypoint that it exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routing.control import messages
from routing.models import Deployment, Version, Worker
from routing.snapshot import BindingSpec, Export

DEFAULT = ("", "default")
"""Names of the default export, which every Worker is assumed to have."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A binding without a target: no such Worker, or it exports no such `entrypoint`."""

    binding: str
    service: str
    entrypoint: str = ""

    def __str__(self) -> str:
        return messages.no_target(self.service, self.entrypoint)


def unresolved(bindings: Iterable[BindingSpec], worker_name: str) -> list[Unresolved]:
    """Unresolved service bindings to Workers other than `worker_name`.

    An entrypoint counts as exported if the newest version or a live one exports it.
    """
    services = [b for b in bindings if b.type == "service" and _service(b) != worker_name]
    names = {_service(b) for b in services}
    existing = set(Worker.objects.filter(name__in=names).values_list("name", flat=True))
    missing = [Unresolved(b.name, _service(b)) for b in services if _service(b) not in existing]
    named = [b for b in services if _service(b) in existing and _entrypoint(b) not in DEFAULT]
    exported = _exported(existing) if named else {}
    return missing + [
        Unresolved(b.name, _service(b), _entrypoint(b))
        for b in named
        if _entrypoint(b) not in exported.get(_service(b), ())
    ]


def unresolved_own(
    bindings: Iterable[BindingSpec], worker_name: str, exports: Sequence[Export]
) -> Unresolved | None:
    """The first binding of a version to its own Worker whose entrypoint it does not export."""
    own = {*DEFAULT, *(e.name for e in exports if _answers(e.kind, e.handlers))}
    for binding in bindings:
        if binding.type == "service" and _service(binding) == worker_name:
            if _entrypoint(binding) not in own:
                return Unresolved(binding.name, worker_name, _entrypoint(binding))
    return None


def _exported(workers_called: Iterable[str]) -> Mapping[str, set[str]]:
    workers = Worker.objects.filter(name__in=workers_called)
    live = Deployment.objects.active(workers).values_list("shares__version", flat=True)
    versions = Version.objects.filter(worker__in=workers)
    rows = [*versions.latest_of_each().only("exports", "worker__name").select_related("worker")]
    rows += versions.filter(pk__in=live).only("exports", "worker__name").select_related("worker")
    exported: dict[str, set[str]] = {}
    for version in rows:
        names = {e["name"] for e in version.exports if _answers(e["kind"], e["handlers"])}
        exported.setdefault(version.worker.name, set()).update(names)
    return exported


def _answers(kind: str, handlers: Sequence[str]) -> bool:
    """As in `compile.names.entrypoints`."""
    return kind == "WorkerEntrypoint" or (kind == "object" and bool(handlers))


def _service(binding: BindingSpec) -> str:
    return str(binding.options["service"])


def _entrypoint(binding: BindingSpec) -> str:
    return str(binding.options.get("entrypoint") or "")
