"""Envoy's files, against something that answers like Envoy's admin socket."""

import errno
import json
from pathlib import Path

import pytest

from routing.agent.base.unix_http_server import Response, Server
from routing.agent.envoy import config_files
from routing.agent.envoy.admin_client import Admin, EnvoyUnavailable
from routing.agent.envoy.config_files import Rejected, Unwritable, XdsFiles
from routing.compile.names import CLUSTERS, PUBLIC_ROUTES, STATS


class FakeEnvoy:
    """Loads whatever is in the file, unless `refuse` is set."""

    def __init__(self):
        self.running, self.refused = "", 0
        self.refuse = self.deaf = False
        self.seen = ""

    def answer(self, request):
        assert request.path.startswith("/stats?filter=%5E")
        content = Path(CLUSTERS).read_text() if Path(CLUSTERS).exists() else ""
        if content != self.seen and not self.deaf:
            self.seen = content
            if self.refuse:
                self.refused += 1
            else:
                self.running = json.loads(content)["version_info"]
        prefix = STATS[CLUSTERS]
        lines = [f'{prefix}.version_text: "{self.running}"', f"{prefix}.update_failure: 0"]
        lines.append(f"{prefix}.update_rejected: {self.refused}")
        return Response(body="\n".join(lines).encode())


@pytest.fixture
async def envoy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("xds").mkdir()
    fake = FakeEnvoy()
    server = Server("admin.sock", fake.answer, mode=0o600)
    await server.start()
    yield fake
    server.stop()


@pytest.fixture
async def files(envoy):
    admin = Admin()
    yield XdsFiles(admin)
    await admin.close()


def cluster(name):
    return {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": name}


async def test_it_returns_when_envoy_has_the_file(envoy, files):
    await files.replace(CLUSTERS, [cluster("a")], 7)
    assert envoy.running.startswith("7.")
    assert "a" in Path(CLUSTERS).read_text()


async def test_what_envoy_has_is_not_written_again(envoy, files):
    await files.replace(CLUSTERS, [cluster("a")], 1)
    before = Path(CLUSTERS).stat().st_ino
    await files.replace(CLUSTERS, [cluster("a")], 2)
    assert Path(CLUSTERS).stat().st_ino == before
    await files.replace(CLUSTERS, [cluster("b")], 3)
    assert envoy.running.startswith("3.")


async def test_what_envoy_refuses_is_put_back(envoy, files):
    await files.replace(CLUSTERS, [cluster("a")], 1)
    good = Path(CLUSTERS).read_bytes()
    envoy.refuse = True
    with pytest.raises(Rejected, match="xds/clusters.json"):
        await files.replace(CLUSTERS, [cluster("bad")], 2)
    assert Path(CLUSTERS).read_bytes() == good
    envoy.refuse = False
    await files.replace(CLUSTERS, [cluster("b")], 3)
    assert envoy.running.startswith("3.")


async def test_an_envoy_that_never_takes_it_is_away_and_the_good_file_stays(
    envoy, files, monkeypatch
):
    await files.replace(CLUSTERS, [cluster("a")], 1)
    good = Path(CLUSTERS).read_bytes()
    monkeypatch.setattr(config_files, "CONFIRM_SECONDS", 0.05)
    envoy.deaf = True
    with pytest.raises(EnvoyUnavailable, match="has not loaded"):
        await files.replace(CLUSTERS, [cluster("b")], 2)
    assert Path(CLUSTERS).read_bytes() == good


async def test_without_envoy_it_is_away(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EnvoyUnavailable):
        await Admin().get("/stats")
    assert not await XdsFiles(Admin()).running()


async def test_a_full_disk_leaves_envoy_what_it_has(envoy, files, monkeypatch):
    await files.replace(CLUSTERS, [cluster("a")], 1)
    before = Path(CLUSTERS).read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(config_files.edge_folder, "write", full)
    with pytest.raises(Unwritable, match="No space left"):
        await files.replace(CLUSTERS, [cluster("b")], 2)
    files.restore()
    assert Path(CLUSTERS).read_bytes() == before and envoy.running == "1.1"


def test_on_a_full_disk_envoy_starts_with_the_file_that_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xds").mkdir()
    earlier = XdsFiles(Admin())
    assert earlier.put(PUBLIC_ROUTES, [{"@type": "a.b", "name": "public"}], 7)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(config_files.edge_folder, "write_or_overwrite", full)
    files = XdsFiles(Admin())
    assert not files.put(PUBLIC_ROUTES, [{"@type": "a.b", "name": "other"}], 8)
    assert files.revision() == 7
    with pytest.raises(Unwritable):
        files.put(CLUSTERS, [], 8)
