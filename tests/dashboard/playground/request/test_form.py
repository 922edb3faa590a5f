"""What a person may type, and what becomes of it on the wire."""

import pytest

from dashboard.playground.request.form import compose
from dashboard.playground.request.typed_request import OVERRIDES, VERSION_KEY

ID = "d1c8a4f2-7b36-4e0d-9c51-2f8e60a7b913"


def asked(**sent: str):
    return compose("shop", sent)


def test_a_picked_version_becomes_the_header():
    assert asked(version=ID).lines == [(OVERRIDES, f'shop="{ID}"')]


def test_by_percentage_sends_no_header():
    assert asked(version="").lines == []


def test_raw_counts_only_in_raw_mode():
    assert asked(raw="shop=1", mode="raw").override == "shop=1"
    assert asked(raw="shop=1", version=ID).override == f'shop="{ID}"'


def test_a_fix_becomes_the_raw_header():
    fixed = asked(fix='shop="x"', version=ID)
    assert (fixed.mode, fixed.override) == ("raw", 'shop="x"')


def test_lines_travel_as_a_server_sees_them():
    found = asked(headers="Accept: application/json\r\nX-Name:Zoë\n\n", key="Zoë").lines
    zoe = "Zoë".encode().decode("latin-1")
    assert found == [("Accept", "application/json"), ("X-Name", zoe), (VERSION_KEY, zoe)]


@pytest.mark.parametrize(
    "headers",
    ["no colon", ": empty", "sp ace: x", "Ünï: x", "X: a\rb", "X: a\0b", "(): x"],
)
def test_what_is_no_header_line_is_refused(headers):
    assert asked(headers=headers).errors


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Connection", "Upgrade", "TE"]
)
def test_nobody_names_the_place_or_the_connection(name):
    assert f"{name} is set by the playground" in asked(headers=f"{name}: x").errors["headers"]


@pytest.mark.parametrize(
    "path", ["http://example.com/", "example.com", "*", "@evil", "?x=1", "/a\nb", "/\0"]
)
def test_a_path_stays_a_path(path):
    assert "path" in asked(path=path).errors


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/a?b=c&d=%20", b"/a?b=c&d=%20"),
        ("//evil.example/x", b"//evil.example/x"),
        ("/@evil.example", b"/@evil.example"),
        ("/ä b", b"/%C3%A4%20b"),
        ("", b"/"),
        ("/#frag", b"/%23frag"),
        ("/\\evil", b"/%5Cevil"),
    ],
)
def test_the_target_is_written_as_typed(path, target):
    found = asked(path=path)
    assert (found.target, found.errors) == (target, {})


@pytest.mark.parametrize("field", ["raw", "key"])
def test_one_value_is_one_line(field):
    assert asked(**{field: "a\r\nX-Evil: 1", "mode": "raw"}).errors


def test_a_key_is_the_value_alone():
    assert "key" in asked(key="Cloudflare-Workers-Version-Key : user-1").errors
    assert not asked(key="a: b").errors


def test_an_empty_header_is_sent_and_an_empty_override_is_not():
    assert asked(headers="X-Empty:", mode="raw", raw=" ").lines == [("X-Empty", "")]


def test_lines_of_a_body_end_as_chosen():
    sent = {"method": "POST", "body": "a\r\nb\n"}
    assert asked(**sent).content == b"a\nb\n"
    assert asked(**sent, line_breaks="crlf").content == b"a\r\nb\r\n"


def test_methods_are_a_list():
    assert asked(method="TRACE").errors and asked(method="CONNECT").errors
    assert not asked(method="DELETE").errors


@pytest.mark.parametrize("field", ["headers", "raw", "body"])
def test_too_much_is_refused(field):
    assert asked(**{field: "X: " + "a" * 300_000, "mode": "raw"}).errors


def test_only_get_and_head_are_harmless():
    assert [m for m in ("GET", "HEAD", "POST", "OPTIONS") if asked(method=m).acts] == [
        "POST",
        "OPTIONS",
    ]
