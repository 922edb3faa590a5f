"""Where nothing may be sent, and what nobody may see."""

import pytest

from dashboard.egress.client import SendFailed, request
from dashboard.exports.delivery.senders import check_answer
from dashboard.exports.jobs.destination import DestinationInvalid, parse_destination, redact

S3 = "s3://logs/a?region=eu-west-1&access-key-id=AKIA1&secret-access-key=s3cr+t/x"


@pytest.mark.parametrize(
    "conf",
    [
        "ftp://127.0.0.1/x",
        "https://",
        "https://user:pw@127.0.0.1/",
        "https://127.0.0.1/#x",
        "https://127.0.0.1:99999/",
        "https://127.0.0.1/?header_Host=x",
        "https://127.0.0.1/?header_A%0d=x",
        "https://127.0.0.1/?header_A=x%0d%0aB:%20y",
        "file://host/x",
        "file:///../x",
        "file:///a/%2e%2e/b",
        "file:///a%2fb/c",
        "s3://logs/x",
        "s3://Bad_Bucket/x?region=a&access-key-id=b&secret-access-key=c",
        S3 + "&endpoint=http://u:p@127.0.0.1",
        S3 + "&endpoint=http://127.0.0.1/path",
        S3 + "&nonsense=1",
        "s3://logs/../x?region=a&access-key-id=b&secret-access-key=c",
        "https://127.0.0.1/\nx",
        "https://127.0.0.1/" + "a" * 5000,
    ],
)
def test_what_is_no_destination_is_refused_without_repeating_it(conf):
    with pytest.raises(DestinationInvalid) as refused:
        parse_destination(conf)
    assert "s3cr" not in str(refused.value) and "pw" not in str(refused.value)


def test_an_s3_destination_without_an_endpoint_is_amazons():
    found = parse_destination(S3)
    assert found.url == "https://s3.eu-west-1.amazonaws.com/logs"
    assert (found.path, found.secret_key) == ("a", "s3cr+t/x")
    assert "s3cr" not in repr(found)


@pytest.mark.parametrize(
    ("conf", "shown"),
    [
        (S3, "s3://logs/a?region=eu-west-1&access-key-id=REDACTED&secret-access-key=REDACTED"),
        (
            "https://h/p?header_Authorization=Bearer%20abc&tenant=7",
            "https://h/p?header_Authorization=REDACTED&tenant=REDACTED",
        ),
        ("https://h/services/T02ABCDEFGHIJKLMNOP1/x", "https://h/services/REDACTED/x"),
        ("file:///a/{DATE}", "file:///a/{DATE}"),
    ],
)
def test_secrets_are_replaced_wherever_a_destination_is_shown(conf, shown):
    assert redact(conf) == shown


def send(url):
    return request("POST", url, headers={}, body=b"x")


def test_a_redirect_is_a_failure_and_is_not_followed(receiver):
    receiver.status, receiver.location = 302, "http://127.0.0.1:1/elsewhere"
    destination = parse_destination(receiver.url)
    with pytest.raises(SendFailed, match="redirects are not followed"):
        check_answer(send(receiver.url), destination)


def test_an_answer_that_repeats_a_secret_is_shown_without_it(receiver):
    receiver.status, receiver.said = 401, b"bad token t0ken-123"
    url = receiver.url + "?header_Authorization=t0ken-123"
    with pytest.raises(SendFailed) as failed:
        check_answer(send(url), parse_destination(url))
    assert "t0ken" not in str(failed.value) and "REDACTED" in str(failed.value)
