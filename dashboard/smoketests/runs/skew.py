"""Whether each version serves the files that the other one's page names.

During a split a browser may get the page of one version and ask the other one for its scripts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import quote

from dashboard.sending.answer import Answer
from dashboard.sending.deadline import Cancellation
from dashboard.sending.send import send
from dashboard.sending.wire_request import SendFailed, WireRequest
from dashboard.smoketests.assertions import MissingFile, Skew
from dashboard.smoketests.html_files import files_of

AT_ONCE = 4
SECONDS = 30.0
"""For all files of both pages; those that were not asked for by then are counted."""
_SAFE = "/?:@!$&'()*+,;=%-._~[]"


@dataclass(frozen=True, slots=True)
class Page:
    """The answer of `version_id`, whose files `other_id` must serve."""

    answer: Answer
    version_id: str
    other_id: str


def skew_of(
    wire: WireRequest, pages: tuple[Page, Page], most: int, cancellation: Cancellation
) -> Skew:
    """Asks each version for at most `most` files of the other one's page."""
    not_html = next((page.version_id for page in pages if not _is_html(page.answer)), "")
    if not_html:
        return Skew(not_html=not_html)
    asked = [
        (page, target)
        for page in pages
        for target in files_of(page.answer.text or "", _path(wire), wire.host_name)[:most]
    ]
    ends_at = time.monotonic() + SECONDS

    def missing(item: tuple[Page, str]) -> MissingFile | None:
        page, target = item
        if cancellation.cancelled or time.monotonic() > ends_at:
            return MissingFile(target, page.version_id, page.other_id, "not asked")
        return _missing(wire, page, target, cancellation)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = tuple(filter(None, pool.map(missing, asked)))
    return Skew(asked=len(asked), missing=found)


def _missing(
    wire: WireRequest, page: Page, target: str, cancellation: Cancellation
) -> MissingFile | None:
    """None if the other version serves the file."""
    path = quote(target, safe=_SAFE).encode()
    file = replace(wire.pinned_to(page.other_id), method="GET", body=b"", target=path)
    try:
        answer = send(file, cancellation)
    except SendFailed as error:
        return MissingFile(target, page.version_id, page.other_id, error.title)
    why = next(_problems(answer, page.other_id, target), "")
    return MissingFile(target, page.version_id, page.other_id, why) if why else None


def _problems(answer: Answer, version_id: str, target: str) -> Iterator[str]:
    ran = answer.proof_headers.get("version", "")
    if ran != version_id:
        yield f"{ran[:8] or 'no version'} answered"
    if answer.status >= 400:
        yield str(answer.status)
    if _is_html(answer) and not target.partition("?")[0].endswith((".html", ".htm", "/")):
        yield "a page instead"  # of a single-page application, for any path


def _is_html(answer: Answer) -> bool:
    types = [value for name, value in answer.headers if name.lower() == "content-type"]
    return any(value.lower().startswith("text/html") for value in types)


def _path(wire: WireRequest) -> str:
    return wire.target.decode("ascii", "replace")
