"""Cores, CPU time and memory of processes, and how busy the machine is."""

from __future__ import annotations

import os
import platform
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER = CORES[0]
"""Everything between the client and the Worker's answer runs here: proxy, workerd, agent."""
CLIENT = CORES[-1]
"""The load generator, and the control plane, which is not on the way of a request."""

_LOOK = 0.3
_QUIET = 0.15  # seconds of CPU time in each second, of all cores together


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Programs started inside are pinned to `core`; so is this one while it is inside."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(pids: Iterable[int], core: int) -> None:
    """Moves running processes, all their threads, to `core`."""
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})


def children(pid: int) -> list[int]:
    """Every process below `pid`, in no order."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(_fields(stat)[1]), []).append(int(stat.parent.name))
        except OSError:
            continue
    found, left = [], [pid]
    while left:
        below = parents.get(left.pop(), [])
        found += below
        left += below
    return found


def command_line(pid: int) -> list[str]:
    """Its arguments; [] when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of the processes so far, from /proc/PID/stat."""
    return sum(sum(map(int, _fields(Path(f"/proc/{pid}/stat"))[11:13])) for pid in pids) / TICKS


def busy_seconds() -> float:
    """CPU time that anybody has used so far, other virtual machines of the host included."""
    user, nice, system, _, _, irq, softirq, steal = _times()
    return (user + nice + system + irq + softirq + steal) / TICKS


def wait_until_quiet(seconds: float) -> None:
    """Waits for a moment in which the machine does next to nothing, `seconds` at most."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        busy, began = busy_seconds(), time.monotonic()
        time.sleep(_LOOK)
        if busy_seconds() - busy < _QUIET * (time.monotonic() - began):
            return


def memory_mb(pid: int) -> tuple[float, float]:
    """(PSS, RSS) in MB. In PSS a page shared by n processes counts a n-th in each."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, value = line.partition(":")
        sizes[name] = int(value.split()[0]) / 1024
    return sizes["Pss"], sizes["Rss"]


def conditions() -> str:
    """What a figure must be read with: the machine, its load, and what its host took away."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    machine = f"{_processor()}, {len(CORES)} cores, Linux {platform.release()}"
    return f"{machine}, load average {load}, {_stolen()} % of the last seconds stolen by the host"


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_web_answers(port: int, seconds: float = 30) -> None:
    """Returns once the web process on `port` answers; ends the benchmark when it does not."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    sys.exit(f"The web process did not answer within {seconds:.0f} s.")


def _stolen() -> int:
    """Per cent of CPU time since the last call that other virtual machines had instead of us."""
    times = _times()
    before, _last[:] = _last[:], [times[7], sum(times)]
    stolen, all_time = (now - then for now, then in zip(_last, before, strict=True))
    return round(100 * stolen / all_time) if all_time else 0


_last = [0, 0]


def _times() -> list[int]:
    """user, nice, system, idle, iowait, irq, softirq, steal: ticks of all cores together."""
    return list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))


def _fields(stat: Path) -> list[str]:
    """The fields after the program's name, which may hold spaces and parentheses."""
    return stat.read_text().rpartition(")")[2].split()


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
