"""Texts of `sluice` in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.installation.setup import Setup

ABOUT = "Sluice: gradual deployments for Workers, on your own machines."
EPILOG = """\
Settings are environment variables, listed in docs/settings.md; NAME_FILE names a file
that has the value. `sluice COMMAND --help` explains a command. Exit codes: 0 done,
1 failed, 2 wrong usage.
"""

COMMANDS = {
    "setup": (
        "prepare the database, static files and the first admin",
        """\
Applies migrations, collects static files and creates the first admin. Run it before
`sluice web`, and again after each upgrade. It is safe to repeat and to run on several
machines at once: they take turns, and the later ones find it done.

The admin is SLUICE_ADMIN_USER with the password in SLUICE_ADMIN_PASSWORD. Without one, a
password is generated and printed once.
""",
    ),
    "web": (
        "serve pages, the API and the edges' requests",
        """\
Serves on SLUICE_HTTP_HOST and SLUICE_HTTP_PORT until SIGTERM or Ctrl-C. Several may run, on
one machine or many, with the same PostgreSQL, Redis and keys.

GET /healthz answers while the process works. GET /readyz answers 503 with reasons until the
database is migrated and static files and Redis are there; /readyz?exclude=redis ignores Redis.
""",
    ),
    "work": (
        "run background work: rollouts, exports, notifications, retention",
        """\
Runs until SIGTERM or Ctrl-C. At least one must run; several may, on one machine or many.
""",
    ),
    "edge": (
        "run an edge: Envoy, and a process for each version",
        """\
Serves requests on SLUICE_EDGE_HOST and SLUICE_EDGE_PORT. It needs SLUICE_CONTROL_URL and, at its
first start, a join token in SLUICE_EDGE_JOIN_TOKEN (sluice manage edge add --name NAME).
Exit codes: 2 bad settings or a refused join, 3 the edge was removed.

SIGTERM drains and ends everything. SIGUSR1 ends this process alone: Envoy and versions go on
serving, and the next `sluice edge` in the same SLUICE_DATA_DIR takes them over.
""",
    ),
    "manage": (
        "other commands: tokens, edges, rollouts, reviews, the audit trail",
        """\
Runs a command of manage.py: `sluice manage token --help`, `sluice manage help` lists them.
""",
    ),
    "version": ("print the version", "Prints the version of this release."),
}
"""Command → (one line in the list, the help of the command)."""

CANNOT_START = "Sluice cannot start: {why}"
NO_SHARED_KEYS = """\
{keys} must be set, because other machines may use the same PostgreSQL or Redis.
Every machine needs the same values, in these variables or in files named by NAME_FILE.

An installation that ran without them has its own in the data folder: secret_key and account_id.
For a new one, generate them:

  SLUICE_SECRET_KEY   openssl rand -base64 48
  SLUICE_ACCOUNT_ID   openssl rand -hex 16"""
NO_DATABASE = "the database does not answer: {why}"


def print_setup(done: Setup) -> None:
    """What setup has done; credentials are printed this once."""
    count = len(done.migrations)
    print(f"Database      {f'{count} migrations applied' if count else 'up to date'}")
    print(f"Static files  {'collected' if done.collected else 'up to date'}")
    first = done.first
    if first is None:
        print("First admin   exists")
        return
    print(f"First admin   {first.username} created")
    if first.password is not None:
        print(f"\nShown once; write it down:\n\n  {first.username}  {first.password}\n")
    for reason in first.weak_because:
        print(f"The password in SLUICE_ADMIN_PASSWORD is weak. {reason}")
