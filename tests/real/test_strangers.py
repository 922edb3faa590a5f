"""Versions are strangers to each other, and we to all else on the machine: tried on a running edge,
and compared with `deploy/threat-model.md`."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

from routing.agent.users.isolation import NOBODY, Kind, User, become, possible
from routing.compile import names
from routing.snapshot import BindingSpec, Export, ObjectClass, Secret
from tests.eventually import eventually
from tests.real.agent import ALL, HOME, Agent, answering
from tests.real.control import TOKEN, ControlPlane
from tests.real.uploads import Upload, upload

pytestmark = pytest.mark.real

MODEL = (HOME / "deploy" / "threat-model.md").read_text()
SOCKETS = dict(re.findall(r"^\| `([^`]+)` \| (0\d{3}) \| agent \| versions \|", MODEL, re.M))
SECRET = "the-secret-of-a-sibling"
NAMESPACE = "ab" * 16
own_users = pytest.mark.skipif(
    possible().kind is not Kind.own, reason=f"needs a user for each version: {possible().reason}"
)

ATTACK = r"""
import json, os, socket, sys
folder, pid, victim, target, events, objects_socket, namespace = sys.argv[1:]

def post(path, line):
    body = json.dumps({"outcome": "ok", "exceptions": [], "event": None, "eventTimestamp": 1,
        "end": 2, "logs": [{"level": "log", "message": ["FORGED"], "timestamp": 1}]}) + "\n"
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(5)
        one.connect(path)
        one.sendall(f"{line}content-length: {len(body)}\r\n\r\n{body}".encode())
        return one.recv(200).split()[1].decode()

def memory():
    for line in open(f"/proc/{pid}/maps"):
        first, last = (int(n, 16) for n in line.split()[0].split("-"))
        if " rw" in line and last - first < 1 << 26:
            with open(f"/proc/{pid}/mem", "rb", 0) as file:
                file.seek(first)
                if ("the-secret-of-" + "a-sibling").encode() in file.read(last - first):
                    return "found"
    return "read"

def attempt(what):
    try:
        return what()
    except OSError as error:
        return "refused" if error.errno in (1, 13) else str(error)

os.umask(0)
tries = {"outside": lambda: os.chdir(os.path.dirname(folder)) or "entered"}
tries["folder"] = lambda: os.chdir(folder) or "entered"
for name in ("agent.sock", "internal.sock", "decide.sock", "previews.sock", "admin.sock", events,
        objects_socket):
    tries[name] = lambda name=name: post(folder + "/" + name, "POST /tail HTTP/1.1\r\nhost: x\r\n"
        f"x-edge-version: {victim}\r\nx-edge-worker: {target}\r\n")
tries["memory"] = memory
tries["environ"] = lambda: open(f"/proc/{pid}/environ", "rb").read() and "read"
tries["signal"] = lambda: os.kill(int(pid), 0) or "sent"
tries["snapshot"] = lambda: open(folder + "/snapshot.json", "rb").read() and "read"
for place in ("v", "log", "modules", "xds", "pids"):
    tries[place] = lambda place=place: os.listdir(folder + "/" + place) and "listed"
data = folder + "/objects/" + namespace
tries["objects"] = lambda: os.listdir(data) and "listed"
tries["object"] = lambda: open(data + "/metadata.sqlite", "rb") and "read"
print(json.dumps({name: attempt(what) for name, what in tries.items()}))
"""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Others may pass through it: what they are refused inside is the edge's own doing."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        os.chmod(folder, 0o711)
        yield Path(folder)


@dataclass
class Edge:
    """An edge with two Workers, one of which has a secret."""

    agent: Agent
    victim: Upload
    sibling: Upload

    def pid(self, found: Upload) -> int:
        return eventually(lambda: self.agent.pid_of(found))

    def attacked(self, wrapper: list[str]) -> dict[str, str]:
        """What a process that is started by `wrapper` gets at."""
        version_id, target = self.victim.version.id, names.target("victim", "")
        events = names.socket_file(version_id, names.EVENTS)
        assert (self.agent.folder / events).is_socket()
        objects = names.socket_file(version_id, names.OBJECTS_CONTROL)
        assert (self.agent.folder / "objects" / NAMESPACE / "metadata.sqlite").exists()
        folder, pid = str(self.agent.folder), str(self.pid(self.victim))
        given = [folder, pid, version_id, target, events, objects, NAMESPACE]
        command = [*wrapper, sys.executable, "-I", "-c", ATTACK, *given]
        run = subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, timeout=60)
        assert run.returncode == 0, run.stderr
        return dict(json.loads(run.stdout))


def started(agent: Agent, control: ControlPlane) -> Edge:
    secret = BindingSpec(name="KEY", type="secret_text", secret=Secret(SECRET))
    source = """import { DurableObject } from "cloudflare:workers";
        export class Counter extends DurableObject {}
        export default { fetch() { return new Response('victim'); }, scheduled() {} };"""
    exports = (
        Export(name="default", kind="object", handlers=("fetch", "scheduled")),
        Export(name="Counter", kind="DurableObject"),
    )
    classes = (ObjectClass(class_name="Counter", namespace=NAMESPACE),)
    victim = upload(source, exports=exports, bindings=[secret], objects=classes)
    sibling = answering("sibling", 2)
    control.deploy("victim", (victim, ALL))
    revision = control.deploy("sibling", (sibling, ALL))
    agent.start().applied(revision)
    for worker in ("victim", "sibling"):
        agent.serves(worker, worker)
    eventually((agent.folder / "snapshot.json").exists)  # it is written after the routes
    return Edge(agent, victim, sibling)


def user_of(pid: int) -> User:
    fields = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    return User(int(fields["Uid"].split()[0]), int(fields["Gid"].split()[0]))


@own_users
def test_no_stranger_and_no_sibling_gets_at_a_version_and_the_threat_model_is_true(
    agent: Agent, control: ControlPlane
) -> None:
    edge = started(agent, control)
    user = user_of(edge.pid(edge.sibling))
    assert user_of(edge.pid(edge.victim)).uid != user.uid

    setpriv = shutil.which("setpriv") or ""
    stranger = edge.attacked([setpriv, *become(User(NOBODY, NOBODY))])
    assert stranger.pop("outside") == "entered"
    assert set(stranger.values()) == {"refused"}, stranger

    sibling = edge.attacked([setpriv, *become(user)])
    doors = ("outside", "folder", "agent.sock", "internal.sock")
    allowed = {name: sibling.pop(name) for name in doors}
    assert set(sibling.values()) == {"refused"}, sibling
    assert (allowed["folder"], allowed["agent.sock"]) == ("entered", "403")
    eventually(lambda: agent.status()["shipping"]["details_forged"] == 1)
    assert not any("FORGED" in json.dumps(batch) for batch in control.batches)

    assert agent.status()["isolation"] == {"kind": "own", "reason": ""}
    compare_with_model(agent.folder, user.gid)
    for pid in (*agent.processes(), agent.process.pid if agent.process else 0):
        assert TOKEN.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


def compare_with_model(folder: Path, group: int) -> None:
    """Each socket is in the table with its mode; everything else is its owner's alone."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o2710 and "2710" in MODEL
    seen = set()
    for path in (folder, *folder.rglob("*")):
        name = str(path.relative_to(folder))
        try:
            found = path.stat()
        except FileNotFoundError:  # written beside the file that it replaced meanwhile
            continue
        if name.startswith("objects/") and NAMESPACE in name:
            check_object(found, name, group)
            continue
        assert (found.st_uid, found.st_gid) == (os.geteuid(), group), name
        if stat.S_ISSOCK(found.st_mode):
            row = max((row for row in SOCKETS if fnmatch(name, row)), key=len, default="")
            assert row, f"{name} is not in the table"
            assert stat.S_IMODE(found.st_mode) == int(SOCKETS[row], 8), name
            seen.add(row)
        elif name == "objects":
            assert stat.S_IMODE(found.st_mode) == 0o2750
        elif path != folder:
            assert found.st_mode & 0o077 == 0, name
    assert seen == SOCKETS.keys() - {"restart_*"}, "a socket of the table is not there"
    assert SECRET.encode() not in (folder / "snapshot.json").read_bytes()


def check_object(found: os.stat_result, name: str, versions: int) -> None:
    """The folder of a namespace, or a file in it: for a group of its own."""
    assert found.st_gid not in (versions, os.getegid(), NOBODY), name
    assert found.st_mode & 0o007 == 0, name
    if stat.S_ISDIR(found.st_mode):
        assert stat.S_IMODE(found.st_mode) == 0o2770 and "2770" in MODEL


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs util-linux")
def test_without_root_it_serves_says_so_and_still_hears_no_forged_line(
    agent: Agent, control: ControlPlane
) -> None:
    """In a user namespace where the agent runs as `nobody` and can become no other user."""
    if os.geteuid() == 0:
        agent.wrapper = ("unshare", "--user")
    edge = started(agent, control)
    assert agent.status()["isolation"]["kind"] == "agent"
    assert "versions run as the agent's own user" in agent.said()
    assert stat.S_IMODE(agent.folder.stat().st_mode) == 0o700
    assert edge.attacked([])["agent.sock"] == "403"
    eventually(lambda: agent.status()["shipping"]["details_forged"] == 1)
