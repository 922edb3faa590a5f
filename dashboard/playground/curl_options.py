"""curl's options, as far as a request has to do with them.

The standard library's parsers, not a package: `uncurl` (0.0.11, the best known one) keeps the last
of several -d, fails on $'…', and exits the process on -G, -F, --json, --data-urlencode, -I, -A
or -L.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import NoReturn


class NotCurl(ValueError):
    """The text is no curl command that can be read; the message says why."""


#: Options that carry the body, by what they do with their value.
_BODY = {
    "data": ["-d", "--data", "--data-ascii"],
    "raw": ["--data-raw"],
    "binary": ["--data-binary"],
    "encoded": ["--data-urlencode"],
    "json": ["--json"],
    "form": ["-F", "--form", "--form-string"],
}
_VALUES = ["-u --user", "-A --user-agent", "-e --referer", "-b --cookie", "-X --request", "--url"]
_SWITCHES = [
    *["-G --get", "-I --head", "-L --location", "-s --silent", "-S --show-error", "-k --insecure"],
    *["-v --verbose", "-i --include", "-f --fail", "-g --globoff", "-N --no-buffer"],
    *["-q --disable", "-# --progress-bar", "--compressed", "--http1.1", "--http2", "--path-as-is"],
]
_IGNORED = [
    *["-o --output", "-w --write-out", "-m --max-time", "-c --cookie-jar", "-E --cert"],
    *["-T --upload-file", "-D --dump-header", "--retry", "--connect-timeout", "--cacert"],
]
_ELSEWHERE = ["-x --proxy", "--resolve", "--connect-to", "--unix-socket", "--interface"]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise NotCurl(message[:300])


def parser() -> argparse.ArgumentParser:
    """Knows what is taken over and what is left out; anything else it gives back."""
    made = _Parser(add_help=False, allow_abbrev=False)
    add = made.add_argument
    add("address", nargs="?")
    add("-H", "--header", action="append", default=[])
    add("--oauth2-bearer", dest="bearer")
    for kind, flags in _BODY.items():
        add(*flags, dest="body", action="append", default=[], type=_Kind(kind))
    for text in _VALUES:
        add(*text.split())
    for text in _SWITCHES:
        add(*text.split(), action="store_true")
    for text in _IGNORED:
        add(*text.split(), dest="ignored")
    for text in _ELSEWHERE:
        add(*text.split(), dest="elsewhere")
    return made


@dataclass(frozen=True)
class _Kind:
    """Remembers which option a piece of the body came by."""

    kind: str

    def __call__(self, value: str) -> tuple[str, str]:
        return self.kind, value
