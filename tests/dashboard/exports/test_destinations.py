"""Where nothing may be sent, and what nobody may see."""

import ipaddress

import pytest

from dashboard.exports import outgoing
from dashboard.exports.destination import DestinationInvalid, parse_destination, redact

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


@pytest.mark.parametrize(
    ("host", "address", "may"),
    [
        ("localhost", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("localhost", "10.0.0.1", False),
        ("logs.example", "10.0.0.1", True),
        ("logs.example", "192.0.2.1", True),
        ("logs.example", "127.0.0.1", False),
        ("logs.example", "::1", False),
        ("logs.example", "::ffff:127.0.0.1", False),
        ("logs.example", "169.254.169.254", False),
        ("logs.example", "fe80::1", False),
        ("logs.example", "0.0.0.0", False),
        ("logs.example", "224.0.0.1", False),
    ],
)
def test_a_name_leads_only_where_names_of_its_kind_may(host, address, may):
    assert outgoing.fits(host, ipaddress.ip_address(address)) is may


def send(url):
    return outgoing.request("POST", url, headers={}, body=b"x")


def test_a_host_that_the_settings_do_not_name_is_never_asked(settings):
    settings.EXPORT_HOSTS = frozenset({"127.0.0.1"})
    with pytest.raises(outgoing.SendFailed, match="SLUICE_EXPORT_HOSTS"):
        send("http://localhost:9/")


def test_a_name_that_now_leads_to_this_machine_is_refused_at_the_connection(settings, monkeypatch):
    settings.EXPORT_HOSTS = frozenset({"logs.example"})
    here = [(2, 1, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(outgoing.socket, "getaddrinfo", lambda *_, **__: here)
    with pytest.raises(outgoing.SendFailed, match="leads to 127.0.0.1"):
        send("http://logs.example/")


def test_a_redirect_is_a_failure_and_is_not_followed(receiver):
    receiver.status, receiver.location = 302, "http://127.0.0.1:1/elsewhere"
    destination = parse_destination(receiver.url)
    with pytest.raises(outgoing.SendFailed, match="redirects are not followed"):
        outgoing.checked(send(receiver.url), destination)


def test_an_answer_that_repeats_a_secret_is_shown_without_it(receiver):
    receiver.status, receiver.said = 401, b"bad token t0ken-123"
    url = receiver.url + "?header_Authorization=t0ken-123"
    with pytest.raises(outgoing.SendFailed) as failed:
        outgoing.checked(send(url), parse_destination(url))
    assert "t0ken" not in str(failed.value) and "REDACTED" in str(failed.value)
