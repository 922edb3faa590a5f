"""The code of a version: its modules as text with line numbers, or whole as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from dashboard.workers import messages
from dashboard.workers.queries import version_facts
from dashboard.workers.queries.static_files import StaticFiles, static_files
from dashboard.workers.queries.version_facts import Fact
from routing.models import Module, Version, VersionModule

#: Bytes and lines of one module, and bytes of all modules, that a page shows as text.
LARGEST, MOST_LINES, IN_ALL = 512 * 1024, 5_000, 1024 * 1024


@dataclass(frozen=True, slots=True)
class ModuleText:
    """One module. If `text` is None, `why` is the reason."""

    name: str
    content_type: str
    position: int
    size: int
    sha256: str
    is_main: bool
    text: str | None = None
    why: str = ""

    @property
    def lines(self) -> list[str]:
        return [] if self.text is None else text_lines(self.text)


def module_texts(version: Version, most_lines: float = MOST_LINES) -> list[ModuleText]:
    """All modules of a version, text where that is text and small enough; two queries."""
    parts = list(version.modules.select_related("module").defer("module__content"))
    wanted, left = set(), IN_ALL
    for part in parts:
        if part.module.size <= min(LARGEST, left):
            wanted.add(part.module_id)
            left -= part.module.size
    contents = {row.sha256: row.read() for row in Module.objects.filter(pk__in=wanted)}
    return [_file(part, version, contents.get(part.module_id), most_lines) for part in parts]


@dataclass(frozen=True, slots=True)
class VersionContent:
    """Everything in a version, as `workers/diff/_code.html` shows it."""

    files: Sequence[ModuleText]
    bindings: Sequence[Fact]
    settings: Sequence[Fact]
    exports: Sequence[Fact]
    annotations: Sequence[Fact]
    static: StaticFiles | None


def content_of(version: Version) -> VersionContent:
    return VersionContent(
        files=module_texts(version),
        bindings=version_facts.bindings(version),
        settings=version_facts.settings(version),
        exports=version_facts.exports(version),
        annotations=version_facts.notes(version),
        static=static_files(version),
    )


def text_of(content: bytes) -> str | None:
    """The text in `content`, or None where it is no text that people could read or edit."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def text_lines(text: str) -> list[str]:
    """As editors count them; a line break at the end begins no further line."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines


@require_GET
def module(request: HttpRequest, name: str, version_id: UUID, position: int) -> HttpResponse:
    """One module as it was uploaded; always a file to save, never a page of ours."""
    found = VersionModule.objects.filter(
        version=version_id, version__worker__name=name, position=position
    )
    part = found.select_related("module").first()
    if part is None:
        raise Http404
    response = HttpResponse(part.module.read(), content_type="application/octet-stream")
    file_name = part.name.rsplit("/", 1)[-1] or "module"
    response["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    return response


def shown_text(content: bytes | None, most_lines: float = MOST_LINES) -> tuple[str | None, str]:
    """The text to show, or None and why there is none."""
    text, why = None, messages.TOO_LARGE
    if content is not None:
        text = text_of(content)
        why = messages.BINARY if text is None else ""
    if text is not None and text.count("\n") > most_lines:
        return None, messages.too_many_lines(most_lines)
    return text, why


def _file(
    part: VersionModule, version: Version, content: bytes | None, most_lines: float
) -> ModuleText:
    text, why = shown_text(content, most_lines)
    return ModuleText(
        name=part.name,
        content_type=part.content_type,
        position=part.position,
        size=part.module.size,
        sha256=part.module_id,
        is_main=part.name == (version.main_module or version.body_part),
        text=text,
        why=why,
    )
