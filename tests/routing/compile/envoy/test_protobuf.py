"""Bytes of Envoy's resources, by the rules of protobuf."""

import pytest

from routing.compile.envoy.protobuf import CLUSTER, SCOPE, encode, varint

_METADATA = "envoy.config.core.v3.Metadata"
_ROUTE = "envoy.config.route.v3.RouteConfiguration"


@pytest.mark.parametrize(
    ("number", "raw"),
    [(0, b"\x00"), (127, b"\x7f"), (300, b"\xac\x02"), (1 << 21, b"\x80\x80\x80\x01")],
)
def test_numbers(number, raw):
    assert varint(number) == raw


@pytest.mark.parametrize(
    ("message", "value", "raw"),
    [
        (CLUSTER, {"name": "é"}, b"\x0a\x02\xc3\xa9"),
        (
            CLUSTER,
            {"type": "STATIC", "connect_timeout": "0.25s"},
            b"\x10\x00\x22\x05\x10\x80\xe5\x9a\x77",
        ),
        (CLUSTER, {"connect_timeout": "1s"}, b"\x22\x02\x08\x01"),
        (_ROUTE, {"validate_clusters": True}, b"\x3a\x02\x08\x01"),
        (_ROUTE, {"validate_clusters": False}, b"\x3a\x00"),
        (
            SCOPE,
            {"key": {"fragments": [{"string_key": "a"}, {"string_key": "b"}]}},
            b"\x1a\x0a\x0a\x03\x0a\x01a\x0a\x03\x0a\x01b",
        ),
        (
            _METADATA,
            {"filter_metadata": {"n": {"k": "v"}}},
            b"\x0a\x0f\x0a\x01n\x12\x0a\x0a\x08\x0a\x01k\x12\x03\x1a\x01v",
        ),
    ],
)
def test_fields(message, value, raw):
    assert encode(message, value) == raw


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (True, b"\x20\x01"),
        (1.5, b"\x11\0\0\0\0\0\0\xf8\x3f"),
        ({"a": "b"}, b"\x2a\x0a\x0a\x08\x0a\x01a\x12\x03\x1a\x01b"),
    ],
)
def test_values_of_metadata(value, raw):
    entry = b"\x0a\x01k\x12" + bytes([len(raw)]) + raw
    struct = b"\x0a" + bytes([len(entry)]) + entry
    field = b"\x0a\x01n\x12" + bytes([len(struct)]) + struct
    encoded = encode(_METADATA, {"filter_metadata": {"n": {"k": value}}})
    assert encoded == b"\x0a" + bytes([len(field)]) + field


def test_a_list_in_metadata_is_refused():
    with pytest.raises(TypeError, match="no value of a Struct"):
        encode(_METADATA, {"filter_metadata": {"n": {"k": []}}})


def test_what_the_table_lacks_is_refused():
    with pytest.raises(KeyError, match="no_such_field"):
        encode(CLUSTER, {"no_such_field": 1})
    with pytest.raises(KeyError, match="NO_SUCH_TYPE"):
        encode(CLUSTER, {"type": "NO_SUCH_TYPE"})
