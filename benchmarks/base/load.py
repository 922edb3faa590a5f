"""wrk against one address; a request that fails ends the run."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.base.machine import CLIENT, on_core

CONNECTIONS = 16


class RequestsFailed(RuntimeError):
    """Answers outside 2xx and 3xx, or broken connections: then no figure means anything."""


@dataclass(frozen=True)
class Target:
    """What is asked: an address on this machine and the request's headers."""

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"


@dataclass(frozen=True)
class Load:
    """What wrk saw. Latencies are in milliseconds."""

    requests: int
    per_second: float
    p50: float
    p99: float


def drive(target: Target, seconds: int, connections: int = CONNECTIONS) -> Load:
    """Asks as fast as answers come, from one thread. Raises `RequestsFailed`."""
    headers = [part for item in target.headers.items() for part in ("-H", ": ".join(item))]
    command = [
        *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *headers),
        target.url,
    ]
    with on_core(CLIENT):
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
    if done.returncode != 0 or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RequestsFailed(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return parse(done.stdout)


def parse(text: str) -> Load:
    """wrk's report as figures."""
    return Load(
        requests=int(_one(r"(\d+) requests in", text)),
        per_second=float(_one(r"Requests/sec:\s+([\d.]+)", text)),
        p50=_milliseconds(_one(r"\n\s+50%\s+(\S+)", text)),
        p99=_milliseconds(_one(r"\n\s+99%\s+(\S+)", text)),
    )


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        sys.exit(f"wrk said something unexpected:\n{text}")
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[unit]
