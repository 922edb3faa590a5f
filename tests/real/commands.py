"""Commands of manage.py, one after another in one process: each start costs two seconds of CPU."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.running import PROJECT

_SERVE = """
import io, json, sys, traceback
from contextlib import redirect_stdout
from django.core.management import call_command
for line in sys.stdin:
    printed, error = io.StringIO(), ""
    try:
        with redirect_stdout(printed):
            call_command(*json.loads(line))
    except SystemExit as end:
        error = f"exit code {end.code}" if end.code else ""
    except BaseException:
        error = traceback.format_exc()
    print(json.dumps([printed.getvalue(), error]), flush=True)
"""


class Commands:
    """Starts at the first command; `close` it at the end."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str) -> str:
        """What a command prints; it must succeed."""
        process = self._process = self._process or self._start()
        assert process.stdin and process.stdout
        print(json.dumps(arguments), file=process.stdin, flush=True)
        printed, error = json.loads(process.stdout.readline())
        assert not error, error
        return str(printed)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate(timeout=20)

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c", _SERVE],
            cwd=PROJECT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
