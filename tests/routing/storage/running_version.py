"""A real process of one version with one binding, for tests of its runtime code."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from routing.agent.base.capnp_config import encode, runtime
from routing.compile import names
from routing.compile.workerd import config as workerd
from routing.snapshot import BindingSpec, ModuleSpec
from tests.real.version_process import serve_version, stop
from tests.routing.compile.cases import make_version


@asynccontextmanager
async def running_version(
    folder: Path, code: bytes, binding: BindingSpec, number: int = 1
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the version's public entrypoint."""
    sha256 = hashlib.sha256(code).hexdigest()
    kind = "application/javascript+module"
    module = ModuleSpec(name="m.js", content_type=kind, sha256=sha256, size=len(code))
    made = make_version(
        number, modules=(module,), main_module="m.js", exports=(), bindings=(binding,)
    )
    contents = {sha256: code}
    config = workerd.config("shop", made, contents, slot=0, runtime=runtime(), tail=False)
    process = serve_version(folder, made, encode(config), None)
    transport = httpx.AsyncHTTPTransport(uds=names.socket_file(made.id, names.socket()))
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://w", timeout=30
        ) as client:
            yield client
    finally:
        stop(process)
