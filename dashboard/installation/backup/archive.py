"""The members of an archive."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from tarfile import ReadError, TarFile

from dashboard.installation import messages

ABOUT = "about.json"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
"""By vendor."""
KEYS = ("secret_key", "account_id")
"""Files of the data folder; here their content is that of the settings, wherever those are from."""
FILES = ("edge_token",)
"""Further files of the data folder, where they exist."""
FOLDERS = ("dead-letters",)
STATE = "state"
"""The folder with the namespaces, if they are on this machine (SLUICE_STATE_DIR)."""


class BackupFailed(Exception):
    """The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class About:
    """`migrations`: `app.name` of all that were applied."""

    version: str
    created_at: str
    vendor: str
    migrations: list[str]
    has_keys: bool
    rows: dict[str, int]

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()


def read_about(archive: TarFile) -> About:
    """Raises `BackupFailed` for a file of something else."""
    try:
        member = archive.extractfile(ABOUT)
        assert member is not None
        return About(**json.loads(member.read()))
    except (KeyError, AssertionError, TypeError, ValueError, ReadError, EOFError) as error:
        raise BackupFailed(messages.NOT_A_BACKUP) from error
