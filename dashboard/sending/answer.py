"""The answer from the proof listener, and how the page presents it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from itertools import islice
from typing import Any

from dashboard.sending import json_text

PAGE_BYTES = 256 * 1024
"""Bytes of a body on the page; the download has the rest."""
PAGE_LINES = 5_000
_PROOF = "x-sluice-"


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of each phase of one exchange."""

    connect: float = 0.0
    send: float = 0.0
    wait: float = 0.0
    read: float = 0.0
    #: To an edge on another machine and back, which belongs to no Worker.
    travel: float = 0.0

    def beyond(self, elapsed: float) -> Timing:
        """With the rest of `elapsed` milliseconds as the way there and back."""
        return replace(self, travel=max(0.0, elapsed - self.total))

    @property
    def total(self) -> float:
        return self.connect + self.send + self.wait + self.read

    @property
    def phases(self) -> list[tuple[str, float]]:
        return [
            ("Connect to the edge", self.connect),
            ("Send the request", self.send),
            ("Wait for the first byte", self.wait),
            ("Read the answer", self.read),
        ]


class EndedBy(StrEnum):
    """Why an answer is incomplete; empty for a complete one."""

    nothing = ""
    size = "size"
    time = "time"
    broken = "broken"
    #: The browser disconnected.
    cancelled = "cancelled"


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is unchanged, and complete unless `ended_by` is set."""

    edge: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    ended_by: EndedBy = EndedBy.nothing
    timing: Timing = Timing()
    #: The listener's `x-sluice-` headers. They come before the log line, which is the proof.
    proof_headers: dict[str, str] = field(default_factory=dict)

    @property
    def truncated(self) -> bool:
        """Whether the body is only its first part."""
        return self.ended_by is not EndedBy.nothing

    def header(self, name: str) -> str:
        """The first value of that name (lower case); empty when there is none."""
        return next((v for n, v in self.headers if n.lower() == name), "")

    @property
    def elapsed_ms(self) -> float:
        return self.timing.total

    @property
    def tone(self) -> str:
        return tone_of(self.status)

    @property
    def status_words(self) -> str:
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)

    @property
    def ray(self) -> str:
        return self.header("cf-ray")

    @property
    def text(self) -> str | None:
        """The body's first part as text; None for binary."""
        coded = self.header("content-encoding") not in ("", "identity")
        if coded or b"\0" in self.body[:1024]:
            return None
        kind = self.header("content-type").lower()
        charset = kind.partition("charset=")[2].split(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.body[:PAGE_BYTES].decode(charset, "replace")
        except (LookupError, ValueError):  # idna takes no "replace"; a name may hold a NUL
            return self.body[:PAGE_BYTES].decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is not JSON or incomplete."""
        if self.truncated or not self.body.lstrip().startswith((b"{", b"[")):
            return None
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def pretty(self) -> list[str]:
        """Lines of the body for people: JSON indented, other text as it is."""
        text = self.text or ""
        if self.is_json:
            return list(islice(json_text.pretty(text), PAGE_LINES))
        return text.split("\n")[:PAGE_LINES]

    @property
    def is_json(self) -> bool:
        """Whether the whole body is JSON, and short enough to be laid out."""
        whole = not self.truncated and len(self.body) <= PAGE_BYTES
        return whole and json_text.is_json(self.text or "")

    @property
    def cut(self) -> bool:
        """Whether the download has more than the page."""
        return len(self.body) > PAGE_BYTES


def answer_of(
    edge: str,
    status: int,
    lines: Sequence[tuple[str, str]],
    body: bytes,
    ended_by: EndedBy,
    timing: Timing,
) -> Answer:
    """The answer with the proof headers apart from the Worker's."""
    return Answer(
        edge=edge,
        status=status,
        headers=[(n, v) for n, v in lines if not n.lower().startswith(_PROOF)],
        body=body,
        ended_by=ended_by,
        timing=timing,
        proof_headers={n.lower()[9:]: v for n, v in lines if n.lower().startswith(_PROOF)},
    )


def tone_of(status: int) -> str:
    """ok, warn (4xx) or danger (5xx)."""
    return "ok" if status < 400 else "warn" if status < 500 else "danger"
