"""URLs that workerd refuses. The edge refuses them first, so they do not count against a version.

Measured with every byte: workerd answers 400 to < and > anywhere, to a backtick in the path and a
double quote in the query. Envoy refuses anything but printable ASCII before routing. Browsers send
neither.
"""

from __future__ import annotations

from typing import Any

_PATH = r'[^?]*[<>`].*|[^?]*\?.*["<>].*'
_TEXT = (
    "The URL has a character that must be percent-encoded: "
    'a double quote (%22), "<" (%3C), ">" (%3E) or a backtick (%60).\n'
)


def bad_url() -> dict[str, Any]:
    """The first route of every host that leads to versions. Its name belongs to no Worker."""
    path = {"name": ":path", "string_match": {"safe_regex": {"regex": _PATH}}}
    return {
        "name": "bad-url",
        "match": {"prefix": "/", "headers": [path]},
        "direct_response": {"status": 400, "body": {"inline_string": _TEXT}},
    }
