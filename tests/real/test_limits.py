"""What a process with somebody's code in it may do, as the kernel tells it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from routing.agent.base import limits
from routing.agent.users.claims import Users, processes_of, user_ids
from routing.agent.users.isolation import Kind, User, become, possible
from tests.eventually import eventually
from tests.real.version_process import stop

pytestmark = pytest.mark.real
linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
root = pytest.mark.skipif(
    possible().kind is not Kind.own, reason=f"needs a user for each version: {possible().reason}"
)


@pytest.fixture(scope="module")
def users() -> Users:
    return Users(possible(), group=possible().group)


@contextmanager
def waiting(given: limits.Limits = limits.SERVING, user: User | None = None) -> Iterator[Path]:
    """The /proc folder of a workerd that waits for its configuration."""
    command = limits.command(["serve", "--binary", "-"], given, user=user)
    process = subprocess.Popen(command.arguments, cwd="/", stdin=subprocess.PIPE, **command.options)
    try:
        proc = Path(f"/proc/{process.pid}")
        eventually(lambda: "workerd" in os.readlink(proc / "exe"))
        yield proc
    finally:
        stop(process)
        assert process.stdin
        process.stdin.close()


def status(proc: Path) -> dict[str, str]:
    lines = (proc / "status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


@linux
@root
def test_each_is_a_user_of_its_own_and_can_become_no_other(users: Users) -> None:
    one, two = users.claim(), users.claim()
    with waiting(user=one.user) as proc, waiting(user=two.user) as sibling:
        found, other = status(proc), status(sibling)
        assert {int(s["Uid"].split()[0]) for s in (found, other)} <= user_ids()
    one.release(), two.release()
    assert len({*found["Uid"].split()}) == 1 and found["Uid"] != other["Uid"]
    assert int(found["Uid"].split()[0]) in possible().uids
    assert found["Gid"].split() == [str(possible().group)] * 4
    assert found["Groups"].strip() == ""
    assert {int(found[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapBnd")} == {0}
    assert found["NoNewPrivs"] == "1"


@linux
@root
def test_without_setpriv_it_is_a_user_of_its_own_too(
    users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = users.claim()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with waiting(user=claim.user) as proc:
        found = status(proc)
    claim.release()
    assert claim.user and found["Uid"].split() == [str(claim.user.uid)] * 4
    assert found["Groups"].strip() == ""
    assert int(found["CapEff"], 16) == 0


@linux
@root
def test_what_it_started_ends_with_it(users: Users) -> None:
    """A process that was taken over may fork into a session of its own."""
    claim, other = users.claim(), users.claim()
    left, sibling = (
        subprocess.Popen(["setpriv", *become(c.user), "sleep", "60"], start_new_session=True)
        for c in (claim, other)
        if c.user
    )
    for each in (claim, other):  # end_all misses a process that setpriv has not switched yet
        eventually(lambda each=each: each.user and processes_of(each.user.uid))
    claim.end_all()
    assert left.wait(10) == -9 and sibling.poll() is None
    other.end_all()
    assert sibling.wait(10) == -9
    claim.release(), other.release()


@linux
def test_its_resources_are_bounded() -> None:
    with waiting(limits.Limits(data_mb=700, files=300, cpu_seconds=5)) as proc:
        found = (proc / "limits").read_text().splitlines()
    bounds = {line[:26].strip(): line[26:].split()[:2] for line in found}
    assert bounds["Max data size"] == [str(700 << 20)] * 2
    assert bounds["Max open files"] == ["300"] * 2
    assert bounds["Max cpu time"] == ["5", "6"]
    assert bounds["Max core file size"] == ["0", "0"]


@linux
def test_it_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUICE_SECRET_KEY", "hush")
    with waiting() as proc:
        found = (proc / "environ").read_bytes().split(b"\0")
    names = {entry.partition(b"=")[0] for entry in found if entry}
    assert names <= {b"TZ", b"NO_COLOR", b"PWD", b"OLDPWD", b"SHLVL", b"_"}


@linux
def test_it_dies_with_the_program_that_started_it(tmp_path: Path) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("needs util-linux")
    program = (
        "import subprocess, sys, time\n"
        "from routing.agent.base import limits\n"
        "command = limits.command(['serve', '--binary', '-'], user=None)\n"
        "child = subprocess.Popen(command.arguments, stdin=subprocess.PIPE, **command.options)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert parent.stdout
    child = Path(f"/proc/{int(parent.stdout.readline())}")
    eventually(lambda: "workerd" in os.readlink(child / "exe"))
    stop(parent)
    parent.stdout.close()
    eventually(lambda: not child.exists() or status(child)["State"].startswith("Z"))


@root
def test_only_our_processes_pass_through_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "edge"
    folder.mkdir()
    limits.open_folder(folder, group := possible().group)
    found = folder.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (0, group, 0o2710)
