"""A request to a Worker of a connected account, and what came of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.sending.answer import Answer


@dataclass(frozen=True, slots=True)
class Host:
    """A confirmed address. `local`: a loopback port of SLUICE_TEST_CLOUD_PORTS, without TLS."""

    name: str
    port: int
    local: bool

    @property
    def scheme(self) -> str:
        return "http" if self.local else "https"

    @property
    def authority(self) -> str:
        """The `Host` header."""
        return self.name if self.port == 443 and not self.local else f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where requests may go. Only `admission.admit` makes one."""

    account_id: int
    account: str
    worker: str
    host: Host


@dataclass(frozen=True, slots=True)
class WorkerRequest:
    """`target` is the path with its query, written as it is. `lines` are header lines."""

    method: str = "GET"
    target: bytes = b"/"
    lines: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def with_line(self, name: str, value: str) -> WorkerRequest:
        """The same request with this header line instead of others of that name."""
        lines = tuple((n, v) for n, v in self.lines if n.lower() != name.lower())
        return WorkerRequest(self.method, self.target, (*lines, (name, value)), self.body)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that was answered. `address` is the IP address it went to."""

    destination: Destination
    request: WorkerRequest
    nonce: str
    address: str
    sent_at: datetime
    answer: Answer

    @property
    def ray(self) -> str:
        """Without the place at its end; empty if the answer has none."""
        return self.answer.ray.partition("-")[0]

    @property
    def colo(self) -> str:
        """The place that answered."""
        return self.answer.ray.partition("-")[2]

    @property
    def redirect(self) -> str:
        """Where a 3xx leads. It is not followed."""
        return self.answer.header("location") if 300 <= self.answer.status < 400 else ""
