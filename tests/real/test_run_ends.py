"""Ends of `make run`: planned ones end everything, others leave the edge serving."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from tests.eventually import eventually
from tests.real.run_processes import children_of, edge_processes, processes_under, running_under
from tests.running import PROJECT, System

pytestmark = pytest.mark.real


@pytest.fixture
def data_folder(tmp_path):
    """Whatever a failed test leaves running in it is ended."""
    yield tmp_path
    for pid, _, _ in running_under(tmp_path):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_planned_stop_ends_everything_and_no_other_end_fails_a_request(data_folder):
    tmp_path = data_folder
    system = System(tmp_path / "data").start()
    token, before = system.token, system.active("hello")["id"]
    assert system.stop() == 0
    assert processes_under(tmp_path) == [] and not (system.data_dir / "run.json").exists()
    for port in (system.http_port, system.edge_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
    began = time.monotonic()
    system.start()
    print(f"second start: {time.monotonic() - began:.1f} s")
    assert "Shown once" not in system.said and token not in system.said
    assert system.active("hello")["id"] == before and system.get("hello").status_code == 200

    # From here on the edge serves through every end of our own processes but a planned one.
    serving = edge_processes(system)
    with Load(system) as load:
        system.stop(signal.SIGKILL)
        load.goes_on()
        system.start()
        load.goes_on()
        assert edge_processes(system) == serving
        os.kill(children_of(system)["routing.agent"], signal.SIGKILL)
        load.goes_on()
        assert run_module(system, "restart") == "Restarted. The edge kept serving."
        load.goes_on()
        assert edge_processes(system) == serving
    assert load.failures == []
    assert system.manage("explain", "--worker", "hello")
    agent = children_of(system)["routing.agent"]
    system.stop(signal.SIGKILL)
    os.kill(agent, signal.SIGKILL)
    eventually(lambda: edge_processes(system) == serving)  # the killed agent needs a moment to go
    assert "Stopped all processes" in run_module(system, "stop")
    assert processes_under(tmp_path) == []
    assert run_module(system, "stop") == "Sluice is not running in this data folder."


@pytest.mark.parametrize(
    "setting",
    [
        {"SLUICE_HTTP_PORT": "http"},
        {"SLUICE_EDGE_PORT": "0"},
        {"SLUICE_DOMAIN": "Not A Domain"},
        {"SLUICE_ACCOUNT_ID": "a/b"},
        {"REDIS_URL": "localhost"},
        {"SLUICE_SECRET_KEY": "short"},
    ],
)
def test_a_bad_setting_stops_the_start_by_name(setting, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "dashboard.run"],
        cwd=PROJECT,
        env={**os.environ, "SLUICE_DATA_DIR": str(tmp_path), **setting},
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 1 and next(iter(setting)) in done.stderr
    assert "Traceback" not in done.stderr


def run_module(system, name: str) -> str:
    """The last line that `make <name>` prints."""
    told = subprocess.run(
        [sys.executable, "-m", f"dashboard.run.{name}"],
        cwd=PROJECT,
        env=system._environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return told.stdout.strip().splitlines()[-1]


class Load:
    """Requests on new connections, one after the other, until the end of the block."""

    def __init__(self, system: System) -> None:
        self.port, self.failures, self.answers = system.edge_port, [], 0
        self.ending = threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join(20)

    def goes_on(self, seconds: float = 60) -> None:
        """Returns after some more answers."""
        answers, deadline = self.answers, time.monotonic() + seconds
        while self.answers < answers + 20:
            assert time.monotonic() < deadline, self.failures
            time.sleep(0.02)

    def _run(self) -> None:
        while not self.ending.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            try:
                connection.request("GET", "/", headers={"Host": "hello.localhost"})
                status = connection.getresponse().status
                self.answers += status == 200
                if status != 200:
                    self.failures.append(str(status))
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
            finally:
                connection.close()
            time.sleep(0.01)
