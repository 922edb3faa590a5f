"""What came back, read as text whatever its headers claim."""

from __future__ import annotations

import pytest

from dashboard.sending.answer import Answer


@pytest.mark.parametrize("charset", ["ghost", "idna", "undefined", "utf-8\0", "base64"])
def test_a_charset_that_cannot_be_used_is_read_as_utf_8(charset: str) -> None:
    headers = [("content-type", f"text/plain; charset={charset}")]
    answer = Answer("local-1", 200, headers, "Łódź\xff".encode())
    assert answer.text is not None
    assert answer.text.startswith("Łódź")
