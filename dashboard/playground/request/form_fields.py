"""The page's form as `compose` takes it: one text for each field, and the file beside them."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from dashboard.playground.request.bodies import LONGEST_BODY, Upload


def typed(sent: QueryDict) -> dict[str, str]:
    """The fields; the headers' table becomes the lines that the raw field would hold."""
    fields = {name: str(value) for name, value in sent.dict().items()}
    if sent.get("headers_as") == "table":
        rows = zip(sent.getlist("hn"), sent.getlist("hv"), strict=False)
        fields["headers"] = "\n".join(_line(n, v) for n, v in rows if n.strip() or v.strip())
    return fields


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
