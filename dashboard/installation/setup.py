"""`sluice setup`, and the first step of `make run`: migrations, static files, the first admin.

Safe to repeat and to run on several machines at once: one at a time, the others find it done.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.installation.first_admin import FirstCredentials, admin_and_token
from dashboard.installation.locks import SETUP, installation_lock
from dashboard.installation.migrations import apply_missing
from dashboard.ui.assets.collect import collect_static


@dataclass(frozen=True, slots=True)
class Setup:
    """What was done. `first` has the credentials of an admin that was created."""

    migrations: tuple[str, ...]
    collected: bool
    first: FirstCredentials | None


def set_up() -> Setup:
    with installation_lock(SETUP):
        return Setup(apply_missing(), collect_static(), admin_and_token())
