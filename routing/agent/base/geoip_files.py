"""MaxMind database files: which kind each one is. Envoy would end at a broken one."""

from __future__ import annotations

from pathlib import Path

import maxminddb

from routing.compile.envoy.geoip import DATABASES


class GeoipInvalid(Exception):
    """The message names the file and what is wrong with it."""


def database_kind(path: Path) -> str:
    """A key of `DATABASES`. Raises `GeoipInvalid`."""
    try:
        with maxminddb.open_database(path) as database:
            name = database.metadata().database_type
            database.get("127.0.0.1")
    except OSError as error:
        raise GeoipInvalid(f"{path}: {error.strerror or error}") from error
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
        raise GeoipInvalid(f"{path}: not a MaxMind database") from error
    for kind in DATABASES:
        if name.endswith(kind):
            return kind
    raise GeoipInvalid(f"{path}: is {name}; expected one of {', '.join(DATABASES)}")
