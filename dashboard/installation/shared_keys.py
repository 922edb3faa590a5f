"""Keys that all processes of an installation must share.

On one machine they are generated and stored in the data folder. On several machines each would
generate its own: sessions and sealed secrets of one would be unreadable for the other.
"""

from __future__ import annotations

from django.conf import settings

from dashboard.settings.environment import variables

KEYS = ("SLUICE_SECRET_KEY", "SLUICE_ACCOUNT_ID")


def is_shared() -> bool:
    """Whether several machines may work on this installation."""
    database: str = settings.DATABASES["default"]["ENGINE"]
    return database.endswith("postgresql") or bool(settings.REDIS_URL)


def missing_keys() -> list[str]:
    """Variables that have to be set and are not."""
    if not is_shared():
        return []
    return [key for key in KEYS if not variables.text(key)]
