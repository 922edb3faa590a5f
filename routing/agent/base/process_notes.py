"""One file in `pids/` for each process, enough for the next agent to adopt it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from routing.agent.base import edge_folder
from routing.agent.base.process_end import End
from routing.process_identity import ProcessIdentity
from routing.snapshot import Export, ObjectClass

log = logging.getLogger("edge")

PIDS = Path("pids")


class EnvoyNote(msgspec.Struct, frozen=True, kw_only=True):
    """`metrics_port` is the agent's own: the next agent reuses it, so that scrapers keep
    working."""

    fingerprint: str
    public: tuple[str, int]
    proof_port: int
    tls_port: int | None = None
    metrics_port: int | None = None


class VersionNote(msgspec.Struct, frozen=True, kw_only=True):
    """`listeners` are inodes of the listening sockets, by name; `uid` is None for the agent's own
    user; `instance` is known to the process too (`compile.workerd.objects`). No bindings, so that
    secrets stay out of these files. Times are in seconds."""

    id: str
    worker: str
    number: int
    created_on: str
    compatibility_date: str
    exports: tuple[Export, ...]
    slot: int
    fingerprint: str
    listeners: dict[str, int]
    uid: int | None = None
    instance: str = ""
    objects: tuple[ObjectClass, ...] = ()
    restarts: int = 0
    since: float = 0.0
    starts: tuple[float, ...] = ()
    end: End | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """`written` is where this process's part of the file `output` begins. Has `envoy` or `version`,
    or neither."""

    process: ProcessIdentity
    output: str
    written: int = 0
    ready: bool = False
    stopping: bool = False
    envoy: EnvoyNote | None = None
    version: VersionNote | None = None


def write(note: Note) -> bool:
    """False if it cannot be written. The process still serves, but an agent that starts now would
    kill it as a stray."""
    try:
        edge_folder.write_or_overwrite(_file(note.process.pid), msgspec.json.encode(note))
    except OSError as error:
        log.error("the note on process %d cannot be written: %s", note.process.pid, error.strerror)
        return False
    return True


def remove(pid: int) -> None:
    with suppress(OSError):
        _file(pid).unlink(missing_ok=True)


def read_all(pids: Path = PIDS) -> Iterator[Note]:
    """All valid notes."""
    if not pids.is_dir():
        return
    for file in sorted(pids.iterdir()):
        if not (file.name.isascii() and file.name.isdigit() and file.is_file()):
            continue
        note = _read(file)
        if note is not None:
            yield note


def _read(file: Path) -> Note | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Note)
    except (OSError, ValueError) as error:
        log.warning("the note %s cannot be read: %s", file, error)
        return None


def _file(pid: int) -> Path:
    return PIDS / str(pid)
