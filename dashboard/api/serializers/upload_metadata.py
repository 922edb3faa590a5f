"""Upload metadata → a draft, and settings that are not versioned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from dashboard.api import messages
from dashboard.api.http.errors import ApiError, bad_request, unsupported, validation_messages
from dashboard.api.http.json_parser import parse_json
from dashboard.api.http.multipart import read_fields, split_fields
from dashboard.api.serializers import annotations as notes
from dashboard.api.serializers.annotations import Annotations
from dashboard.api.serializers.bindings import parse_bindings
from dashboard.api.serializers.object_migrations import MigrationsInput
from dashboard.api.serializers.settings_schema import ScriptSettings, changed_settings
from routing.assets import uploads
from routing.assets.config import ConfigInvalid, check_config
from routing.assets.uploads import AssetsRefused
from routing.snapshot import AssetsSpec
from routing.upload_draft import SECRET_TYPES, Draft, Part

OLDEST_DATE = "2021-11-02"
"""Cloudflare's default compatibility date."""
VERSIONED = ("placement", "limits", "cache_options", "usage_model")
"""Stored with the version and returned; no effect in Sluice."""

Name = Annotated[str, StringConstraints(max_length=1024)]
Date = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Flag = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class VersionSettings(ScriptSettings):
    """Fields of both uploads and settings calls. Others are ignored."""

    model_config = ConfigDict(extra="ignore")

    annotations: Annotations | None = None
    placement: dict[str, Any] | None = None
    limits: dict[str, Any] | None = None
    cache_options: dict[str, Any] | None = None
    usage_model: str | None = Field(None, max_length=20)
    migrations: MigrationsInput | None = None
    exports: Any = None
    containers: Any = None


class AssetsInput(BaseModel):
    """Static assets. Without `jwt`, `config` belongs to those that `keep_assets` copies."""

    model_config = ConfigDict(extra="ignore")

    jwt: str | None = Field(None, max_length=500, description="From the upload of the files.")
    config: dict[str, Any] = {}


class UploadMetadata(VersionSettings):
    """Everything of a version except its modules."""

    main_module: Name = Field("", description="The module that exports the handlers.")
    body_part: Name = Field("", description="The script, in service-worker syntax.")
    compatibility_date: Date = OLDEST_DATE
    compatibility_flags: list[Flag] = Field(default=[], max_length=100)
    bindings: list[dict[str, Any]] = []
    keep_bindings: list[str] | None = Field(
        None, description="Types to copy from the latest version. Default: secrets."
    )
    assets: AssetsInput | None = None
    keep_assets: bool | None = Field(
        None,
        description="Copies static assets, placement, limits and caching from the latest version.",
    )


class SettingsInput(VersionSettings):
    """A change of settings; absent means unchanged."""

    bindings: list[dict[str, Any]] | None = None
    compatibility_date: Date | None = None
    compatibility_flags: list[Flag] | None = Field(None, max_length=100)

    @property
    def versioned(self) -> bool:
        """Whether this changes what belongs to a version, rather than to the Worker alone."""
        own = {"bindings", "compatibility_date", "compatibility_flags", "annotations", *VERSIONED}
        return bool(own & self.model_fields_set)


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload from a request. `annotated`: annotations were sent, perhaps empty, which
    `wrangler versions upload` always does and a plain `wrangler deploy` never."""

    draft: Draft
    keep: frozenset[str]
    settings: Mapping[str, Any]
    annotated: bool = True


def read_upload(request: HttpRequest, worker_name: str) -> Upload:
    """The multipart upload in `request`. Raises `ApiError`."""
    raw, parts = split_fields(read_fields(request), "metadata")
    metadata = validated(UploadMetadata, parse_json(raw, "The metadata"), "metadata")
    return upload_from_settings(metadata, parts, worker_name)


@dataclass(frozen=True, slots=True)
class Content:
    """The modules of an upload, without anything else."""

    main_module: str
    body_part: str
    parts: tuple[Part, ...]


def read_content(request: HttpRequest) -> Content:
    """The multipart body in `request`. Raises `ApiError`."""
    raw, parts = split_fields(read_fields(request), "metadata")
    metadata = validated(UploadMetadata, parse_json(raw, "The metadata"), "metadata")
    _check_main(metadata, parts)
    return Content(metadata.main_module, metadata.body_part, parts)


def upload_from_settings(
    metadata: UploadMetadata, parts: tuple[Part, ...], worker_name: str
) -> Upload:
    """`metadata` and its modules as an upload. Raises `ApiError`."""
    refuse_unsupported(metadata)
    _check_main(metadata, parts)
    keep = metadata.keep_bindings
    assets = _assets(metadata.assets, worker_name)
    return Upload(
        draft=replace(_draft(metadata, parts, worker_name), assets=assets),
        keep=SECRET_TYPES if keep is None else frozenset(keep),
        settings=changed_settings(metadata),
        annotated="annotations" in metadata.model_fields_set,
    )


def _assets(given: AssetsInput | None, worker_name: str) -> AssetsSpec | None:
    if given is None or given.jwt is None:
        return None
    try:
        config = check_config(given.config)
        return uploads.finish(given.jwt, worker_name, config, timezone.now())
    except (ConfigInvalid, AssetsRefused) as error:
        raise bad_request(str(error)) from None


def refuse_unsupported(given: VersionSettings) -> None:
    """Raises `ApiError` for a product that Sluice does not have."""
    for field, reason in messages.UNSUPPORTED_FIELDS.items():
        if getattr(given, field):
            raise unsupported(reason)


Model = type[BaseModel]


def validated(model: Model, value: Any, what: str) -> Any:
    """`value` as `model`. Raises `ApiError` with the name of the invalid field, not its value."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = validation_messages(error.errors(include_input=False, include_url=False))
        raise ApiError(400, *[(10026, f"{what}: {p}") for p in problems]) from None


def _draft(metadata: UploadMetadata, parts: tuple[Part, ...], worker_name: str) -> Draft:
    runtime = {key: getattr(metadata, key) for key in VERSIONED}
    return Draft(
        main_module=metadata.main_module,
        body_part=metadata.body_part,
        compatibility_date=metadata.compatibility_date,
        compatibility_flags=tuple(metadata.compatibility_flags),
        parts=parts,
        bindings=parse_bindings(metadata.bindings),
        tag=notes.tag_of(metadata.annotations),
        message=notes.message_of(metadata.annotations),
        annotations=notes.stored(metadata.annotations, worker_name),
        runtime={key: value for key, value in runtime.items() if value is not None},
        # Older wranglers send it with a copy of the latest version, and leave out part of that.
        keep_runtime=bool(metadata.keep_assets),
        migration=metadata.migrations.migration() if metadata.migrations else None,
    )


def _check_main(metadata: UploadMetadata, parts: tuple[Part, ...]) -> None:
    """The metadata names one part as the program, and that part is there. Static assets need no
    program."""
    if metadata.assets and not (metadata.main_module or metadata.body_part or parts):
        return
    if bool(metadata.main_module) == bool(metadata.body_part):
        raise bad_request(messages.ONE_PROGRAM)
    main = metadata.main_module or metadata.body_part
    names = [part.name for part in parts]
    if main not in names:
        raise ApiError(400, (10021, messages.no_such_module(main, names)))
