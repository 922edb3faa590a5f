"""The page's form as `compose` takes it: one text for each field, and the file beside them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from dashboard.playground.bodies import LONGEST_BODY, Upload


def typed(sent: QueryDict) -> dict[str, str]:
    """The fields; the headers' table becomes the lines that the raw field would hold."""
    fields = {name: str(value) for name, value in sent.dict().items()}
    if sent.get("headers_as") == "table":
        rows = zip(sent.getlist("hn"), sent.getlist("hv"), strict=False)
        fields["headers"] = "\n".join(_line(n, v) for n, v in rows if n.strip() or v.strip())
    return fields


def storable(text: str) -> str:
    """The text as every database takes it: PostgreSQL has no NUL, and nobody half a pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def only_storable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`view`, with everything that was typed made storable. All views of the room go through it."""

    @wraps(view)
    def cleaned(request: HttpRequest, **named: Any) -> HttpResponse:
        request.GET = _cleaned(request.GET)  # type: ignore[assignment]
        if request.method == "POST":
            request.POST = _cleaned(request.POST)  # type: ignore[assignment]
        texts = {n: storable(v) if isinstance(v, str) else v for n, v in named.items()}
        return view(request, **texts)

    return cleaned


def _cleaned(sent: QueryDict) -> QueryDict:
    if not any("\0" in value for values in sent.lists() for value in (values[0], *values[1])):
        return sent
    found = QueryDict(mutable=True)
    for name, values in sent.lists():
        found.setlist(storable(name), [storable(str(value)) for value in values])
    return found


def upload(request: HttpRequest) -> Upload | None:
    """The attached file, one byte beyond the limit at most: that much tells that it is too long."""
    found = request.FILES.get("upload")
    if found is None:
        return None
    content_type = found.content_type or "application/octet-stream"
    return Upload(str(found.name), content_type, found.read(LONGEST_BODY + 1))


def _line(name: str, value: str) -> str:
    # A line break in a cell stays visible as what it is: no header line.
    return f"{name.strip()}: {value.strip()}" if name.strip() else f": {value.strip()}"
