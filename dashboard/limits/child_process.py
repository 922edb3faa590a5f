"""Runs a function on a long text in a short-lived process.

A thread that parses a large text competes for Python's lock with every other request. A process
competes for a core only, at a lower priority, and can be stopped.
"""

from __future__ import annotations

import os
import pickle
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, TypeVar

LONG = 16 * 1024
"""Characters from which a process is worth its start, about a quarter of a second."""
SECONDS = 20
MEMORY_BYTES = 2 * 1024**3
MOST_CHILDREN = 4
_PROJECT = Path(__file__).resolve().parents[2]
_slots = threading.BoundedSemaphore(MOST_CHILDREN)

Result = TypeVar("Result")


class TextTooComplex(Exception):
    """The function took longer than `SECONDS` or more memory than allowed."""


def call(function: Callable[[str], Result], text: str) -> Result:
    """`function(text)`, in a child process if the text is long.

    The function is at module level, without Django; its result and its exceptions can be pickled.
    Raises its exceptions, or `TextTooComplex`.
    """
    if len(text) < LONG:
        return function(text)
    if not _slots.acquire(timeout=SECONDS):
        raise TextTooComplex
    try:
        return _call_in_child(function, text)
    finally:
        _slots.release()


def main(given: BinaryIO, output: BinaryIO) -> None:
    """The child: a pickled (module, function, text) → a pickled (result, exception)."""
    os.nice(10)
    module, name, text = pickle.load(given)
    result, failure = None, None
    try:
        result = getattr(import_module(module), name)(text)
    except Exception as error:  # noqa: BLE001 - raised again in the parent
        failure = error
    pickle.dump((result, failure), output)


def _call_in_child(function: Callable[[str], Result], text: str) -> Result:
    given = pickle.dumps((function.__module__, function.__name__, text))
    command = [sys.executable, "-m", "dashboard.limits.child_process"]
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, cwd=_PROJECT, env={}, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise TextTooComplex from error
    if done.returncode:
        raise TextTooComplex(done.stderr.decode(errors="replace")[-500:])
    answer: tuple[Result, Exception | None] = pickle.loads(done.stdout)
    result, failure = answer
    if failure is not None:
        raise failure
    return result


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    main(sys.stdin.buffer, sys.stdout.buffer)
