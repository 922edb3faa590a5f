"""Bindings of an upload to namespaces of Durable Objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Q

from routing.control.objects import messages
from routing.control.objects.published import binding_options
from routing.models import ObjectNamespace, Worker
from routing.models.object_namespaces import BINDING
from routing.rules.object_migrations import NamespaceClass
from routing.snapshot import BindingSpec
from routing.upload_draft import UploadRefused


def resolved_bindings(
    bindings: Iterable[BindingSpec],
    worker_name: str,
    worker: Worker | None,
    classes: Mapping[str, NamespaceClass],
) -> tuple[BindingSpec, ...]:
    """The bindings with the id of their namespace. `classes` are those that the Worker will have.

    Raises `UploadRefused` (`object_binding`) for a class without a namespace. One query.
    """
    bindings = tuple(bindings)
    own = {row.key: name for name, row in classes.items()}
    others = _others(b for b in bindings if b.type == BINDING)
    worker_id = worker.pk if worker else None

    def options_of(binding: BindingSpec) -> dict[str, Any] | None:
        given = binding.options
        key, class_name = given.get("namespace_id"), given.get("class_name")
        script = given.get("script_name") or worker_name
        if key in own:
            return {"class_name": own[key], "namespace_id": key}
        if key is None and script == worker_name:
            mine = classes.get(str(class_name))
            return {"class_name": class_name, "namespace_id": mine.key} if mine else None
        row = others.get(key if key is not None else (script, class_name))
        if row is None or row.worker_id == worker_id:
            return None
        return binding_options(row, worker_id)

    def resolve(binding: BindingSpec) -> BindingSpec:
        if binding.type != BINDING:
            return binding
        options = options_of(binding)
        if options is None:
            shown = str(binding.options.get("class_name") or binding.options.get("namespace_id"))
            raise UploadRefused("object_binding", messages.no_object_class(shown), (binding.name,))
        return replace(binding, options=options)

    return tuple(map(resolve, bindings))


def _others(bindings: Iterable[BindingSpec]) -> dict[Any, ObjectNamespace]:
    """Namespaces that the bindings name, by key and by (Worker, class)."""
    wanted = Q(pk=None)
    for binding in bindings:
        given = binding.options
        if given.get("namespace_id"):
            wanted |= Q(key=given["namespace_id"])
        elif given.get("script_name"):
            wanted |= Q(worker__name=given["script_name"], class_name=given.get("class_name"))
    rows = ObjectNamespace.objects.filter(wanted).select_related("worker")
    named: dict[Any, ObjectNamespace] = {}
    for row in rows:
        named[row.key] = named[(row.worker.name, row.class_name)] = row
    return named
