"""The request as others send it: curl, fetch and httpx, to the edge's public address.

Variables keep their names, so that nothing secret leaves the playground unseen.
"""

from __future__ import annotations

import json
import shlex

from dashboard.playground.compose import Composed
from routing.publish import hostname, url_of


def exports(asked: Composed) -> list[tuple[str, str]]:
    """(title, text) of each form."""
    return [("curl", as_curl(asked)), ("fetch", as_fetch(asked)), ("Python httpx", as_httpx(asked))]


def address(asked: Composed) -> str:
    """The public URL. Variables stay as they were typed."""
    return url_of(hostname(asked.worker)) + _path(asked)


def as_curl(asked: Composed) -> str:
    """A command that `curl.read` takes back."""
    lines = [f"curl {shlex.quote(address(asked))}"]
    if asked.method == "HEAD":
        lines.append("-I")
    elif asked.method != ("POST" if _body(asked) else "GET"):
        lines.append(f"-X {asked.method}")
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _lines(asked)]
    if asked.acts and asked.kind == "file" and asked.upload:
        lines.append(f"--data-binary {shlex.quote('@' + asked.upload.name)}")
    elif body := _body(asked):
        lines.append(f"--data-raw {shlex.quote(body)}")
    return " \\\n  ".join(lines)


def as_fetch(asked: Composed) -> str:
    """For a browser's console or Node."""
    options: dict[str, object] = {"method": asked.method, "headers": _lines(asked)}
    if body := _body(asked):
        options["body"] = body
    shown = json.dumps(options, indent=2, ensure_ascii=False)
    return f"await fetch({json.dumps(address(asked))}, {shown});"


def as_httpx(asked: Composed) -> str:
    """For Python; `repr` quotes as Python reads."""
    lines = [
        f"    {asked.method!r},",
        f"    {address(asked)!r},",
        f"    headers={_lines(asked)!r},",
    ]
    if body := _body(asked):
        lines.append(f"    content={body!r}.encode(),")
    return "\n".join(["import httpx", "", "httpx.request(", *lines, ")"])


def _path(asked: Composed) -> str:
    return "".join(c if c.isprintable() and c != " " else "%20" for c in asked.path)


def _lines(asked: Composed) -> list[tuple[str, str]]:
    """As people read them; on the wire they are UTF-8."""
    lines = asked.lines
    return [(n, v.encode("latin-1", "replace").decode("utf-8", "replace")) for n, v in lines]


def _body(asked: Composed) -> str:
    return asked.content.decode("utf-8", "replace") if asked.kind != "file" else ""
