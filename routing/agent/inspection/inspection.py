"""Checks an upload by running it: first its top level in a process without network, then the
process that will serve it, until it is ready."""

from __future__ import annotations

import json
import secrets
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from routing.agent.base.capnp_config import encode, runtime
from routing.agent.inspection.runtime_date import newest_date
from routing.agent.inspection.trial_run import Ended, run_test, run_until_ready
from routing.compile.workerd import config as workerd
from routing.snapshot import Export, VersionSpec

Kind: TypeAlias = Literal[
    "startup",
    "startup_cpu",
    "startup_time",
    "startup_memory",
    "no_handlers",
    "main_module",
    "binding",
    "module",
    "compatibility",
]

AT_ONCE = 2
"""Concurrent inspections: an endless loop uses a core until its CPU limit."""
SECONDS = 10
"""Time limit of one run that does not use CPU time, on a busy machine."""

_turn = threading.BoundedSemaphore(AT_ONCE)
_no_handlers = "No event handlers were registered. This script does nothing."
_unreadable = "The Worker started, but its exports could not be read."
_exportable = ("object", "function", "WorkerEntrypoint", "DurableObject", "WorkflowEntrypoint")
_service_worker = (Export(name="default", kind="object", handlers=("fetch",)),)
_decoder = msgspec.json.Decoder(tuple[Export, ...])


class Refused(Exception):
    """The upload cannot run. The message is the runtime's; `kind` is for programs."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: Kind = kind


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a version exports, and how many milliseconds its process took to start."""

    exports: tuple[Export, ...]
    startup_ms: int


def inspect(version: VersionSpec, modules: Mapping[str, bytes], *, worker: str) -> Inspection:
    """Runs a version; `modules` are contents by SHA-256.

    Blocks for about 0.1 s, at most 2 * `SECONDS`, and longer while `AT_ONCE` others run.
    Thread-safe. Raises `Refused`.
    """
    try:
        with _turn:
            exports = _look(version, modules) if version.has_code else ()
            complete = replace(version, exports=exports)
            sockets = workerd.socket_names(complete)
            with _empty_folder() as assets:
                config = workerd.config(
                    worker,
                    complete,
                    modules,
                    slot=0,
                    runtime=runtime(),
                    newest_date=newest_date(),
                    assets=assets,
                    stores_objects=False,
                )
                startup_ms = run_until_ready(encode(config), sockets, SECONDS)
    except workerd.VersionInvalid as error:
        raise Refused(error.kind, str(error)) from error
    except Ended as ended:
        raise _refusal(ended) from ended
    return Inspection(exports, startup_ms)


@contextmanager
def _empty_folder() -> Iterator[str]:
    """Stands for the static assets, which are not needed to see whether a version starts."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        Path(folder).chmod(0o755)
        yield folder


def _look(version: VersionSpec, modules: Mapping[str, bytes]) -> tuple[Export, ...]:
    """Runs the top level once. The token distinguishes our line from the code's own output."""
    token = secrets.token_hex(16)
    config = workerd.inspection_config(
        version, modules, runtime=runtime(), token=token, newest_date=newest_date()
    )
    try:
        printed = run_test(encode(config), SECONDS)
    except Ended as ended:
        if version.body_part and b"No tests found!" in ended.output:
            return _service_worker
        raise
    exports = _exports(printed, token)
    _check_exports(exports)
    return exports


def _exports(printed: bytes, token: str) -> tuple[Export, ...]:
    for message in _messages(printed):
        if message.startswith(token):
            return _decoder.decode(message.removeprefix(token))
    raise Refused("startup", _unreadable)


def _check_exports(exports: tuple[Export, ...]) -> None:
    """What workerd accepts at start but no one could call."""
    for export in exports:
        if export.kind not in _exportable:
            raise Refused(
                "startup",
                f"Uncaught TypeError: Incorrect type for map entry '{export.name}': "
                "the provided value is not of type 'function or ExportedHandler'.",
            )
    if not any(export.handlers or export.kind != "object" for export in exports):
        raise Refused("no_handlers", _no_handlers)


def _refusal(ended: Ended) -> Refused:
    """workerd's own message without its prefix, or ours where a limit ended it silently."""
    if ended.code is None:
        return Refused("startup_time", "Script startup exceeded the time limit.")
    if ended.code == -signal.SIGXCPU:
        return Refused("startup_cpu", "Script startup exceeded CPU time limit.")
    if ended.code < 0 or _out_of_memory(ended):
        return Refused("startup_memory", "Script startup exceeded memory limits.")
    said = [m.removeprefix("service main: ") for m in _messages(ended.errors)]
    message = "\n".join(m for m in said if m != _no_handlers) or next(iter(said), "")
    if message in ("", "Tests failed!"):
        message = _unreadable
    return Refused(_kind(message), message)


def _out_of_memory(ended: Ended) -> bool:
    """The allocator prints it outside the log; V8 in it, before it aborts."""
    below = [line for line in ended.errors.splitlines() if not line.startswith(b"{")]
    return any(b"Cannot allocate memory" in line for line in below) or any(
        message.startswith("V8 fatal error") for message in _messages(ended.output)
    )


def _kind(message: str) -> Kind:
    if message == _no_handlers:
        return "no_handlers"
    first = message.partition("\n")[0].lower()
    if not first.startswith("uncaught") and "compatibility" in first:
        return "compatibility"
    return "module" if "already added to bundle" in first else "startup"


def _messages(output: bytes) -> list[str]:
    """workerd logs one JSON object per line; other lines come from below it."""
    lines = output.decode("utf-8", "replace").splitlines()
    return [str(json.loads(line).get("message", "")) for line in lines if line.startswith("{")]
