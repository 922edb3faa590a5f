"""URLs that workerd refuses. The edge refuses them first, so they do not count against a version.

Measured with every byte: workerd answers 400 to < and > anywhere, to a backtick in the path and a
double quote in the query, and 500 to a `Host` header that is no host name with a port. Envoy
refuses anything but printable ASCII before routing. Browsers send none of them.
"""

from __future__ import annotations

from typing import Any

_PATH = r'[^?]*[<>`].*|[^?]*\?.*["<>].*'
_TEXT = (
    "The URL has a character that must be percent-encoded: "
    'a double quote (%22), "<" (%3C), ">" (%3E) or a backtick (%60).\n'
)
_PORT = r"0*(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{0,4})"
_HOST = rf"[A-Za-z0-9._-]+(:{_PORT})?"
BAD_HOST = "The Host header is not a host name with an optional port, or there are several."


def bad_urls() -> list[dict[str, Any]]:
    """The first routes of every host that leads to versions. Their names belong to no Worker."""
    path = {"name": ":path", "string_match": {"safe_regex": {"regex": _PATH}}}
    host = {"name": ":authority", "string_match": {"safe_regex": {"regex": _HOST}}}
    return [
        _refusal("bad-host", {**host, "invert_match": True}, f"{BAD_HOST}\n"),
        _refusal("bad-url", path, _TEXT),
    ]


def _refusal(name: str, header: dict[str, Any], text: str) -> dict[str, Any]:
    return {
        "name": name,
        "match": {"prefix": "/", "headers": [header]},
        "direct_response": {"status": 400, "body": {"inline_string": text}},
    }
