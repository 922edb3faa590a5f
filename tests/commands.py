"""Commands of manage.py, one after another in one process: each start costs two seconds of CPU."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_SERVE = """
import io, json, sys, traceback
from contextlib import redirect_stdout
from django.core.management import call_command
for line in sys.stdin:
    printed, error, code = io.StringIO(), "", 0
    try:
        with redirect_stdout(printed):
            call_command(*json.loads(line))
    except SystemExit as end:
        code = end.code or 0
    except BaseException as failure:
        error, code = traceback.format_exc(), getattr(failure, "returncode", 1)
    print(json.dumps([printed.getvalue(), error, code]), flush=True)
"""


class Commands:
    """Starts at the first command; `close` it at the end."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str) -> str:
        """What a command prints; it must succeed."""
        printed, error, code = self._call(arguments)
        assert code == 0, error or f"exit code {code}"
        return printed

    def ended(self, *arguments: str) -> tuple[str, int]:
        """What a command prints, and its exit code."""
        printed, error, code = self._call(arguments)
        assert not error, error
        return printed, code

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.communicate(timeout=20)

    def _call(self, arguments: tuple[str, ...]) -> tuple[str, str, int]:
        process = self._process = self._process or self._start()
        assert process.stdin and process.stdout
        print(json.dumps(arguments), file=process.stdin, flush=True)
        printed, error, code = json.loads(process.stdout.readline())
        return str(printed), str(error), int(code)

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c", _SERVE],
            cwd=Path(__file__).resolve().parent.parent,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
