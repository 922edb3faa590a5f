"""The Durable Objects of an upload: its migration and its bindings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from routing.control.objects import messages
from routing.control.objects.bindings import resolved_bindings
from routing.control.objects.migrations import ObjectPlan, check_deleted, plan
from routing.models import Worker
from routing.models.object_namespaces import BINDING
from routing.upload_draft import Draft, UploadRefused


@dataclass(frozen=True, slots=True)
class PlannedUpload:
    """A draft whose bindings name namespaces, and what its migration does."""

    draft: Draft
    objects: ObjectPlan


def plan_objects(
    draft: Draft, worker_name: str, worker: Worker | None, *, live: bool, new_key: Callable[[], str]
) -> PlannedUpload:
    """Raises `UploadRefused`; `object_deploy` if a migration comes without a deployment."""
    made = plan(worker, draft.migration, new_key)
    if not live and (made.changes or made.tag != (worker.migration_tag if worker else "")):
        raise UploadRefused("object_deploy", messages.NEEDS_DEPLOY)
    _check_own_deleted(draft, made, worker_name)
    check_deleted(worker, made)
    bindings = resolved_bindings(draft.bindings, worker_name, worker, made.after)
    return PlannedUpload(replace(draft, bindings=bindings), made)


def _check_own_deleted(draft: Draft, made: ObjectPlan, worker_name: str) -> None:
    """Refuses a binding of the upload itself to a class that its migration deletes."""
    keys = {made.before[name].key: name for name in made.deleted}
    for binding in draft.bindings:
        if binding.type != BINDING:
            continue
        given = binding.options
        name = keys.get(str(given.get("namespace_id")))
        own = given.get("script_name") in (None, "", worker_name)
        if name is None and own and given.get("class_name") in made.deleted:
            name = str(given["class_name"])
        if name is not None and name not in made.after:
            raise UploadRefused(
                "object_binding", messages.deleted_class_is_bound(name), (binding.name,)
            )
