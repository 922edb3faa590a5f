"""The API as one object: every resource, its errors, and the OpenAPI document of it all."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI, Schema
from ninja.openapi.schema import OpenAPISchema

from dashboard.api.analytics import graphql, telemetry
from dashboard.api.http.envelope import Failure
from dashboard.api.http.errors import handle_errors
from dashboard.api.http.json_parser import StrictParser
from dashboard.api.resources import (
    account,
    addresses,
    assets,
    deployments,
    identity,
    logpush,
    references,
    schedules,
    script_settings,
    scripts,
    secrets,
    services,
    subdomain,
    versions,
    workers_beta,
    workers_beta_versions,
    zones,
)
from dashboard.api.resources.storage import (
    analytics_engine,
    d1,
    d1_transfer,
    kv_keys,
    kv_namespaces,
    objects,
    queue_consumers,
    queues,
    r2_buckets,
    r2_objects,
    secret_stores,
)
from dashboard.api.tail import sessions

PREFIX = "/client/v4"
RESOURCES = (
    identity,
    account,
    services,
    scripts,
    assets,
    versions,
    deployments,
    secrets,
    script_settings,
    subdomain,
    schedules,
    references,
    workers_beta,
    workers_beta_versions,
    logpush,
    graphql,
    telemetry,
    kv_namespaces,
    kv_keys,
    d1,
    d1_transfer,
    objects,
    queues,
    queue_consumers,
    r2_buckets,
    r2_objects,
    secret_stores,
    analytics_engine,
    sessions,
    addresses,
    zones,
)


class DocumentedAPI(NinjaAPI):
    """Documents what each operation refuses, too: in the shape of the schema `refusal`."""

    def __init__(self, *, prefix: str, refusal: type[Schema], **given: Any) -> None:
        super().__init__(**given)
        self.prefix, self.refusal = prefix, refusal

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=self.prefix)
        schemas = document["components"]["schemas"]
        name = self.refusal.__name__
        refused = {
            "description": "Refused; the body says why.",
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = refused
        schema = self.refusal.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[name] = schema
        return document


api = DocumentedAPI(
    prefix=PREFIX,
    refusal=Failure,
    title="Sluice",
    version="4",
    description="Cloudflare's API for Workers, as far as Sluice has it.",
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
    parser=StrictParser(),
)
for module in RESOURCES:
    api.add_router("", module.router)
handle_errors(api)
