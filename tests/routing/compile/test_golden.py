"""The compiler's whole output, compared with golden/; `make golden` rewrites it."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from routing.compile import names
from routing.compile.envoy import config as envoy
from routing.compile.workerd import config as workerd
from routing.snapshot import Snapshot, VersionSpec
from tests.routing.compile import cases

GOLDEN = Path(__file__).parent / "golden"


def check(path: Path, compiled: Any) -> None:
    text = json.dumps(compiled, indent=1, sort_keys=True, ensure_ascii=False, default=as_text)
    if os.environ.get("SLUICE_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    assert path.read_text() == text + "\n", "if this is what you meant: make golden"


def as_text(value: object) -> str:
    assert isinstance(value, bytes), value
    return f"base64:{base64.b64encode(value).decode()}"


@pytest.mark.parametrize("public_headers", [False, True])
def test_start_up_configuration(public_headers: bool) -> None:
    settings = envoy.Settings(
        public_host="0.0.0.0",
        public_port=8787,
        proof_port=8788,
        public_headers=public_headers,
        edge_name="fra-1 100%",
    )
    if public_headers:
        settings = replace(
            settings,
            trusted_proxies=("10.0.0.0/8", "2001:db8::/32"),
            cf={"country": "US", "city": "100% \u00fc"},
            tls_port=8443,
            certificates=2,
            https_port=443,
        )
    folder = "bootstrap-public-headers" if public_headers else "bootstrap"
    check(GOLDEN / folder / "bootstrap.json", envoy.bootstrap(settings))


@pytest.mark.parametrize("name", cases.SNAPSHOTS)
def test_snapshots(name: str) -> None:
    snapshot = cases.SNAPSHOTS[name]
    slots = slots_of(snapshot)
    check(GOLDEN / name / "public.json", envoy.public_scopes(snapshot))
    check(GOLDEN / name / "internal.json", envoy.internal_scopes(snapshot, slots))
    check(GOLDEN / name / "clusters.json", envoy.clusters(endpoints(snapshot)))


def test_a_cluster_with_a_socket_for_ranges() -> None:
    clusters = envoy.clusters({"v": ["v/v.http.sock"]}, ranges={"v": "v/v.ranges.sock"})
    check(GOLDEN / "assets-alone/clusters.json", clusters)


@pytest.mark.parametrize("name", cases.VERSIONS)
def test_versions(name: str) -> None:
    version = cases.VERSIONS[name]
    check(GOLDEN / name / "serve.json", serving(version))
    inspected = workerd.inspection_config(
        version, cases.CONTENTS, runtime=cases.RUNTIME, token="token"
    )
    check(GOLDEN / name / "inspect.json", inspected)


def test_a_version_of_static_assets_alone() -> None:
    check(GOLDEN / "assets-alone/serve.json", serving(cases.ASSETS_ALONE))


def serving(version: VersionSpec) -> dict[str, Any]:
    return workerd.config(
        "checkout",
        version,
        cases.CONTENTS,
        slot=2,
        runtime=cases.RUNTIME,
        deny=["192.0.2.7/32"],
        cache=b"key",
    )


def slots_of(snapshot: Snapshot) -> dict[str, int]:
    versions = [version for worker in snapshot.workers for version in worker.versions]
    return {version.id: slot for slot, version in enumerate(versions)}


def endpoints(snapshot: Snapshot) -> dict[str, list[str]]:
    return {
        names.cluster(version.id, names.entrypoint(socket)): [names.socket_file(version.id, socket)]
        for worker in snapshot.workers
        for version in worker.versions
        for socket in workerd.socket_names(version)
        if socket != names.RANGES
    }
