"""The request as others send it: curl, fetch and httpx, to the edge's public address.

Variables keep their names, so that nothing secret leaves the playground unseen; a permission for a
protected override is a name too.
"""

from __future__ import annotations

import json
import re
import shlex
from urllib.parse import quote

from dashboard.playground.request.compose import TARGET, Composed
from dashboard.variables.names import USE
from routing.control.publish import hostname, url_of
from routing.rules.header.fields import as_read
from routing.rules.permissions.permission import PERMISSION_NAME, PLACEHOLDER

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_DOTS = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)


def exports(asked: Composed) -> list[tuple[str, str]]:
    """(title, text) of each form."""
    return [("curl", as_curl(asked)), ("fetch", as_fetch(asked)), ("Python httpx", as_httpx(asked))]


def address(asked: Composed) -> str:
    """The public URL, encoded as it is sent. Variables stay as they were typed."""
    return url_of(hostname(asked.worker)) + _path(asked)


def as_curl(asked: Composed) -> str:
    """A command that `curl.read` takes back."""
    url = address(asked)
    lines = [" ".join(["curl", *_switches(url), _quoted(url)])]
    if asked.method == "HEAD":
        lines.append("-I")
    elif asked.method != ("POST" if _body(asked) else "GET"):
        lines.append(f"-X {asked.method}")
    lines += [f"-H {_quoted(_line(name, value))}" for name, value in _lines(asked)]
    if asked.needs_permission:  # in double quotes, so that the shell puts the variable in
        lines.append(f'-H "{PERMISSION_NAME}: {PLACEHOLDER}"')
    if asked.acts and asked.kind == "file" and asked.upload:
        lines.append(f"--data-binary {_quoted('@' + asked.upload.name)}")
    elif body := _body(asked):
        if not any(name.lower() == "content-type" for name, _ in asked.lines):
            lines.append("-H 'Content-Type:'")  # or curl would call it a form
        lines.append(f"--data-raw {_quoted(body)}")
    return " \\\n  ".join(lines)


def as_fetch(asked: Composed) -> str:
    """For a browser's console or Node."""
    headers = _lines(asked) + _permission(asked)
    options: dict[str, object] = {"method": asked.method, "headers": headers}
    if body := _body(asked):
        options["body"] = body
    shown = json.dumps(options, indent=2, ensure_ascii=False)
    return f"await fetch({json.dumps(address(asked))}, {shown});"


def as_httpx(asked: Composed) -> str:
    """For Python; `repr` quotes as Python reads."""
    lines = [
        f"    {asked.method!r},",
        f"    {address(asked)!r},",
        f"    headers={_lines(asked) + _permission(asked)!r},",
    ]
    if body := _body(asked):
        lines.append(f"    content={body!r}.encode(),")
    return "\n".join(["import httpx", "", "httpx.request(", *lines, ")"])


def _switches(url: str) -> list[str]:
    """What keeps curl from changing the address: globs, and dots between slashes."""
    path = url.partition("?")[0]
    globs = ["--globoff"] if re.search(r"[\[\]{}]", url) else []
    return globs + (["--path-as-is"] if _DOTS.search(path) else [])


def _quoted(text: str) -> str:
    """One word for a shell; control characters as escapes, or a terminal would act on them."""
    if not _CONTROL.search(text):
        return shlex.quote(text)
    plain = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return "$'" + _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}", plain) + "'"


def _line(name: str, value: str) -> str:
    return f"{name}: {value}" if value else f"{name};"


def _path(asked: Composed) -> str:
    """As on the wire, but for the variables."""
    pieces = USE.split(asked.path)
    names = [use[0] for use in USE.finditer(asked.path)]
    encoded = [quote(piece, safe=TARGET, errors="replace") for piece in pieces[::2]]
    return encoded[0] + "".join(n + e for n, e in zip(names, encoded[1:], strict=True))


def _lines(asked: Composed) -> list[tuple[str, str]]:
    """As people read them; on the wire they are UTF-8."""
    return [(name, as_read(value)) for name, value in asked.lines]


def _permission(asked: Composed) -> list[tuple[str, str]]:
    return [(PERMISSION_NAME, PLACEHOLDER)] if asked.needs_permission else []


def _body(asked: Composed) -> str:
    return asked.content.decode("utf-8", "replace") if asked.kind != "file" else ""
