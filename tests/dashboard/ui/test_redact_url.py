"""URLs as people see them."""

import pytest

from dashboard.ui.redact_url import redacted_url


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("https://h:8/a?b=c", "https://h:8/a?b=REDACTED"),
        ("https://ada:pw@h:8/a#token", "https://h:8/a"),
        ("https://h/services/T01/x0x1x2x3x4x5x6x7", "https://h/services/T01/REDACTED"),
    ],
)
def test_what_may_be_a_secret_is_left_out(url: str, seen: str) -> None:
    assert redacted_url(url) == seen
