"""Where clients are, from MaxMind database files: fields of `request.cf` and `cf-ipcountry`.

Envoy looks the client up itself and reads a replaced file again. Its results are headers that only
the next filter sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.compile.envoy.clusters import TYPE

_X = f"{TYPE}envoy.extensions."
_PREFIX = "x-edge-geo-"
FIELDS = {"country": "country", "city": "city", "region": "regionCode", "asn": "asn"}
"""Envoy's names, and those in `request.cf`."""
DATABASES = {"City": "city_db_path", "Country": "country_db_path", "ASN": "asn_db_path"}
"""By the kind of a database, the last word of its type, such as GeoLite2-City."""
_KINDS = {"City": ("country", "city", "region"), "Country": ("country",), "ASN": ("asn",)}
HEADERS = tuple(_PREFIX + name for name in FIELDS)
_Object = dict[str, Any]


def geoip_filters(databases: Mapping[str, str]) -> list[_Object]:
    """`databases` are paths by kind; none adds no filter."""
    if not databases:
        return []
    kinds = {kind for database in databases for kind in _KINDS[database]}
    provider = {
        "@type": f"{_X}geoip_providers.maxmind.v3.MaxMindConfig",
        "common_provider_config": {
            "geo_field_keys": {kind: _PREFIX + kind for kind in FIELDS if kind in kinds},
        },
        **{DATABASES[kind]: path for kind, path in databases.items()},
    }
    config = {
        "@type": f"{_X}filters.http.geoip.v3.Geoip",
        "provider": {"name": "envoy.geoip_providers.maxmind", "typed_config": provider},
    }
    return [{"name": "geoip", "typed_config": config}]


def cf_text() -> str:
    """Envoy's expression for the fields that are known, as JSON after a comma."""
    return "".join(_member(name, field) for name, field in FIELDS.items())


def country_text(default: str) -> str:
    """Envoy's expression for the client's country, or `default`."""
    header = f"request.headers['{_PREFIX}country']"
    return f"%CEL('{_PREFIX}country' in request.headers ? {header} : '{default}')%"


def _member(name: str, field: str) -> str:
    """In three parts: Envoy's CEL cannot join texts."""
    value = f"request.headers['{_PREFIX}{name}']"
    quote = "" if name == "asn" else '"'
    allowed = "^[0-9]+$" if name == "asn" else r'^[^"\\\\]+$'
    known = f"'{_PREFIX}{name}' in request.headers && {value}.matches('{allowed}')"
    parts = (f"',\"{field}\":{quote}'", value, *([f"'{quote}'"] if quote else []))
    return "".join(f"%CEL({known} ? {part} : '')%" for part in parts)
