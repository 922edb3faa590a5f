import json
import logging

import pytest

from dashboard.api.resources import identity
from tests.dashboard.api.conftest import Answer, Api

LATEST = "/workers/workers/shop/versions/latest"


def test_an_address_that_is_not_served_says_so(api: Api):
    answer = api("GET", "/workers/nothing/here")
    assert answer.refusal == (404, 7003)
    assert "Could not route to /accounts/" in answer.message


def test_even_without_a_token_an_unknown_address_is_an_envelope(client):
    assert Answer(client.get("/client/v4/x")).refusal == (404, 7003)


def test_a_path_with_a_trailing_slash_is_not_redirected(api: Api):
    assert api("GET", "/workers/scripts/").refusal == (404, 7003)


def test_an_address_with_a_line_break_is_answered_in_the_envelope(api: Api):
    assert api("GET", "/workers/scripts/a%0Ab/nothing").refusal == (404, 7003)


def test_a_wrong_method_is_an_envelope_with_allow(api: Api):
    answer = api("DELETE", "/workers/subdomain")
    assert answer.refusal == (405, 10405)
    assert answer.response["Allow"] == "GET"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"env": NaN}', "NaN is not JSON"),
        (b'{"env": {"A": {"text": "a\\u0000b"}}}', "NUL"),
        (b'{"env": {"A": {"text": "\\ud800"}}}', "not valid Unicode at env.A.text"),
        (b'{"env": {"A": {"text": "\xf0\x9f"}}}', "not valid Unicode at env.A.text"),
        (b'{"env": {}, "annotations": {"workers/tag": "\\ud83d"}}', "workers/tag"),
        (b'{"env": {"\xff": null}}', "not valid Unicode at env"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"env": ' + b"1" * 5000 + b"}", "number"),
        (b'{"env": {"A": {"text": "a", "text": "b"}}}', "'text' is in one JSON object twice"),
        (b"[]", "given"),
        (b"", "given"),
        (b'{"env": {"A": {"text": 5, "type": "secret_text"}}}', "env.A.text"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_with_the_reason(api: Api, body: bytes, words: str):
    api.put()
    answer = api("PATCH", LATEST, body)
    assert answer.refusal == (400, 10026)
    assert words in answer.message


@pytest.mark.parametrize("cut", [b"\\ud83d", b"\xf0\x9f\x98"])
def test_a_message_that_was_cut_inside_a_character_is_taken(api: Api, cut: bytes):
    api.put()
    body = b'{"env": {}, "annotations": {"workers/message": "done ' + cut + b'"}}'
    made = api("PATCH", LATEST, body).result
    assert made["annotations"]["workers/message"] == "done \N{REPLACEMENT CHARACTER}"
    whole = body.replace(cut, b"\\ud83d\\ude80")
    message = api("PATCH", LATEST, whole).result["annotations"]["workers/message"]
    assert message == "done \N{ROCKET}"


def test_a_refused_body_is_never_quoted(api: Api):
    api.put()
    answer = api("PATCH", LATEST, {"env": {"A": {"text": ["hunter2"]}}})
    assert answer.status == 400 and "hunter2" not in answer.response.content.decode()


def test_json_counts_as_json_whatever_its_content_type(api: Api):
    api.put()
    body = {"env": {"A": {"type": "secret_text", "text": "x"}}}
    for kind in ("text/plain;charset=UTF-8", "application/merge-patch+json"):
        assert api("PATCH", LATEST, body, content_type=kind).status == 200


def test_an_unexpected_error_tells_the_log_everything_and_the_client_nothing(
    api: Api, monkeypatch, caplog
):
    def breaks(user):
        raise RuntimeError("the disk at /srv is full")

    monkeypatch.setattr(identity, "email_of", breaks)
    with caplog.at_level(logging.ERROR):
        answer = Answer(api.raw("GET", "/user"))
    assert answer.refusal == (500, 10013)
    assert "disk" not in answer.message
    assert "the disk at /srv is full" in caplog.text


def test_success_has_all_four_fields(api: Api):
    envelope = Answer(api.raw("GET", "/user")).envelope
    assert set(envelope) == {"success", "errors", "messages", "result"}
    assert json.dumps(envelope["errors"]) == "[]"
