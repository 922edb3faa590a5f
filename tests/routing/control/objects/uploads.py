"""Uploads of Workers with Durable Objects; the runtime's word is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from routing.agent.inspection.inspection import Inspection
from routing.control.upload import upload_version
from routing.models import ObjectNamespace, Version
from routing.rules.object_migrations import Migration, Step
from routing.snapshot import BindingSpec, Export
from routing.upload_draft import Draft
from tests.factories import make_draft

FETCH = Export(name="default", kind="object", handlers=("fetch",))


def bind(name: str, class_name: str = "", script: str = "", key: str = "") -> BindingSpec:
    given = {"class_name": class_name, "script_name": script, "namespace_id": key}
    options = {option: value for option, value in given.items() if value}
    return BindingSpec(name=name, type="durable_object_namespace", options=options)


def inspection(classes: Sequence[str], during: Callable[[], None] | None = None) -> Any:
    """A runtime that reports these classes; `during` runs while the version would start."""

    def inspect(*_: Any, **__: Any) -> Inspection:
        if during is not None:
            during()
        exports = [Export(name=name, kind="DurableObject") for name in classes]
        return Inspection(exports=(FETCH, *exports), startup_ms=3)

    return inspect


def upload_live(
    worker: str,
    draft: Draft | None = None,
    *,
    exports: Sequence[str] = (),
    bindings: Sequence[BindingSpec] = (),
    live: bool = True,
    during: Callable[[], None] | None = None,
) -> Version:
    version, _ = upload_version(
        worker_name=worker,
        draft=draft or make_draft(bindings=bindings),
        author=None,
        source="wrangler",
        triggered_by="upload",
        now=timezone.now(),
        create=True,
        live=live,
        inspect=inspection(exports, during),
    )
    return version


def migrate(
    worker: str,
    step: dict[str, Any],
    new_tag: str,
    old_tag: str | None = None,
    *,
    exports: Sequence[str] | None = None,
    bindings: Sequence[BindingSpec] = (),
    live: bool = True,
) -> Version:
    """Uploads with one step; by default the version exports all classes that the step names."""
    made = Step(**step)
    named = [*made.created, *made.created_sqlite]
    named += [r.target for r in made.renamed] + [t.target for t in made.transferred]
    migration = Migration(new_tag=new_tag, old_tag=old_tag, steps=(made,))
    draft = make_draft(bindings=bindings, migration=migration)
    return upload_live(worker, draft, exports=named if exports is None else exports, live=live)


def classes_of(worker: str) -> dict[str, str]:
    """Key by class name."""
    rows = ObjectNamespace.objects.filter(worker__name=worker)
    return dict(rows.values_list("class_name", "key"))
