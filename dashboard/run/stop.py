"""`make stop`: ends the run in this data folder and whatever an earlier one left in it."""

from __future__ import annotations

import os
import sys

from routing.hidden_environment import hide

RUN_SECONDS = 60.0
AGENT_SECONDS = 25.0
REST_SECONDS = 10.0


def main() -> int:
    hide()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    import django

    django.setup()
    from dashboard.run import console
    from dashboard.run.processes import leftovers, run_file
    from dashboard.run.processes.process_file import ProcessFile

    run, ended = leftovers.running_run(), 0
    if run is not None:
        console.step(f"Stopping the run (pid {run.pid})")
        ended += leftovers.end([run], RUN_SECONDS)
    leftovers.end_control_plane()
    agent = leftovers.agent()
    if agent is not None:
        console.step(f"Stopping the edge (pid {agent.pid})")
        ended += leftovers.end([agent], AGENT_SECONDS)
    ended += leftovers.end(leftovers.edge_processes(), REST_SECONDS)
    run_file.remove()
    ProcessFile().remove()
    console.nothing_left() if ended else console.nothing_ran()
    return 0


if __name__ == "__main__":
    sys.exit(main())
