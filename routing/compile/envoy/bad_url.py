"""URLs that workerd refuses: the edge answers them, or the refusal would count as the version's.

Measured with every byte: workerd answers 400 to < and > anywhere, to a backtick in the path and a
double quote in the query. What is not printable ASCII, Envoy refuses before there is a route. No
browser sends either.
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
