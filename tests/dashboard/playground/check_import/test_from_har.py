"""Recordings: bounded, no secrets taken over, errors name the entry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.playground.check_import import from_har
from dashboard.playground.check_import.candidates import CannotImport
from dashboard.playground.check_import.from_har import checks_of_har
from dashboard.smoketests.suites.yaml_format import suite_from_data


def entry(url: str = "https://shop.example/a?b=1", **request: Any) -> dict[str, Any]:
    return {"request": {"method": "GET", "url": url, **request}, "response": {"status": 204}}


def har(*entries: Any) -> str:
    return json.dumps({"log": {"entries": list(entries)}})


def test_an_entry_becomes_a_check_that_expects_what_was_recorded() -> None:
    headers = {"accept": "x", "cookie": "s=1", "x-api-key": "k", "sec-fetch-mode": "cors"}
    headers |= {":authority": "shop.example", "user-agent": "Firefox", "host": "a"}
    lines = [{"name": name, "value": value} for name, value in headers.items()]
    posted = {"method": "post", "headers": lines, "postData": {"text": "{}"}}
    [check] = checks_of_har(har(entry(**posted)), "shop.localhost")
    assert check.data == {
        "name": "POST /a?b=1",
        "request": {"method": "POST", "path": "/a?b=1", "headers": {"accept": "x"}, "body": "{}"},
        "assert": [{"status": 204}],
    }
    assert [note.split(",")[0] for note in check.notes] == [
        "Left out: cookie",
        "Left out: x-api-key",
    ]
    suite_from_data({"name": "s", "checks": [check.data]})


@pytest.mark.parametrize(
    ("own", "taken"), [("shop.localhost", [1, 0, 0]), ("other.localhost", [0, 1, 1])]
)
def test_the_workers_own_requests_are_preselected(own: str, taken: list[int]) -> None:
    text = har(
        entry("http://shop.localhost:8787/"),
        entry("https://cdn.example/"),
        entry("https://cdn.example/b"),
    )
    assert [check.taken for check in checks_of_har(text, own)] == [bool(t) for t in taken]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "log.entries"),
        (har(), "log.entries"),
        (har(entry(), 3), "log.entries[1].request"),
        (har(entry(method="BREW")), "log.entries[0].request.method"),
        (har(entry("file:///etc/passwd")), "log.entries[0].request.url"),
        (har(entry("http://[broken/")), "log.entries[0].request.url"),
        (har(entry(headers="x")), "log.entries[0].request.headers"),
        (har(entry(headers=[{"name": 1}])), "log.entries[0].request.headers[0]"),
        (har(entry(postData={"text": 1})), "log.entries[0].request.postData.text"),
        (har(*[entry()] * 1001), "at most 1000"),
    ],
    ids=lambda value: value[:40],
)
def test_what_cannot_be_read_is_named(text: str, place: str) -> None:
    with pytest.raises(CannotImport) as error:
        checks_of_har(text, "shop.localhost")
    assert place in str(error.value)


def test_a_recording_that_is_too_large_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_har, "LARGEST", 1024 * 1024)
    with pytest.raises(CannotImport, match="more than 1 MB"):
        checks_of_har("x" * (1024 * 1024 + 1), "shop.localhost")
