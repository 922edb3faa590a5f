"""Texts of `sluice` in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dashboard.installation.backup.archive import About
    from dashboard.installation.backup.restore import Restored
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
    "state": (
        "serve the data of KV, D1, R2 and queues to Workers",
        """\
Stores namespaces in SLUICE_STATE_DIR (by default `state` in the data folder) and serves them on
the socket state.sock in it, until SIGTERM or Ctrl-C. One per installation, on a disk that is backed
up: `sluice backup` includes it. It needs the same SLUICE_SECRET_KEY as `sluice web`, or the same
SLUICE_STATE_KEY on all of them, and no database.
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
    "backup": (
        "write everything to one file, while Sluice runs",
        """\
Writes the database as of one moment, the keys, the edge token and undelivered batches of
exports to FILE, a .tar.gz that only its owner can read. It holds the key to all secrets: store
it like one, or add --without-keys and store the keys apart. PostgreSQL needs pg_dump on PATH.
Modules in a bucket (SLUICE_S3_URL) stay there; --to-bucket also stores FILE in it.
""",
    ),
    "restore": (
        "restore a backup",
        """\
Replaces the database with that of FILE, and puts keys and files into the data folder; applies
migrations if the backup is of an older release. A database with users is replaced only with
--force. Stop `sluice web` and `sluice work` before, and start them again afterwards. What the
current key cannot decrypt is listed; the exit code is 1 then. PostgreSQL needs pg_restore and
psql on PATH.
""",
    ),
    "doctor": (
        "check an installation for problems",
        """\
Checks settings, keys, Redis, the bucket, static files, disk, database, clock, admin, secrets and
edges, and prints what to do. It changes nothing. The exit code is 1 if there is an error, 0 with
warnings only.
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


NO_BACKUP = "No backup was written: {why}"
NO_BUCKET = "SLUICE_S3_URL is not set."
NOT_IN_BUCKET = "The backup is not in the bucket: {why}"
NOT_RESTORED = "Nothing was restored: {why}"
RUNS_HERE = "Sluice runs in this data folder. Stop it first: make stop."


def print_backup(file: Path, about: About) -> None:
    rows = _counted(about.rows)
    print(f"{file}: {file.stat().st_size:,} bytes with {rows}.")
    if about.has_keys:
        print("It contains the key to all secrets, so protect it like a secret.")
    else:
        print("It contains no keys. Without SLUICE_SECRET_KEY its secrets are lost.")


def print_restored(done: Restored, workers: Mapping[str, str], values: Mapping[str, int]) -> None:
    """`workers`: those that edges do not get, with the reason. `values`: how many of each column
    cannot be decrypted."""
    about = done.about
    rows = _counted(about.rows)
    print(f"Restored the backup of {about.created_at} (release {about.version}): {rows}.")
    if done.migrations:
        print(f"{len(done.migrations)} migrations applied.")
    for variable in done.other_keys:
        print(f"{variable} differs from the one in the backup and was not changed.")
    if not (workers or values):
        print("All secrets can be read. Start `sluice web` and `sluice work`.")
        return
    print("\nLost, because SLUICE_SECRET_KEY was different then:\n")
    for column, count in values.items():
        print(f"  {count:5} {LOST_VALUES.get(column, column)}")
    if workers:
        print("\nEdges keep the last deployment of these Workers, and new edges do not get them:\n")
        for name, why in workers.items():
            print(f"  {name}: {why}")


def _counted(rows: Mapping[str, int]) -> str:
    """`rows` are counts by plural: "1 user, 2 workers"."""
    names = {name: name if count != 1 else name.removesuffix("s") for name, count in rows.items()}
    return ", ".join(f"{count} {names[name]}" for name, count in rows.items())


LOST_VALUES = {
    "OverrideKey.encrypted_private": "keys of protected overrides: rotate them",
    "CloudAccount.encrypted_token": "tokens of Cloudflare accounts: replace them",
    "Job.encrypted_destination": "destinations of log exports: enter them again",
    "Webhook.sealed_url": "addresses of notification webhooks: enter them again",
    "Webhook.sealed_secret": "secrets of notification webhooks: enter them again",
    "Variable.sealed": "secret variables of the playground: enter them again",
    "Hook.sealed_url": "addresses of rollout hooks: enter them again",
    "Hook.sealed_secret": "secrets of rollout hooks: enter them again",
    "Authenticator.data": "second factors: sluice manage second_factor remove NAME",
    "Version.bindings": "secrets of versions: set them again",
}
"""What each column has, and what to do."""
