"""What the page of a secrets store shows: never a value. A constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.accounts.models import User
from dashboard.storage.pages.context import NamespacePage, shared
from dashboard.storage.secret_stores.stored_secrets import KIND
from routing.compile.workerd.binding_types.stored_secrets import TYPE
from routing.models import Deployment, StateBinding, StateNamespace, StoredSecret, Version, Worker


@dataclass(frozen=True, slots=True)
class SecretRow:
    """`workers` have a live version that is bound to it."""

    secret: StoredSecret
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecretForm:
    """What was typed, without the value, and why it was rejected."""

    name: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePage(NamespacePage):
    rows: tuple[SecretRow, ...]
    form: SecretForm


def store_page(
    store: StateNamespace, user: User, form: SecretForm | None = None, problem: str = ""
) -> StorePage:
    workers = _live_workers(store)
    listed = store.secrets.order_by("name")
    return StorePage(
        **shared(store, user),
        rows=tuple(SecretRow(row, workers.get(row.name, ())) for row in listed),
        form=form or SecretForm(),
        problem=problem,
    )


def _live_workers(store: StateNamespace) -> Mapping[str, tuple[str, ...]]:
    """Names of Workers by secret."""
    bound = StateBinding.objects.filter(kind=KIND, reference=store.key)
    live = Deployment.objects.active(Worker.objects.all())
    versions = Version.objects.filter(shares__deployment__in=live, pk__in=bound.values("version"))
    names: defaultdict[str, set[str]] = defaultdict(set)
    for worker, bindings in versions.values_list("worker__name", "bindings"):
        for row in bindings:
            if row["type"] == TYPE and row["store_id"] == store.key:
                names[row["secret_name"]].add(worker)
    return {secret: tuple(sorted(workers)) for secret, workers in names.items()}
