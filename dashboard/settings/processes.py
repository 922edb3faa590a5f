"""The processes: which one to end with, and their logs."""

from __future__ import annotations

import os
from pathlib import Path

from dashboard.settings.environment import variables

#: The process to end with, or None. SLUICE_EXIT_WITH_PARENT; SLUICE_PARENT_PID names it, in case it
#: ends before this line runs.
PARENT_PID = (
    int(variables.matching("SLUICE_PARENT_PID", str(os.getppid()), "[0-9]{1,10}", "a process id"))
    if variables.switch("SLUICE_EXIT_WITH_PARENT", False)
    else None
)
#: Size of a log of `make run` from which it is rotated, in MB, and how many older ones stay.
#: SLUICE_LOG_MB, SLUICE_LOG_FILES.
LOG_BYTES = variables.number("SLUICE_LOG_MB", 10, 10_000, "a number of MB") * 1_000_000
LOG_FILES = variables.number("SLUICE_LOG_FILES", 3, 100, "a number of files", least=0)
#: How the processes log: `text`, or `json` for programs. SLUICE_LOG_FORMAT.
LOG_FORMAT = variables.matching("SLUICE_LOG_FORMAT", "text", "text|json", "text or json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "routing.log_lines.formatter_for", "form": LOG_FORMAT}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # httpx would write down every URL, and those of log exports may hold secrets.
    # django-axes tells each sign-in several times; a wrong password and a pause are warnings.
    "loggers": {
        "httpx": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "fido2": {"level": "WARNING"},
        "psycopg.pool": {"level": "ERROR"},  # requests log that the database is away
        # Its own lines have no time; the application's settings come after its own.
        "uvicorn": {"handlers": ["stderr"], "propagate": False},
        # No line for each request; without handlers uvicorn does not even format it.
        "uvicorn.access": {"handlers": [], "propagate": False},
    },
}

#: A file that `sluice work` touches every second while it is alive, for probes of containers.
#: SLUICE_WORK_HEARTBEAT_PATH.
WORK_HEARTBEAT_PATH = Path(path) if (path := variables.text("SLUICE_WORK_HEARTBEAT_PATH")) else None
