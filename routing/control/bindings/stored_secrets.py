"""Secrets of secrets stores: whether they exist at upload, and their values for edges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from routing.compile.workerd.binding_types.stored_secrets import TYPE
from routing.control import messages, revision
from routing.models import StateBinding, StateNamespace, StoredSecret, Worker
from routing.models.stored_secrets import KIND
from routing.secret_encryption import DecryptionFailed, decrypt
from routing.snapshot import BindingSpec
from routing.upload_draft import UploadRefused


def check_stored_secrets(bindings: Iterable[BindingSpec]) -> None:
    """Raises `UploadRefused` for the first binding to a secret that does not exist. One query."""
    bound = [binding for binding in bindings if binding.type == TYPE]
    if not bound:
        return
    stores = {binding.options["store_id"] for binding in bound}
    rows = StoredSecret.objects.filter(store__key__in=stores)
    existing = set(rows.values_list("store__key", "name"))
    for binding in bound:
        store, name = binding.options["store_id"], binding.options["secret_name"]
        if (store, name) not in existing:
            message = messages.no_stored_secret(binding.name, store, name)
            raise UploadRefused("stored_secret", message, (binding.name,))


class StoredValues:
    """Values for the bindings of one snapshot. One query, and none without such bindings."""

    @cached_property
    def _sealed(self) -> dict[tuple[str, str], str]:
        rows = StoredSecret.objects.values_list("store__key", "name", "sealed")
        return {(store, name): sealed for store, name, sealed in rows}

    def with_value(self, binding: BindingSpec) -> BindingSpec:
        """A binding to a secret gets its value, if it still exists. Raises `DecryptionFailed`."""
        if binding.type != TYPE:
            return binding
        reference = binding.options["store_id"], binding.options["secret_name"]
        sealed = self._sealed.get(reference)
        if sealed is None:
            return binding
        try:
            return replace(binding, secret=decrypt(sealed))
        except DecryptionFailed as error:
            raise DecryptionFailed(messages.stored_secret_lost(reference[1])) from error


def publish_store(store: StateNamespace) -> None:
    """Gives edges the values of its secrets, for the Workers that are bound to it. The caller holds
    `revision.lock()`."""
    bound = StateBinding.objects.filter(kind=KIND, reference=store.key)
    workers = Worker.objects.filter(
        pk__in=bound.values("version__worker"), deployments__isnull=False
    )
    for worker in workers.distinct():
        revision.advance(worker)
