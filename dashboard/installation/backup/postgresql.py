"""PostgreSQL's database by pg_dump, pg_restore and psql, which have to be on PATH (Debian's
package postgresql-client)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection

from dashboard.installation import messages
from dashboard.installation.backup.archive import BackupFailed

_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
"""Parameters as variables: command lines are readable for everyone on a machine."""


def dump(target: Path) -> None:
    """As of one moment; writers do not wait."""
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load(source: Path) -> None:
    """Replaces the content of the database in one transaction."""
    connection.close()
    empty, script = source.with_name("empty.sql"), source.with_name("restore.sql")
    empty.write_text("DROP SCHEMA public CASCADE; CREATE SCHEMA public;")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", source)
    once = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    _run("psql", *once, f"--file={empty}", f"--file={script}")


def _run(program: str, *arguments: str | Path) -> None:
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(messages.program_missing(program))
    parameters: dict[str, Any] = connection.get_connection_params()
    environment = dict(os.environ) | {
        variable: str(parameters[name])
        for name, variable in _VARIABLES.items()
        if parameters.get(name)
    }
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BackupFailed(messages.program_failed(program, done.stderr.strip()[-1000:]))
