"""Workers, the newer resource, by name or by id (the tag).

Cloudflare's SDKs call it `workers.beta.workers`, hence the file's name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import Aggregate, F, Max, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from ninja import Query
from pydantic import Field

from dashboard.api import messages
from dashboard.api.acts.delete_worker import delete_worker
from dashboard.api.http.auth import ApiRequest, may_administer, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, Paging, ok, paged, resource
from dashboard.api.http.errors import bad_request
from dashboard.api.http.lookup import worker_by_name_or_id
from dashboard.api.resources.script_settings import change_settings
from dashboard.api.resources.subdomain import SubdomainInput, set_switches, subdomain_item
from dashboard.api.serializers.schemas import WorkerItem
from dashboard.api.serializers.settings_schema import ScriptSettings, settings_item
from routing.control import revision
from routing.control.callers import Call, callers_of_all
from routing.control.objects.migrations import live_bindings
from routing.control.publish import hostname, port_of_url, timestamp, url_of
from routing.control.upload import create_worker
from routing.control.worker_settings import consumers
from routing.models import CustomDomain, Deployment, ObjectNamespace, Worker
from routing.rules.addresses.zones import zone_id
from routing.transactions.batches import batches

router = resource("Workers")
WORKERS = "/accounts/{account_id}/workers/workers"
WORKER = WORKERS + "/{worker_id}"
NEVER = ("dispatch_namespace_outbounds", "queues")
"""Kinds of references that cannot exist here."""
Json = dict[str, Any]


class WorkerChange(ScriptSettings):
    """A change of a Worker. Its name cannot change."""

    name: str | None = Field(None, max_length=255)
    subdomain: SubdomainInput | None = None


class WorkerInput(WorkerChange):
    """A Worker without versions."""

    name: str = Field(max_length=255)


class WorkersPaging(Paging):
    """A page of the list, and its order."""

    order_by: Literal["name", "created_on", "deployed_on", "updated_on"] = "name"
    order: Literal["asc", "desc"] | None = None


@router.get(WORKERS, auth=may_read, response=Envelope[list[WorkerItem]])
def list_workers(
    request: ApiRequest, account_id: str, paging: Query[WorkersPaging]
) -> dict[str, Any]:
    """All Workers: by name, or by a time, newest first."""
    page, info = paged(_ordered(paging), paging)
    return ok(worker_items(page), info)


@router.post(WORKERS, auth=may_deploy, response=Envelope[WorkerItem])
def create(request: ApiRequest, account_id: str, given: WorkerInput) -> dict[str, Any]:
    """Creates a Worker without versions."""
    caller = request.auth
    with transaction.atomic():
        revision.lock()
        worker = create_worker(
            name=given.name, author=caller.user, source=caller.source, now=timezone.now()
        )
        worker = _apply(request, worker, given)
    return ok(worker_item(worker))


@router.get(WORKER, auth=may_read, response=Envelope[WorkerItem])
def get_worker(request: ApiRequest, account_id: str, worker_id: str) -> dict[str, Any]:
    """One Worker.

    wrangler prints `https://` and the host name of `subdomain.url`, without its port. Where that
    would lead nowhere, it gets no URL, and takes the account's subdomain, which has the port.
    """
    item = worker_item(worker_by_name_or_id(worker_id))
    if request.auth.source == "wrangler" and port_of_url():
        item["subdomain"]["url"] = ""
    return ok(item)


@router.put(WORKER, auth=may_deploy, response=Envelope[WorkerItem])
def update_worker(
    request: ApiRequest, account_id: str, worker_id: str, given: WorkerInput
) -> dict[str, Any]:
    """Changes the fields that are sent."""
    return ok(worker_item(_apply(request, worker_by_name_or_id(worker_id), given)))


@router.patch(WORKER, auth=may_deploy, response=Envelope[WorkerItem])
def edit_worker(
    request: ApiRequest, account_id: str, worker_id: str, given: WorkerChange
) -> dict[str, Any]:
    """Changes the fields that are sent."""
    return ok(worker_item(_apply(request, worker_by_name_or_id(worker_id), given)))


@router.delete(WORKER, auth=may_administer, response=Envelope[None])
def delete(
    request: ApiRequest, account_id: str, worker_id: str, force: bool = False
) -> dict[str, Any]:
    """Deletes the Worker with its versions and deployments. Needs `force` if others bind it."""
    delete_worker(request.auth, worker_by_name_or_id(worker_id), force=force)
    return ok(None)


def _ordered(paging: WorkersPaging) -> QuerySet[Worker]:
    """Workers without a deployment come last; `updated_on` falls back to their creation."""
    if paging.order_by == "name":
        return Worker.objects.order_by("-name" if paging.order == "desc" else "name")
    deployed: Aggregate | Coalesce = Max("deployments__created_on")
    key = F("created_on") if paging.order_by == "created_on" else F("deployed_on")
    if paging.order_by == "updated_on":
        deployed = Coalesce(deployed, F("created_on"))
    rows = Worker.objects.annotate(deployed_on=deployed)
    ordered = key.asc(nulls_last=True) if paging.order == "asc" else key.desc(nulls_last=True)
    return rows.order_by(ordered, "name")


def worker_item(worker: Worker) -> Json:
    """One Worker."""
    return worker_items([worker])[0]


def worker_items(workers: Sequence[Worker]) -> list[Json]:
    """Workers, in a constant number of queries."""
    deployed: dict[int, datetime] = {}
    domains: defaultdict[int, list[Json]] = defaultdict(list)
    for keys in batches(w.pk for w in workers):
        live = Deployment.objects.active(Worker.objects.filter(pk__in=keys))
        deployed |= dict(live.values_list("worker", "created_on"))
        for domain in CustomDomain.objects.filter(worker__in=keys):
            domains[domain.worker_id].append(_domain(domain))
    callers = callers_of_all(workers)
    users = _object_users(workers)
    return [
        _item(w, deployed.get(w.pk), callers[w.name], domains[w.pk], users[w.pk]) for w in workers
    ]


def _object_users(workers: Sequence[Worker]) -> defaultdict[int, list[Json]]:
    """Other Workers that bind Durable Objects of these in active deployments, by key."""
    users: defaultdict[int, list[Json]] = defaultdict(list)
    for keys in batches(w.pk for w in workers):
        rows = ObjectNamespace.objects.filter(worker__in=keys).select_related("worker")
        namespaces = {row.key: row for row in rows}
        for bound in live_bindings(namespaces):
            namespace, user = namespaces[bound.namespace], bound.version.worker
            if user != namespace.worker:
                users[namespace.worker_id].append(_object_user(namespace, user))
    return users


def _object_user(namespace: ObjectNamespace, user: Worker) -> Json:
    return {
        "namespace_id": namespace.key,
        "namespace_name": namespace.full_name,
        "worker_id": user.tag,
        "worker_name": user.name,
    }


def _domain(domain: CustomDomain) -> Json:
    return {
        "id": domain.id,
        "hostname": domain.hostname,
        "zone_id": zone_id(domain.zone),
        "zone_name": domain.zone,
    }


def _item(
    worker: Worker,
    deployed_on: datetime | None,
    calls: Sequence[Call],
    domains: list[Json],
    object_users: list[Json],
) -> Json:
    """A Worker, with URLs at this installation's edge."""
    callers = dict.fromkeys((call.tag, call.caller) for call in calls)
    return {
        "id": worker.tag,
        "name": worker.name,
        "created_on": timestamp(worker.created_on),
        "updated_on": timestamp(deployed_on or worker.created_on),
        "deployed_on": timestamp(deployed_on) if deployed_on else None,
        "references": {
            **{kind: [] for kind in NEVER},
            "domains": domains,
            "durable_objects": object_users,
            "workers": [{"id": tag, "name": name} for tag, name in callers],
        },
        "subdomain": {
            **subdomain_item(worker),
            "url": url_of(hostname(worker.name)),
            "preview_url_suffix": f"-{hostname(worker.name)}{port_of_url()}",
        },
        **settings_item(worker),
        "tail_consumers": [{"name": name} for name in consumers(worker.settings)],
    }


def _apply(request: ApiRequest, worker: Worker, given: WorkerChange) -> Worker:
    """Applies all of the change, or nothing if a part is refused."""
    if given.name not in (None, worker.name):
        raise bad_request(messages.worker_keeps_name(worker.name), 10016)
    with transaction.atomic():
        revision.lock()
        changed = change_settings(request, worker, given)
        if given.subdomain is None:
            return changed
        enabled, previews = given.subdomain.enabled, given.subdomain.previews_enabled
        previews = enabled if previews is None else previews
        return set_switches(request, worker.name, enabled=enabled, previews=previews)
