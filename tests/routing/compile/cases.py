"""Snapshots and versions whose compiled form is in golden/."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from routing.rules.split import TOTAL, VersionWeight
from routing.snapshot import (
    AssetsSpec,
    BindingSpec,
    DeploymentSpec,
    Export,
    ModuleSpec,
    ObjectClass,
    Overrides,
    Secret,
    Snapshot,
    VersionSpec,
    WorkerSpec,
)

FETCH = Export(name="default", kind="object", handlers=("fetch",))
SUMS = Export(name="Sums", kind="WorkerEntrypoint")
SCRIPT = b"addEventListener('fetch', (event) => event.respondWith(new Response(GREETING)));"
MODULE = b"export default { fetch() { return new Response(); } };"


def version_id(number: int) -> str:
    return f"{number:08d}-0000-4000-8000-000000000000"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def module(name: str, content_type: str, content: bytes) -> ModuleSpec:
    return ModuleSpec(
        name=name, content_type=content_type, sha256=sha256(content), size=len(content)
    )


INDEX = module("src/index.js", "application/javascript+module", MODULE)
PARTS = (
    module("src/lib.cjs", "application/javascript", b"exports.one = 1;"),
    INDEX,
    module("src/note.txt", "text/plain; charset=utf-8", b"Gr\xc3\xbc\xc3\x9fe \xff"),
    module("src/blob.bin", "application/octet-stream", b"\x00\x01"),
    module("src/add.wasm", "application/wasm", b"\x00asm"),
    module("src/data.json", "application/json", b"{}"),
    module("src/index.js.map", "application/source-map", b"{}"),
)
CONTENTS = {
    sha256(content): content
    for content in (
        *(MODULE, SCRIPT, b"exports.one = 1;", b"Gr\xc3\xbc\xc3\x9fe \xff"),
        *(b"\x00\x01", b"\x00asm", b"{}", b"hello"),
    )
}


def make_version(number: int = 1, **fields: object) -> VersionSpec:
    given: dict[str, object] = {
        "id": version_id(number),
        "number": number,
        "created_on": "2026-11-20T10:00:00.123456Z",
        "compatibility_date": "2026-08-01",
        "main_module": "src/index.js",
        "modules": (INDEX,),
        "exports": (FETCH,),
    }
    return VersionSpec(**{**given, **fields})  # type: ignore[arg-type]


def make_worker(
    name: str,
    *split: tuple[VersionSpec, int],
    hostnames: tuple[str, ...] = (),
    routes: tuple[str, ...] = (),
) -> WorkerSpec:
    shares = tuple(VersionWeight(version.id, weight) for version, weight in split)
    return WorkerSpec(
        name=name,
        hostnames=hostnames or (f"{name}.localhost",),
        deployment=DeploymentSpec(id=f"{name}-deployment", shares=shares),
        versions=tuple(version for version, _ in split),
        routes=routes,
    )


EVERY_BINDING = make_version(
    3,
    tag="v3",
    compatibility_flags=("nodejs_compat",),
    modules=PARTS,
    exports=(FETCH, SUMS, Export(name="odd name/", kind="object", handlers=("fetch",))),
    bindings=(
        BindingSpec(name="PLAIN", type="plain_text", options={"text": 'a "quoted" \\ value'}),
        BindingSpec(name="TOKEN", type="secret_text", secret=Secret("s3cret")),
        BindingSpec(name="JSON", type="json", options={"json": {"b": [1, None], "a": "é"}}),
        BindingSpec(name="VERSION", type="version_metadata"),
        BindingSpec(name="PRICING", type="service", options={"service": "pricing"}),
        BindingSpec(
            name="SUMS", type="service", options={"service": "pricing", "entrypoint": "Sums"}
        ),
    ),
)
CALLER = make_version(
    6,
    bindings=(
        BindingSpec(name="PRICES", type="service", options={"service": "pricing"}),
        BindingSpec(
            name="SUMS", type="service", options={"service": "pricing", "entrypoint": "Sums"}
        ),
        BindingSpec(name="GHOST", type="service", options={"service": "ghost"}),
    ),
)
SERVICE_WORKER = make_version(
    4,
    main_module="",
    body_part="script",
    modules=(
        module("script", "application/javascript", SCRIPT),
        module("greeting", "text/plain", b"hello"),
        module("blob", "application/octet-stream", b"\x00\x01"),
        module("add", "application/wasm", b"\x00asm"),
    ),
    bindings=(
        BindingSpec(name="GREETING", type="text_blob", options={"part": "greeting"}),
        BindingSpec(name="BLOB", type="data_blob", options={"part": "blob"}),
        BindingSpec(name="ADD", type="wasm_module", options={"part": "add"}),
    ),
)

SNAPSHOTS = {
    "empty": Snapshot(revision=0, domain="workers.example"),
    "one-version": Snapshot(revision=7, workers=(make_worker("hello", (make_version(1), TOTAL)),)),
    "split": Snapshot(
        revision=8,
        workers=(
            make_worker(
                "pricing",
                (make_version(2, exports=(FETCH, SUMS)), 0),
                (make_version(1), TOTAL),
                hostnames=("pricing.localhost", "Prices.example"),
            ),
            make_worker("check_out", (make_version(5), 33_333), (make_version(4), 66_667)),
            make_worker("caller", (CALLER, TOTAL)),
        ),
    ),
    "routes": Snapshot(
        revision=10,
        workers=(
            make_worker(
                "site",
                (make_version(1), TOTAL),
                hostnames=("site.localhost", "app.example.com"),
                routes=("*.example.com/*", "example.com/*"),
            ),
            make_worker(
                "api",
                (make_version(2), TOTAL),
                routes=("https://example.com/api/*", "example.com/exact"),
            ),
        ),
        disabled_routes=("example.com/off*",),
    ),
    "protected": Snapshot(
        revision=9,
        workers=(
            replace(
                make_worker("hello", (make_version(2), 0), (make_version(1), TOTAL)),
                overrides=Overrides(protected=True, keys={"k1": "cHVibGlj"}),
            ),
        ),
    ),
}
COUNTER_CLASS = ObjectClass(class_name="Counter", namespace="ab" * 16)
SNAPSHOTS["objects"] = Snapshot(
    revision=11,
    workers=(
        make_worker(
            "counter",
            (make_version(2, objects=(COUNTER_CLASS,)), 10_000),
            (make_version(1, objects=(COUNTER_CLASS,)), 90_000),
        ),
    ),
)
ASSETS = AssetsSpec(
    manifest=sha256(b"files"),
    files=2,
    size=1200,
    config={"html_handling": "drop-trailing-slash", "_headers": {"version": 2, "rules": {}}},
)
WITH_ASSETS = make_version(7, assets=ASSETS, bindings=(BindingSpec(name="FILES", type="assets"),))
ASSETS_ALONE = make_version(8, assets=ASSETS, main_module="", modules=(), exports=())
WITH_OBJECTS = make_version(
    9,
    exports=(FETCH, Export(name="Counter", kind="DurableObject")),
    objects=(COUNTER_CLASS,),
    bindings=(
        BindingSpec(
            name="COUNTER",
            type="durable_object_namespace",
            options={"class_name": "Counter", "namespace_id": "ab" * 16},
        ),
        BindingSpec(
            name="ROOMS",
            type="durable_object_namespace",
            options={"class_name": "Room", "namespace_id": "cd" * 16, "script_name": "chat"},
        ),
    ),
)
VERSIONS = {
    "modules": EVERY_BINDING,
    "service-worker": SERVICE_WORKER,
    "assets": WITH_ASSETS,
    "objects": WITH_OBJECTS,
}
OUR_OBJECT_SCRIPTS = (
    "alarms",
    "assignment",
    "host",
    "ids",
    "namespace",
    "prelude",
    "public",
    "router",
)
OUR_SCRIPTS = (
    *("cache.js", "entry.js", "events.js", "ranges.js", "rate_limit.js", "service.js"),
    *("data_points.js", "stored_secret.js", "email_message.js", "send_email.js", "tail.js"),
    *(f"objects/{name}.js" for name in OUR_OBJECT_SCRIPTS),
)
RUNTIME = {name: f"// {name}" for name in OUR_SCRIPTS} | {
    "objects/main.js": 'import "__PRELUDE__"; import * as code from "__MAIN__";',
    "inspect.js": 'import * as main from "__MAIN__"; "__TOKEN__"',
}
