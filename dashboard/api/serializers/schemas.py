"""What answers hold: the API's documentation is generated from these."""

from __future__ import annotations

from typing import Any

from ninja import Field, Schema

from dashboard.api.serializers.settings_schema import ScriptSettingsItem

Json = dict[str, Any]


class Named(Schema):
    """A name and a type; secrets have no more in responses."""

    name: str
    type: str


class VersionMetadata(Schema):
    created_on: str
    modified_on: str
    source: str
    author_id: str
    author_email: str
    has_preview: bool
    hasPreview: bool


class NamedHandler(Schema):
    name: str
    handlers: list[str]


class VersionScript(Schema):
    etag: str
    handlers: list[str]
    named_handlers: list[NamedHandler]
    last_deployed_from: str
    placement_mode: str | None = None
    placement: Json | None = None


class VersionRuntime(Schema):
    compatibility_date: str
    compatibility_flags: list[str]
    usage_model: str
    migration_tag: str | None = None
    limits: Json | None = None
    cache_options: Json | None = None


class VersionResources(Schema):
    script: VersionScript
    script_runtime: VersionRuntime
    bindings: list[Json]


class VersionItem(Schema):
    """A version; `startup_time_ms` only in the answer to its upload."""

    id: str
    number: int
    startup_time_ms: int | None = None
    metadata: VersionMetadata
    annotations: dict[str, str]
    resources: VersionResources


class VersionList(Schema):
    items: list[VersionItem]


class ShareItem(Schema):
    version_id: str
    percentage: int | float


class DeploymentItem(Schema):
    """A deployment; the first of a list is the active one."""

    id: str
    source: str
    strategy: str
    author_email: str
    created_on: str
    annotations: dict[str, str]
    versions: list[ShareItem]


class DeploymentList(Schema):
    """`items` are the same: the official SDKs read those."""

    deployments: list[DeploymentItem]
    items: list[DeploymentItem]


class ScriptItem(ScriptSettingsItem):
    """A Worker as its latest version and its settings describe it."""

    id: str
    tag: str
    etag: str
    handlers: list[str]
    created_on: str
    modified_on: str
    usage_model: str
    has_assets: bool
    has_modules: bool
    last_deployed_from: str
    compatibility_date: str
    compatibility_flags: list[str]
    migration_tag: str | None = None
    placement_mode: str | None = None
    placement: Json | None = None
    limits: Json | None = None
    cache_options: Json | None = None


class UploadedScript(ScriptItem):
    """The answer to a live upload: `deployment_id` is the version's id, as clients expect."""

    startup_time_ms: int
    deployment_id: str
    entry_point: str


class ScriptSettingsAndVersion(ScriptSettingsItem):
    """A Worker's settings with what its latest version binds."""

    bindings: list[Json]
    compatibility_date: str
    compatibility_flags: list[str]
    usage_model: str
    annotations: dict[str, str]
    limits: Json | None = None
    placement: Json | None = None
    cache_options: Json | None = None


class AccountItem(Schema):
    id: str
    name: str
    type: str
    settings: Json
    created_on: str


class UserItem(Schema):
    id: str
    email: str
    username: str
    first_name: str
    last_name: str


class MembershipItem(Schema):
    id: str
    status: str
    account: Json
    roles: list[str]
    permissions: Json


class TokenStatus(Schema):
    id: str
    status: str
    expires_on: str | None = None


class ServiceItem(Schema):
    id: str
    created_on: str
    modified_on: str
    environments: list[Json]
    default_environment: Json


class References(Schema):
    services: Json
    durable_objects: list[Json]
    dispatch_outbounds: list[Json]


class ObjectNamespaceItem(Schema):
    """A namespace of Durable Objects: the objects of one class of the Worker `script`."""

    id: str
    class_: str = Field(alias="class")
    name: str
    script: str
    use_sqlite: bool
    environment: str


class Subdomain(Schema):
    enabled: bool
    previews_enabled: bool


class AccountSubdomain(Schema):
    subdomain: str


class Schedule(Schema):
    cron: str
    created_on: str
    modified_on: str


class Schedules(Schema):
    schedules: list[Schedule]


class WorkerSubdomain(Subdomain):
    url: str
    preview_url_suffix: str


class WorkerItem(ScriptSettingsItem):
    """A Worker as the newer Workers resource has it; `id` is its tag."""

    id: str
    name: str
    created_on: str
    updated_on: str
    deployed_on: str | None
    references: Json
    subdomain: WorkerSubdomain


class WorkerVersion(Schema):
    """A version as the newer Workers resource has it: flat."""

    id: str
    number: int
    created_on: str
    urls: list[str]
    source: str
    annotations: dict[str, str]
    author_id: str
    author_email: str
    bindings: list[Json]
    compatibility_date: str
    compatibility_flags: list[str]
    main_module: str
    usage_model: str
    migration_tag: str | None = None
    limits: Json | None = None
    placement: Json | None = None
    cache_options: Json | None = None
    startup_time_ms: int
    modules: list[Json] | None = None
