"""Whether service bindings lead to a Worker that exists and to an entrypoint that it exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routing.models import Deployment, Version, Worker
from routing.snapshot import BindingSpec, Export

DEFAULT = ("", "default")
"""What the default export is called. Every Worker counts as having one."""


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A binding that could never answer: no such Worker, or no such `entrypoint` in it."""

    binding: str
    service: str
    entrypoint: str = ""

    def __str__(self) -> str:
        if not self.entrypoint:
            return f"Target script '{self.service}' not found. Deploy it first."
        return (
            f"Target script '{self.service}' exports no entrypoint '{self.entrypoint}'. Deploy a "
            "version of it that does, or correct the name."
        )


def unresolved(bindings: Iterable[BindingSpec], worker_name: str) -> list[Unresolved]:
    """Those of the service bindings to other Workers than `worker_name`.

    An entrypoint counts as exported if the newest version or one that is live exports it.
    """
    wanted = [b for b in bindings if b.type == "service" and b.options["service"] != worker_name]
    names = {b.options["service"] for b in wanted}
    known = set(Worker.objects.filter(name__in=names).values_list("name", flat=True))
    found = [Unresolved(b.name, b.options["service"]) for b in wanted if _service(b) not in known]
    named = [b for b in wanted if _service(b) in known and _entrypoint(b) not in DEFAULT]
    exported = _exported(known) if named else {}
    return found + [
        Unresolved(b.name, _service(b), _entrypoint(b))
        for b in named
        if _entrypoint(b) not in exported.get(_service(b), ())
    ]


def unresolved_own(
    bindings: Iterable[BindingSpec], worker_name: str, exports: Sequence[Export]
) -> Unresolved | None:
    """The first binding of a version to its own Worker that its `exports` do not answer."""
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
    found: dict[str, set[str]] = {}
    for version in rows:
        names = {e["name"] for e in version.exports if _answers(e["kind"], e["handlers"])}
        found.setdefault(version.worker.name, set()).update(names)
    return found


def _answers(kind: str, handlers: Sequence[str]) -> bool:
    """As `compile.names.entrypoints` has it."""
    return kind == "WorkerEntrypoint" or (kind == "object" and bool(handlers))


def _service(binding: BindingSpec) -> str:
    return str(binding.options["service"])


def _entrypoint(binding: BindingSpec) -> str:
    return str(binding.options.get("entrypoint") or "")
