"""Start and end of the agent's program."""

import os
import signal
from types import SimpleNamespace

import pytest

from routing.agent import __main__ as program, config
from routing.agent.adoption.inherited import NOTHING_INHERITED
from routing.agent.adoption.ports import PortInUse
from routing.agent.base import messages
from routing.agent.base.edge_folder import STEP_ASIDE, FolderInUse
from routing.agent.config import ConfigInvalid
from routing.agent.users.claims import Users
from routing.agent.users.isolation import Isolation, Kind


class FakeEdge:
    """Sends `signals` to this process once it has started."""

    signals, log, hangs, is_removed = [], [], False, False

    def __init__(self, *_):
        type(self).log = []

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def start(self):
        self.log.append("start")
        for number in self.signals:
            os.kill(os.getpid(), number)

    def on_removed(self, act):
        if self.is_removed:
            act()

    async def stop(self):
        self.log.append("stop")
        if self.hangs:
            raise TimeoutError

    async def leave(self):
        self.log.append("leave")

    def kill(self):
        self.log.append("kill")


@pytest.fixture
def edge(monkeypatch):
    monkeypatch.setattr(program, "Edge", FakeEdge)
    monkeypatch.setattr(FakeEdge, "signals", [])
    return FakeEdge


async def run(parent=None):
    settings = SimpleNamespace(parent=parent, orphan_seconds=0.0)
    return await program._run(settings, Users(Isolation(kind=Kind.agent)), NOTHING_INHERITED)


@pytest.mark.parametrize(
    ("signals", "log"),
    [
        ([signal.SIGTERM], ["start", "stop", "kill"]),
        ([signal.SIGINT], ["start", "stop", "kill"]),
        ([STEP_ASIDE], ["start", "leave"]),
        ([signal.SIGTERM, STEP_ASIDE], ["start", "stop", "kill"]),
    ],
)
async def test_signals(edge, monkeypatch, signals, log):
    monkeypatch.setattr(edge, "signals", signals)
    await run()
    assert edge.log == log


async def test_it_ends_with_its_parent_and_kills_what_is_left(edge, monkeypatch, caplog):
    monkeypatch.setattr(program, "has_exited", lambda pid: True)
    monkeypatch.setattr(edge, "hangs", True)
    await run(parent=1)
    assert edge.log == ["start", "stop", "kill"]
    assert "time limit reached" in caplog.text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConfigInvalid("SLUICE_EDGE_PORT='x': expected a number."), "SLUICE_EDGE_PORT='x'"),
        (PortInUse("SLUICE_EDGE_PORT=80: another program uses this port"), "SLUICE_EDGE_PORT=80"),
        (FolderInUse("edge: another agent runs here (pid 7)."), "edge: another agent"),
        (PermissionError(13, "Permission denied"), "The edge cannot start: "),
    ],
)
def test_an_error_at_the_start_is_one_line_and_exit_code_2(monkeypatch, capsys, error, text):
    def fails():
        raise error

    monkeypatch.setattr(program, "hide", lambda: None)
    monkeypatch.setattr(program.log_lines, "log_to_stderr", lambda kind: None)
    monkeypatch.setattr(program.os, "umask", lambda mask: None)
    monkeypatch.setattr(config, "read", fails)
    assert program.main() == 2
    assert capsys.readouterr().err.startswith(text)


async def test_an_edge_that_was_removed_erases_its_secrets_and_says_so(
    edge, monkeypatch, tmp_path, caplog
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "modules").mkdir()
    for name in ("snapshot.json", "credentials.json", "edge_key", "modules/abc", "log.txt"):
        (tmp_path / name).write_text("x")
    monkeypatch.setattr(edge, "is_removed", True)
    assert await run() == program.EXIT_REMOVED
    assert edge.log == ["start", "stop", "kill"]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["log.txt"]
    assert messages.REMOVED in caplog.text


async def test_an_edge_without_credentials_names_the_variable(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    settings = config.read({"SLUICE_DATA_DIR": str(tmp_path), "SLUICE_ENVOY": "/bin/true"})
    users = Users(Isolation(kind=Kind.agent))
    assert await program._join_and_run(settings, users, NOTHING_INHERITED) == 2
    assert "SLUICE_EDGE_JOIN_TOKEN" in capsys.readouterr().err
