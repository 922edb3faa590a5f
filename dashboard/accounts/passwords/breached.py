"""Passwords from breaches, in a file on this machine: no request leaves it.

It is "Pwned Passwords" of Have I Been Pwned, ordered by hash, or a part of it: lines
`<SHA-1>:<count>` in ascending order, about 40 GB in all. A look-up reads some 40 lines, whatever
its size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured, ValidationError

HASH = 40
"""Hexadecimal digits of SHA-1, which is what the list has; no secret is stored with it."""
LONGEST_LINE = 80


class BreachedPassword:
    """Refuses what SLUICE_BREACHED_PASSWORDS lists; all is fine without that file."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raises `ValidationError`."""
        path = settings.BREACHED_PASSWORDS
        try:
            listed = bool(path) and is_listed(password, Path(path))
        except OSError as error:
            raise ValidationError(
                "The list of passwords from breaches cannot be read, so no password can be set. "
                "Tell an admin.",
                code="password_unchecked",
            ) from error
        if listed:
            raise ValidationError(
                "This password is on a list of passwords from breaches, so it is tried first. "
                "Choose another one.",
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return ""


def is_listed(password: str, path: Path) -> bool:
    """By halving. Raises `OSError` when the file is gone."""
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, path.stat().st_size
        while low < high:
            middle = (low + high) // 2
            line = _line_after(file, middle)
            if line[:HASH].upper() < wanted and line:
                low = middle + 1
            else:
                high = middle
        return _line_after(file, low)[:HASH].upper() == wanted


def check_file(path: str) -> None:
    """Raises `ImproperlyConfigured` for a file that has another form or order."""
    try:
        with Path(path).open("rb") as file:
            hashes = list(_hashes(file, 1000))
    except OSError as error:
        raise ImproperlyConfigured(f"SLUICE_BREACHED_PASSWORDS: {error.strerror}.") from error
    if not hashes or hashes != sorted(hashes):
        raise ImproperlyConfigured(
            "SLUICE_BREACHED_PASSWORDS: expected lines <SHA-1>:<count> in ascending order."
        )


def _hashes(file: BinaryIO, count: int) -> Iterator[bytes]:
    for _ in range(count):
        line = file.readline(LONGEST_LINE)
        if not line:
            return
        hexadecimal = line[:HASH]
        if len(hexadecimal) < HASH or any(c not in b"0123456789abcdefABCDEF" for c in hexadecimal):
            raise ImproperlyConfigured("SLUICE_BREACHED_PASSWORDS: a line begins with no SHA-1.")
        yield hexadecimal.upper()


def _line_after(file: BinaryIO, position: int) -> bytes:
    """The first whole line that begins at `position` or later; empty at the end."""
    file.seek(max(position - 1, 0))
    if position:
        file.readline(LONGEST_LINE)
    return file.readline(LONGEST_LINE)
