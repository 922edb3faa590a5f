"""`make restart`: restarts the run in this data folder with new code, while its edge serves."""

from __future__ import annotations

import os
import signal
import sys
import time

from routing.hidden_environment import hide

READY_SECONDS = 120.0


def main() -> int:
    hide()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django

    django.setup()
    from dashboard.run import console
    from dashboard.run.processes import run_file

    before = run_file.read()
    if before is None:
        console.nothing_to_restart()
        return 1
    console.step(f"Restarting the run (pid {before.process.pid})")
    os.kill(before.process.pid, signal.SIGUSR1)
    deadline = time.monotonic() + READY_SECONDS
    while before.process.is_running() and time.monotonic() < deadline:
        now = run_file.read()
        if now is not None and now.ready_at != before.ready_at:
            console.restarted()
            return 0
        time.sleep(0.05)
    console.not_restarted()
    return 1


if __name__ == "__main__":
    sys.exit(main())
