"""Bindings to namespaces: whether they exist at upload, and their capability for edges."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings

from routing.compile.workerd.binding_types import ai, send_email
from routing.compile.workerd.binding_types.state import STATE_BINDINGS
from routing.control import messages
from routing.models import StateNamespace
from routing.models.namespaces import DATASET
from routing.snapshot import BindingSpec, Secret
from routing.state_access import header_value
from routing.upload_draft import UploadRefused

_DATASET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def check_namespaces(bindings: Iterable[BindingSpec]) -> None:
    """Raises `UploadRefused` for the first binding to a namespace that does not exist; its kind is
    `namespace_<kind>`. One query per kind."""
    wanted: defaultdict[str, list[tuple[BindingSpec, str]]] = defaultdict(list)
    for binding in bindings:
        if bound := STATE_BINDINGS.get(binding.type):
            reference = str(binding.options.get(bound.option, ""))
            wanted[bound.kind].append((binding, reference))
    _check_dataset_names(wanted.pop(DATASET, []))
    for kind, listed in wanted.items():
        existing = existing_references(kind, [reference for _, reference in listed])
        for binding, reference in listed:
            if reference not in existing:
                message = messages.no_namespace(kind, reference)
                raise UploadRefused(f"namespace_{kind}", message, (binding.name,))


def check_ai(bindings: Iterable[BindingSpec]) -> None:
    """Raises `UploadRefused` for a binding to Workers AI without a host."""
    for binding in bindings:
        if binding.type == ai.TYPE and not settings.AI_URL:
            raise UploadRefused("binding", messages.ai_is_off(binding.name), (binding.name,))


def _check_dataset_names(listed: Iterable[tuple[BindingSpec, str]]) -> None:
    """Uploads create datasets, so only their names are checked."""
    for binding, name in listed:
        if not _DATASET_NAME.fullmatch(name):
            message = messages.dataset_name(binding.name, name)
            raise UploadRefused("namespace_dataset", message, (binding.name,))


def existing_references(kind: str, references: Iterable[str]) -> set[str]:
    """Those that are the key of a namespace."""
    rows = StateNamespace.objects.filter(kind=kind, key__in=list(references))
    return set(rows.values_list("key", flat=True))


def with_capability(binding: BindingSpec, worker_name: str) -> BindingSpec:
    """The binding of a Worker for an edge: one to a namespace, or to the outbox, gets the value of
    the state process's header."""
    if binding.type == send_email.TYPE:
        rules = send_email.rules_id(worker_name, binding)
        value = header_value(settings.STATE_KEYS[0], send_email.KIND, rules)
        return replace(binding, secret=Secret(value))
    if binding.type == ai.TYPE:
        value = header_value(settings.STATE_KEYS[0], ai.KIND, worker_name)
        return replace(binding, secret=Secret(value))
    bound = STATE_BINDINGS.get(binding.type)
    if bound is None:
        return binding
    value = header_value(settings.STATE_KEYS[0], bound.kind, str(binding.options[bound.option]))
    return replace(binding, secret=Secret(value))
