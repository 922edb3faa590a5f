"""Kinds of MaxMind databases."""

import pytest

from routing.agent.base.geoip_files import GeoipInvalid, database_kind
from tests.mmdb import BOSTON, write_database


@pytest.mark.parametrize("kind", ["City", "Country", "ASN"])
def test_the_kind_is_in_the_file(tmp_path, kind):
    assert database_kind(write_database(tmp_path / "any.mmdb", kind, BOSTON)) == kind


@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\xab\xcd\xefMaxMind.com"])
def test_another_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "other.mmdb"
    path.write_bytes(content)
    with pytest.raises(GeoipInvalid, match="other.mmdb: not a MaxMind database"):
        database_kind(path)
    with pytest.raises(GeoipInvalid, match="missing.mmdb"):
        database_kind(tmp_path / "missing.mmdb")
