"""The database and Redis."""

from __future__ import annotations

from urllib.parse import urlsplit

import dj_database_url
from dj_database_url import DBConfig
from django.core.exceptions import ImproperlyConfigured

from dashboard.fleet import connection_pool
from dashboard.settings.environment import variables
from dashboard.settings.folders import DATA_DIR


def _parsed(url: str) -> DBConfig:
    try:
        return dj_database_url.parse(url)
    except ValueError as error:
        raise ImproperlyConfigured(
            "DATABASE_URL: expected postgresql://user@host:port/name."
        ) from error


#: DATABASE_URL; SQLite in the data folder when unset. Errors name the scheme only: the rest of the
#: address may include a password.
DATABASE_URL = variables.text("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'sluice.sqlite3'}"
_scheme = DATABASE_URL.partition(":")[0]
if _scheme not in {"sqlite", "postgres", "postgresql"}:
    raise ImproperlyConfigured(
        f"DATABASE_URL begins with {_scheme!r}: expected sqlite:///file or postgresql://host/name."
    )
#: Connections to PostgreSQL that one process holds at most; 0 opens one for each request.
#: SLUICE_DATABASE_POOL.
DATABASE_POOL = variables.number("SLUICE_DATABASE_POOL", 20, 1000, "a number", least=0)
DATABASES = {"default": _parsed(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a writer waits its turn at BEGIN instead of failing in the middle of a transaction.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    _defaults = connection_pool.TCP | {"application_name": "sluice"}
    DATABASES["default"]["OPTIONS"] = _defaults | DATABASES["default"].get("OPTIONS", {})
    if DATABASE_POOL:
        # A connection is checked when it is taken: the server may have started again since.
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
        DATABASES["default"]["OPTIONS"]["pool"] = connection_pool.options(DATABASE_POOL)

#: REDIS_URL; one process's memory when unset.
REDIS_URL = variables.text("REDIS_URL")
if REDIS_URL and urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
    raise ImproperlyConfigured("REDIS_URL: expected redis://host:port/db.")
# The layer waits 5 s for a message at a time, and redis-py by default ends a read after 5 s, which
# would end every idle WebSocket (channels_redis, issue 422). One immediate retry is for connections
# that a restart of Redis left dead in the pool.
REDIS_HOST = {
    "address": REDIS_URL,
    "socket_timeout": 15,
    "socket_connect_timeout": 2,
    "retry_on_error": [ConnectionError],
}
CHANNEL_LAYERS = {
    "default": (
        {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_HOST]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
