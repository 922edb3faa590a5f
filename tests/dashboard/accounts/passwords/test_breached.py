"""The list of passwords from breaches, looked up in a file."""

from __future__ import annotations

import hashlib

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError

from dashboard.accounts.passwords.breached import check_file, is_listed


def sha1(password: str) -> str:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture
def listed(tmp_path):
    def write(*passwords: str, end: str = "\r\n"):
        path = tmp_path / "pwned.txt"
        hashes = sorted(map(sha1, passwords))
        path.write_text("".join(f"{h}:{n + 1}{end}" for n, h in enumerate(hashes)), newline="")
        return path

    return write


@pytest.mark.parametrize("count", [1, 2, 3, 10, 257])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_is_found_and_no_other(listed, count, end):
    names = [f"breached-{n}" for n in range(count)]
    path = listed(*names, end=end)
    assert all(is_listed(name, path) for name in names)
    assert not any(is_listed(f"another-{n}", path) for n in range(300))


def test_a_new_password_is_refused_with_the_reason(listed, settings):
    settings.BREACHED_PASSWORDS = str(listed("five plain words of mine"))
    with pytest.raises(ValidationError, match="from breaches"):
        validate_password("five plain words of mine")
    validate_password("five other words of mine")


def test_a_file_that_is_gone_lets_no_password_through(tmp_path, settings):
    settings.BREACHED_PASSWORDS = str(tmp_path / "gone")
    with pytest.raises(ValidationError, match="cannot be read"):
        validate_password("five plain words of mine")


@pytest.mark.parametrize("text", ["", "password\n", "B" * 40 + ":1\n" + "A" * 40 + ":1\n"])
def test_another_file_stops_the_start(tmp_path, text):
    path = tmp_path / "list"
    path.write_text(text)
    with pytest.raises(ImproperlyConfigured, match="SLUICE_BREACHED_PASSWORDS"):
        check_file(str(path))
    with pytest.raises(ImproperlyConfigured, match="No such file"):
        check_file(str(tmp_path / "gone"))
