"""How workerd is started."""

import resource
from pathlib import Path

import pytest

from routing.agent.base import limits
from routing.agent.base.limits import INSPECTING, command, envoy_connections, serve_command
from routing.agent.users.isolation import User
from routing.compile.envoy.listeners import MOST_CONNECTIONS


@pytest.fixture(autouse=True)
def workerd(monkeypatch):
    monkeypatch.setattr(limits, "_workerd", lambda: ("/proc/self/fd/9", 9))
    monkeypatch.setattr(limits.shutil, "which", lambda name: "/usr/bin/setpriv")


def test_a_process_that_serves_has_limits_and_outlives_us():
    found = serve_command({"http": 5}, 7, user=User(70_001, 70_000))
    text = " ".join(found.arguments)
    assert text.startswith("/usr/bin/setpriv --no-new-privs --reuid 70001 --regid 70000")
    assert "ulimit -c 0; ulimit -d" in text and "--pdeathsig" not in text
    assert text.endswith("serve --experimental --control-fd=7 --socket-fd=http=5 --binary -")
    assert found.options["pass_fds"] == (7, 5, 9)
    assert found.options["env"] == limits.ENVIRONMENT and "user" not in found.options


def test_a_trial_ends_with_us_and_has_a_cpu_limit():
    text = " ".join(command(["test"], INSPECTING, user=None).arguments)
    assert "--pdeathsig KILL" in text
    assert "ulimit -S -t 2; ulimit -H -t 3" in text


def test_without_setpriv_python_changes_the_user(monkeypatch):
    monkeypatch.setattr(limits.shutil, "which", lambda name: None)
    found = command(["test"], user=User(70_001, 70_000))
    assert found.arguments[:2] == ["/bin/sh", "-c"]
    assert (found.options["user"], found.options["group"]) == (70_001, 70_000)


def test_lines_of_the_control_descriptor():
    assert limits.served_socket(b'{"event": "listen", "socket": "http"}') == "http"
    assert limits.served_socket(b'{"event": "other"}') is None


def test_a_folder_is_private_or_open_to_one_group(tmp_path, monkeypatch):
    limits.open_folder(tmp_path, None)
    assert tmp_path.stat().st_mode & 0o7777 == 0o700
    monkeypatch.setattr(limits.os, "chown", lambda path, uid, gid: None)
    limits.open_folder(tmp_path, 70_000)
    assert tmp_path.stat().st_mode & 0o777 == 0o710


def test_a_missing_workerd_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(limits, "NODE_MODULES", tmp_path)
    with pytest.raises(FileNotFoundError, match="run `make run`"):
        limits.program()
    program = tmp_path / "@cloudflare/workerd-linux-64/bin/workerd"
    program.parent.mkdir(parents=True)
    program.touch()
    assert limits.program() == Path(program)


@pytest.mark.parametrize(
    ("files", "connections"),
    [(resource.RLIM_INFINITY, MOST_CONNECTIONS), (3_000, 1_000), (10**9, MOST_CONNECTIONS)],
)
def test_connections_are_bounded_by_open_files(monkeypatch, files, connections):
    monkeypatch.setattr(limits.resource, "getrlimit", lambda what: (files, files))
    assert envoy_connections() == connections
