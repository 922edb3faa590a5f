"""The configuration of a version's process, as workerd's own schema reads it."""

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from routing.agent.base import capnp_config, limits
from routing.agent.base.process_end import EndKind
from routing.agent.control_plane.content import ContentMissing
from routing.agent.processes import process_config
from routing.agent.processes.process_config import Configurations
from routing.agent.processes.process_start import NotStarted
from routing.agent.state.actions import Start
from routing.agent.users.isolation import Isolation, Kind
from routing.compile.workerd.modules import VersionInvalid
from routing.snapshot import ModuleSpec
from tests.routing.agent.histories import make_version, no_assets

CODE = b"export default { fetch() { return new Response('a') } }"
SHA256 = hashlib.sha256(CODE).hexdigest()


def configurations(error=None):
    async def of(version):
        if error is not None:
            raise error
        return {SHA256: CODE}

    return Configurations(
        SimpleNamespace(of=of),
        no_assets(),
        tail=False,
        key=b"k",
        isolation=Isolation(kind=Kind.agent),
    )


def start(**fields):
    module = ModuleSpec(
        name="main.js",
        content_type="application/javascript+module",
        sha256=SHA256,
        size=len(CODE),
    )
    version = replace(make_version("a"), modules=(module,), main_module="main.js", **fields)
    return Start("shop", version, 0)


@pytest.fixture(autouse=True)
def no_workerd(monkeypatch):
    monkeypatch.setattr(process_config, "newest_date", lambda: "2026-11-24")


async def test_modules_become_bytes():
    encoded = await configurations().of(start())
    assert CODE in encoded


async def test_a_module_that_cannot_be_fetched_is_not_the_versions_fault():
    with pytest.raises(NotStarted, match="cannot be fetched") as failed:
        await configurations(ContentMissing("module x cannot be fetched")).of(start())
    assert failed.value.kind is EndKind.edge


async def test_an_invalid_version_is():
    with pytest.raises(NotStarted) as failed:
        await configurations(VersionInvalid("module", "no main module")).of(start())
    assert failed.value.kind is EndKind.start


def test_fingerprints_cover_the_configuration_and_need_workerd(monkeypatch, tmp_path):
    program = tmp_path / "workerd"
    program.touch()
    monkeypatch.setattr(limits, "program", lambda: program)
    one = configurations().fingerprint(start())
    assert one and one == configurations().fingerprint(start())
    assert one != configurations().fingerprint(start(compatibility_flags=("nodejs_compat",)))

    def missing():
        raise FileNotFoundError("workerd is not installed")

    monkeypatch.setattr(limits, "program", missing)
    assert configurations().fingerprint(start()) == ""


def test_text_that_is_not_valid_unicode_is_refused():
    with pytest.raises(VersionInvalid, match="not valid Unicode"):
        capnp_config.encode({"services": [{"name": "\ud800"}]})
