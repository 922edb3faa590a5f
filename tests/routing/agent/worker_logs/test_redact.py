"""What never leaves the edge."""

import pytest

from routing.agent.worker_logs import redact
from routing.agent.worker_logs.redact import Masks


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "proxy-authorization", "cookie", "Set-Cookie", "X-Auth-Token"),
        *("x-api-key", "client-secret", "X-Session-Id", "cloudflare-workers-version-key"),
    ],
)
def test_a_header_is_redacted_by_its_name(name):
    assert redact.headers({name: "hunter2"}) == {name.lower(): "REDACTED"}


def test_other_headers_stay_and_our_own_go():
    given = {"Accept": "*/*", "cf-ray": "1-A", "x-edge-caller": "v", "X-Sluice-Version": "v"}
    assert redact.headers(given) == {"accept": "*/*", "cf-ray": "1-A"}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("http://a/b", "http://a/b"),
        ("http://a/b?x=1&token=2&y=", "http://a/b?x=1&token=REDACTED&y="),
        (
            "http://a/b?API%5FKey=2&my_pass%77ord=3",
            "http://a/b?API%5FKey=REDACTED&my_pass%77ord=REDACTED",
        ),
        ("http://a/b?sig=1&signal=2&code=3", "http://a/b?sig=REDACTED&signal=2&code=REDACTED"),
        ("http://a/b?hunter2", "http://a/b?REDACTED"),
        ("http://a/b?x=a=b#frag", "http://a/b?x=a=b"),
    ],
)
def test_values_of_sensitive_names_are_taken_out_of_a_query(given, shown):
    assert redact.url(given) == shown


def test_a_versions_own_secrets_are_masked_wherever_they_are_printed():
    masks = Masks([("KEY", "hunter22"), ("LONGER", "hunter22-and-more"), ("SHORT", "abc")])
    printed = ["the key is hunter22-and-more", {"hunter22": [1, "xhunter22x"]}, "abc", 7, None]
    assert masks.value(printed) == [
        "the key is [secret LONGER]",
        {"[secret KEY]": [1, "x[secret KEY]x"]},
        "abc",
        7,
        None,
    ]


def test_a_version_without_secrets_masks_nothing():
    assert Masks(()).text("as it is") == "as it is"
