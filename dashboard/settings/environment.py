"""The environment of the control plane, typed. `variables` is the only reader of `os.environ`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

LONGEST_FILE = 64 * 1024
"""Bytes of a file that `NAME_FILE` names."""


class Variables:
    """Settings by name. `NAME_FILE` names a file whose content, without white space around it, is
    the value of `NAME`: how Docker, Kubernetes and systemd hand over secrets.

    Each method raises `ImproperlyConfigured`, whose message names the variable. Only methods whose
    values are no secrets put the value into it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def optional(self, name: str) -> str | None:
        """The value; None if neither variable is set."""
        given, file = self._environ.get(name), self._environ.get(f"{name}_FILE")
        if not file:
            return given
        if given:
            raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: set one of them.")
        return _content(f"{name}_FILE", file)

    def text(self, name: str, default: str = "") -> str:
        given = self.optional(name)
        return default if given is None else given

    def secret(self, name: str, least: int) -> str:
        """At least this many characters; empty when unset."""
        given = self.text(name)
        if given and len(given) < least:
            raise ImproperlyConfigured(f"{name}: expected at least {least} characters.")
        return given

    def number(
        self, name: str, default: int, most: int, what: str = "a number", least: int = 1
    ) -> int:
        raw = self.text(name, str(default))
        if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
            raise ImproperlyConfigured(f"{name}={raw!r}: expected {what} from {least} to {most}.")
        return int(raw)

    def optional_minutes(self, name: str, most: int) -> timedelta | None:
        """None when unset or empty."""
        if not self.text(name):
            return None
        return timedelta(minutes=self.number(name, 0, most, "a number of minutes"))

    def matching(self, name: str, default: str, pattern: str, expected: str) -> str:
        raw = self.text(name, default)
        if not re.fullmatch(pattern, raw):
            raise ImproperlyConfigured(f"{name}={raw!r}: expected {expected}.")
        return raw

    def networks(self, name: str) -> tuple[str, ...]:
        """CIDRs or single addresses, separated by commas."""
        raw = self.text(name)
        try:
            return tuple(str(ip_network(part.strip())) for part in raw.split(",") if part.strip())
        except ValueError as error:
            expected = "networks such as 10.0.0.0/8, separated by commas"
            raise ImproperlyConfigured(f"{name}={raw!r}: {error}; expected {expected}.") from error

    def switch(self, name: str, default: bool) -> bool:
        raw = self.text(name, "1" if default else "0").lower()
        if raw not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
            raise ImproperlyConfigured(f"{name}={raw!r}: expected 1 or 0.")
        return raw in {"1", "true", "yes", "on"}

    def url(self, name: str, expected: str) -> SplitResult | None:
        """An http(s) URL that may include a secret; None when unset or empty."""
        raw = self.text(name)
        if not raw:
            return None
        parts = urlsplit(raw)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ImproperlyConfigured(f"{name}: expected {expected}.")
        return parts


def _content(name: str, file: str) -> str:
    """`name`: the variable with the path, for messages. The content is never in a message."""
    try:
        with Path(file).open("rb") as stream:
            raw = stream.read(LONGEST_FILE + 1)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}={file!r}: {error.strerror}.") from error
    if len(raw) > LONGEST_FILE:
        raise ImproperlyConfigured(f"{name}={file!r}: larger than {LONGEST_FILE} bytes.")
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{name}={file!r}: not UTF-8 text.") from None
    if not text:
        raise ImproperlyConfigured(f"{name}={file!r}: the file is empty.")
    return text


variables = Variables(os.environ)
