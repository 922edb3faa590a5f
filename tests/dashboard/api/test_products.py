"""Cloudflare's other products: refused by name, wherever wrangler may ask for them."""

import re

import pytest
from django.conf import settings
from django.urls import resolve

from dashboard.api.http.errors import unknown_route
from dashboard.api.products import product_at, product_of_binding
from routing.compile.workerd.bindings import SUPPORTED
from tests.dashboard.api.conftest import Answer, Api

WRANGLER = settings.NODE_MODULES / "wrangler/wrangler-dist/cli.js"
OF_NO_PRODUCT = {*SUPPORTED, "inherit", "unsafe_hello_world"}
OURS_ALONE = {"/accounts/x/workers/subdomains/x"}
"""Addresses of Workers themselves that are not served; wrangler does without them."""


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/queues/x/metrics", "Settings of queues are not supported"),
        ("GET", "/r2/buckets/b/cors", "Settings of R2 buckets are"),
        ("PUT", "/workflows/w", "Workflows are"),
        ("GET", "/vectorize/v2/indexes", "Vectorize is"),
        ("GET", "/hyperdrive/configs", "Hyperdrive is"),
        ("GET", "/pages/projects", "Cloudflare Pages are"),
        ("GET", "/containers/applications", "Containers are"),
        ("GET", "/workers/dispatch/namespaces", "Workers for Platforms are"),
        ("GET", "/ai/models/search", "Workers AI is"),
        ("GET", "/workers/durable_objects/namespaces/x/objects", "Durable Objects are"),
        ("GET", "/workers/services/s/environments/staging/content", "Service environments are"),
    ],
)
def test_a_product_is_refused_by_its_name(api: Api, method: str, path: str, name: str):
    answer = api(method, path)
    assert answer.refusal == (400, 90001) and name in answer.message


def test_other_settings_of_zones_are_refused_by_name(api: Api):
    answer = Answer(api.raw("GET", "/zones/x/dns_records"))
    assert answer.refusal == (400, 90001) and "Settings of zones are" in answer.message


def test_what_is_no_product_is_an_unknown_address(api: Api):
    assert api("GET", "/nothing").refusal == (404, 7003)
    assert api("GET", "/workers/scripts/d1/nothing").refusal == (404, 7003)


def test_every_address_that_wrangler_asks_is_served_or_a_product():
    """Each address in wrangler's own code; the bundled SDK's are left out."""
    lines = [line for line in WRANGLER.read_text().splitlines() if "_client" not in line]
    found = [text for line in lines for text in re.findall(r"`(/accounts/\$\{[^`?]*)", line)]
    paths = {re.sub(r"\$\{[^}]*(\}+|$)", "x", text).rstrip("/") for text in found} - OURS_ALONE
    paths = {path.replace("deploymentsx", "deployments") for path in paths}
    paths = {path.replace("/vectorizex/", "/vectorize/") for path in paths}
    paths = {path.replace("/database/x/x", "/database/x/query") for path in paths}
    assert len(paths) > 100
    views = {path: resolve(f"/client/v4{path}").func.__name__ for path in paths}
    unknown = [path for path, view in views.items() if view == unknown_route.__name__]
    assert [path for path in sorted(unknown) if not product_at(path)] == []


def test_every_binding_that_wrangler_sends_is_served_or_a_product():
    """Each type in wrangler's own code, of which two belong to no product."""
    kinds = set(
        re.findall(r'metadataBindings\.push\(\{[^{}]*?\btype: "([a-z_0-9]+)"', WRANGLER.read_text())
    )
    assert len(kinds) > 15
    unnamed = [kind for kind in kinds - OF_NO_PRODUCT if not product_of_binding(kind)]
    assert sorted(unnamed) == []
