"""`python -m benchmarks.torture.reaper FOLDER [MOUNTED]`: waits for the end of its standard input,
which comes however the program that started it ends; then ends every process of the data folder,
unmounts the small disk and removes the folder."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.base.system import HOME
from benchmarks.torture.find import processes, send

_SECONDS = 15.0


@contextmanager
def reaped(folder: Path, mounted: bool = False) -> Iterator[None]:
    """Nothing of `folder` is left afterwards, nor when this process is killed meanwhile."""
    command = [sys.executable, "-m", "benchmarks.torture.reaper", str(folder)]
    process = subprocess.Popen(
        [*command, *(["mounted"] if mounted else [])],
        cwd=HOME,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(_SECONDS * 3)


def reap(folder: Path, *, mounted: bool) -> None:
    """A process may start another one before it ends: looks until there is none."""
    deadline = time.monotonic() + _SECONDS
    while (found := processes(folder)) and time.monotonic() < deadline:
        for pids in found.values():
            send(pids, signal.SIGKILL)
        time.sleep(0.05)
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    folder, *rest = sys.argv[1:]
    sys.stdin.buffer.read()
    reap(Path(folder), mounted="mounted" in rest)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    main()
