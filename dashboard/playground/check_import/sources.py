"""The sources of the page: what was given → checks, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from django.http import HttpRequest

from dashboard.playground.check_import.candidates import CannotImport, FoundCheck
from dashboard.playground.check_import.from_har import LARGEST, checks_of_har
from dashboard.playground.check_import.from_request import check_of
from dashboard.playground.curl_import.parse import NotCurl, read
from dashboard.playground.models import Saved
from dashboard.playground.request.form import compose
from dashboard.smoketests.suites.parse import parse_yaml
from dashboard.smoketests.suites.yaml_format import SuiteError, suite_data
from routing.control.publish import hostname
from routing.models import Worker

MOST_SAVED = 200


def found_in(source: str, request: HttpRequest, worker: Worker) -> list[FoundCheck]:
    """The checks in what the form has for this source. Raises `CannotImport`."""
    return SOURCES[source](request, worker)


def text_of(request: HttpRequest) -> str:
    """The file, or else the text. Raises `CannotImport` before a file that is too large is read."""
    upload = request.FILES.get("file")
    if upload is None:
        text = request.POST.get("text", "").replace("\r\n", "\n")
    elif (upload.size or 0) > LARGEST:
        raise CannotImport(f"{upload.name}: more than {LARGEST // 1024 // 1024} MB.")
    else:
        upload.seek(0)
        try:
            text = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise CannotImport(f"{upload.name}: not UTF-8 text.") from error
    if not text.strip():
        raise CannotImport("Nothing was given.")
    return text


def _from_saved(request: HttpRequest, worker: Worker) -> list[FoundCheck]:
    ids = [text for text in request.POST.getlist("saved") if _is_uuid(text)]
    rows = Saved.objects.filter(pk__in=ids[:MOST_SAVED], worker=worker.name)
    if not rows:
        raise CannotImport("Choose at least one saved request.")
    return [check_of(compose(worker.name, row.fields), row.name) for row in rows]


def _from_curl(request: HttpRequest, worker: Worker) -> list[FoundCheck]:
    try:
        given = read(text_of(request))
    except NotCurl as error:
        raise CannotImport(f"This is not a curl command that can be read: {error}") from error
    typed = compose(worker.name, given.fields)
    if typed.errors:
        raise CannotImport(" ".join(f"{name}: {words}" for name, words in typed.errors.items()))
    check = check_of(typed)
    notes = (*given.notes, *check.notes)
    return [FoundCheck(check.data, notes, host=given.host)]


def _from_har(request: HttpRequest, worker: Worker) -> list[FoundCheck]:
    return checks_of_har(text_of(request), hostname(worker.name))


def _from_yaml(request: HttpRequest, worker: Worker) -> list[FoundCheck]:
    try:
        document = parse_yaml(text_of(request))
    except SuiteError as error:
        raise CannotImport("\n".join(error.problems)) from error
    checks = suite_data(document)["checks"]
    return [FoundCheck(check, suite=document.name) for check in checks]


SOURCES: Mapping[str, Callable[[HttpRequest, Worker], list[FoundCheck]]] = {
    "playground": _from_saved,
    "curl": _from_curl,
    "har": _from_har,
    "yaml": _from_yaml,
}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
