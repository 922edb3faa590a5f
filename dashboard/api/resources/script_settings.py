"""Settings of a Worker, and the older way to change several bindings at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils import timezone

from dashboard.api import messages
from dashboard.api.acts.upload import fully_live, upload_copy
from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import bad_request, unsupported
from dashboard.api.http.json_parser import parse_json
from dashboard.api.http.lookup import latest_version, worker_named
from dashboard.api.http.multipart import read_fields, split_fields
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.serializers import annotations as notes
from dashboard.api.serializers.bindings import Bindings, binding_items, parse_bindings
from dashboard.api.serializers.request_bodies import SETTINGS_BODY
from dashboard.api.serializers.schemas import ScriptSettingsAndVersion
from dashboard.api.serializers.settings_schema import (
    ScriptSettings,
    ScriptSettingsItem,
    changed_settings,
    settings_item,
)
from dashboard.api.serializers.upload_metadata import (
    VERSIONED,
    SettingsInput,
    refuse_unsupported,
    validated,
)
from dashboard.api.serializers.version_json import USAGE_MODEL
from routing.control import worker_settings
from routing.models import Worker
from routing.upload_draft import Draft

router = resource("Settings")
SCRIPT_SETTINGS = SCRIPT + "/script-settings"
SETTINGS = SCRIPT + "/settings"


@router.get(SCRIPT_SETTINGS, auth=may_read, response=Envelope[ScriptSettingsItem])
def get_script_settings(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """The settings that are not versioned."""
    return ok(settings_item(worker_named(script_name)))


@router.patch(SCRIPT_SETTINGS, auth=may_deploy, response=Envelope[ScriptSettingsItem])
def patch_script_settings(
    request: ApiRequest, account_id: str, script_name: str, given: ScriptSettings
) -> dict[str, Any]:
    """Changes the settings that are given; no version is made."""
    worker = worker_named(script_name)
    return ok(settings_item(change_settings(request, worker, given)))


@router.get(SETTINGS, auth=may_read, response=Envelope[ScriptSettingsAndVersion])
def get_settings(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """The settings, and what the latest version binds."""
    return ok(_settings(worker_named(script_name)))


@router.patch(
    SETTINGS,
    auth=may_deploy,
    response=Envelope[ScriptSettingsAndVersion],
    openapi_extra={"requestBody": SETTINGS_BODY},
)
def patch_settings(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """Changes the fields that are sent. Versioned fields create a copy of the latest version, which
    is deployed at 100%."""
    worker = worker_named(script_name)
    raw, _ = split_fields(read_fields(request), "settings")
    given: SettingsInput = validated(SettingsInput, parse_json(raw, "The settings"), "settings")
    refuse_unsupported(given)
    if given.migrations:
        raise unsupported(messages.MIGRATE_WITH_UPLOAD)
    if given.versioned:
        upload_copy(
            request.auth,
            worker,
            lambda: fully_live(worker),
            lambda draft: _edited(draft, given, worker),
            settings=changed_settings(given),
        )
    else:
        change_settings(request, worker, given)
    return ok(_settings(Worker.objects.get(pk=worker.pk)))


def change_settings(request: ApiRequest, worker: Worker, given: ScriptSettings) -> Worker:
    """Merges `given` into the Worker's settings."""
    return worker_settings.change_settings(
        worker,
        changed_settings(given),
        author=request.auth.user,
        source=request.auth.source,
        now=timezone.now(),
    )


def _settings(worker: Worker) -> dict[str, Any]:
    latest = latest_version(worker)
    runtime = latest.runtime if latest else {}
    return {
        **settings_item(worker),
        "bindings": binding_items(latest) if latest else [],
        "compatibility_date": latest.compatibility_date if latest else "",
        "compatibility_flags": latest.compatibility_flags if latest else [],
        "usage_model": USAGE_MODEL,
        "annotations": notes.of_version(latest) if latest else {},
        **{key: runtime[key] for key in ("limits", "placement", "cache_options") if key in runtime},
    }


def _edited(draft: Draft, given: SettingsInput, worker: Worker) -> Draft:
    """`draft` with the versioned fields that were sent; null takes one away."""
    sent = given.model_fields_set
    bindings = draft.bindings if given.bindings is None else _listed(draft.bindings, given.bindings)
    changes = {key: getattr(given, key) for key in VERSIONED if key in sent}
    runtime = {**draft.runtime, **changes}
    flags = given.compatibility_flags
    return replace(
        draft,
        bindings=bindings,
        compatibility_date=given.compatibility_date or draft.compatibility_date,
        compatibility_flags=draft.compatibility_flags if flags is None else tuple(flags),
        runtime={key: value for key, value in runtime.items() if value is not None},
        tag=notes.tag_of(given.annotations),
        message=notes.message_of(given.annotations),
        annotations=notes.stored(given.annotations, worker.name),
    )


def _listed(current: Bindings, rows: list[dict[str, Any]]) -> Bindings:
    """A row with only a type and a name keeps that binding; any other row sets one."""
    named = {binding.name: binding for binding in current}
    unchanged = [row.get("name") for row in rows if set(row) <= {"name", "type"}]
    given = parse_bindings([row for row in rows if row.get("name") not in unchanged])
    missing = [name for name in unchanged if name not in named]
    if missing:
        raise bad_request(messages.no_binding_to_keep(missing[0]), 10056)
    return (*(named[str(name)] for name in unchanged), *given)
