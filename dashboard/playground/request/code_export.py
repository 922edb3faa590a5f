"""The request as code that sends it to the edge's public address: curl, fetch and httpx.

Variables and the permission for a protected override are written as names: no secret leaves the
playground.
"""

from __future__ import annotations

import json
import re
import shlex
from urllib.parse import quote

from dashboard.playground.request.typed_request import TypedRequest
from dashboard.sending.redaction import TARGET
from dashboard.variables.names import USE
from routing.control.publish import hostname, url_of
from routing.rules.header.fields import as_read
from routing.rules.permissions.permission import PERMISSION_NAME, PLACEHOLDER

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_DOTS = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)


def exports(typed: TypedRequest) -> list[tuple[str, str]]:
    """(title, text) of each form."""
    return [("curl", as_curl(typed)), ("fetch", as_fetch(typed)), ("Python httpx", as_httpx(typed))]


def address(typed: TypedRequest) -> str:
    """The public URL, encoded as it is sent. Variables stay as they were typed."""
    base = typed.base_url or url_of(typed.host or hostname(typed.worker))
    return base + _path(typed)


def as_curl(typed: TypedRequest) -> str:
    """A command that `curl_import.parse.read` understands."""
    url = address(typed)
    lines = [" ".join(["curl", *_switches(url), _quoted(url)])]
    if typed.method == "HEAD":
        lines.append("-I")
    elif typed.method != ("POST" if _body(typed) else "GET"):
        lines.append(f"-X {typed.method}")
    lines += [f"-H {_quoted(_line(name, value))}" for name, value in _lines(typed)]
    # Double quotes: the shell fills in the variable.
    lines += [f'-H "{name}: {value}"' for name, value in _permission(typed)]
    if typed.acts and typed.kind == "file" and typed.upload:
        lines.append(f"--data-binary {_quoted('@' + typed.upload.name)}")
    elif body := _body(typed):
        if not any(name.lower() == "content-type" for name, _ in typed.lines):
            lines.append("-H 'Content-Type:'")  # curl's default is a form's
        lines.append(f"--data-raw {_quoted(body)}")
    return " \\\n  ".join(lines)


def as_fetch(typed: TypedRequest) -> str:
    """For a browser's console or Node."""
    headers = _lines(typed) + _permission(typed)
    options: dict[str, object] = {"method": typed.method, "headers": headers}
    if body := _body(typed):
        options["body"] = body
    text = json.dumps(options, indent=2, ensure_ascii=False)
    return f"await fetch({json.dumps(address(typed))}, {text});"


def as_httpx(typed: TypedRequest) -> str:
    lines = [
        f"    {typed.method!r},",
        f"    {address(typed)!r},",
        f"    headers={_lines(typed) + _permission(typed)!r},",
    ]
    if body := _body(typed):
        lines.append(f"    content={body!r}.encode(),")
    return "\n".join(["import httpx", "", "httpx.request(", *lines, ")"])


def _switches(url: str) -> list[str]:
    """Options that stop curl from changing the address."""
    path = url.partition("?")[0]
    globs = ["--globoff"] if re.search(r"[\[\]{}]", url) else []
    return globs + (["--path-as-is"] if _DOTS.search(path) else [])


def _quoted(text: str) -> str:
    """One word for a shell. Control characters are escaped: a terminal would act on them."""
    if not _CONTROL.search(text):
        return shlex.quote(text)
    plain = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return "$'" + _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}", plain) + "'"


def _line(name: str, value: str) -> str:
    return f"{name}: {value}" if value else f"{name};"


def _path(typed: TypedRequest) -> str:
    """As on the wire, except for variables."""
    pieces = USE.split(typed.path)
    names = [use[0] for use in USE.finditer(typed.path)]
    encoded = [quote(piece, safe=TARGET, errors="replace") for piece in pieces[::2]]
    return encoded[0] + "".join(n + e for n, e in zip(names, encoded[1:], strict=True))


def _lines(typed: TypedRequest) -> list[tuple[str, str]]:
    """The header lines as text; on the wire they are UTF-8."""
    return [(name, as_read(value)) for name, value in typed.lines]


def _permission(typed: TypedRequest) -> list[tuple[str, str]]:
    permission = [(PERMISSION_NAME, PLACEHOLDER)] if typed.needs_permission else []
    return [*permission, *typed.shell_lines]


def _body(typed: TypedRequest) -> str:
    return typed.content.decode("utf-8", "replace") if typed.kind != "file" else ""
