"""Texts about Durable Objects. Those of migrations follow Cloudflare's."""

from __future__ import annotations

from collections.abc import Sequence

from routing.rules.object_migrations import MigrationProblem

_MOST_NAMED = 3


def migration_refused(problem: MigrationProblem, subject: str) -> str:
    """`subject` as in `MigrationRefused`."""
    return _MIGRATION[problem].format(subject[:255])


_MIGRATION = {
    MigrationProblem.tag: "Migration tag precondition failed; current tag is {0}",
    MigrationProblem.created_exists: (
        "Cannot apply new-class migration to class '{0}' that is already depended on by existing "
        "Durable Objects"
    ),
    MigrationProblem.renamed_exists: (
        "Cannot apply renamed_classes migration to class '{0}' that is already depended on by "
        "existing Durable Objects"
    ),
    MigrationProblem.transferred_exists: (
        "Cannot apply transferred_classes migration to class '{0}' that is already depended on by "
        "existing Durable Objects"
    ),
    MigrationProblem.renamed_missing: (
        "Cannot apply renamed_classes migration to class '{0}' which was not exported in the "
        "previous version of the script"
    ),
    MigrationProblem.transferred_missing: (
        "Cannot apply transferred_classes migration to class '{0}': no other Worker has Durable "
        "Objects of this class"
    ),
    MigrationProblem.deleted_missing: (
        "Cannot apply delete-class migration to class '{0}' which was not exported in the previous "
        "version of the script"
    ),
}


def no_object_class(class_name: str) -> str:
    return (
        f"Cannot create binding for class '{class_name[:255]}' because it is not currently "
        "configured to implement Durable Objects. Ensure a --new-class migration has been applied "
        "to it."
    )


def deleted_class_is_bound(class_name: str, worker: str = "") -> str:
    where = f" The Worker {worker} binds it." if worker else ""
    return (
        f"Cannot apply --delete-class migration to class '{class_name}' without also removing the "
        f"binding that references it.{where}"
    )


def class_lost(class_name: str) -> str:
    return (
        f"New version of script does not export class '{class_name}' which is depended on by "
        "existing Durable Objects. If you want to delete these Durable Objects and all associated "
        "storage, please use a delete-class migration. See "
        "https://developers.cloudflare.com/durable-objects/reference/durable-objects-migrations/"
    )


def class_not_exported(class_name: str) -> str:
    return (
        f"Cannot apply new-class migration to class '{class_name}' that is not exported by script"
    )


NEEDS_DEPLOY = (
    "Version upload failed. You attempted to upload a version of a Worker that includes a Durable "
    'Object migration, but migrations must be fully applied by running "wrangler deploy".'
)


def before_migration(number: int, worker: str) -> str:
    return (
        f"Version {number} was uploaded before the last Durable Object migration of {worker}, so "
        "it cannot be deployed again. Upload its code as a new version."
    )


def leaves_edge(worker: str, edge: str, group: str) -> str:
    return (
        f"The Durable Objects of {worker} are on the edge {edge}, which is in the group {group}. "
        f"Keep that group, or move them first: manage.py edge objects."
    )


def objects_stay(edge: str, workers: Sequence[str]) -> str:
    """`workers` have their objects on `edge`."""
    listed = ", ".join(workers[:_MOST_NAMED])
    more = len(workers) - _MOST_NAMED
    others = f" and {more} more" if more > 0 else ""
    return (
        f"{edge} has the Durable Objects of {listed}{others}. Copy their data to another edge and "
        f"move them first: manage.py edge objects --worker {workers[0]} --name EDGE."
    )


def no_preview(worker: str) -> str:
    return f"{worker} has Durable Objects, so its versions have no preview URLs."
