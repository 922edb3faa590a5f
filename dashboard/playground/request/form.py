"""The form, or an address with the same fields, as a request; with why it cannot be sent, if so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from django.http import HttpRequest, QueryDict

from dashboard.accounts.permissions import person
from dashboard.playground import messages
from dashboard.playground.request import drafts
from dashboard.playground.request.typed_request import (
    AUTHS,
    CONTROL,
    KINDS,
    METHODS,
    MOST_LINES,
    TypedRequest,
    Upload,
)
from dashboard.sending.redaction import MASK
from dashboard.sending.wire_request import VERSION_KEY
from dashboard.variables.names import fill
from dashboard.variables.store import values_for
from routing.control.addresses.listed import production_addresses, production_host
from routing.control.publish import hostname
from routing.models import Worker
from routing.rules.header.fields import lines_named
from routing.rules.permissions.permission import PERMISSION

LONGEST_BODY = 256 * 1024
LONGEST_PATH = 4096
LONGEST_HEADERS = 64 * 1024
#: Fields whose values may be secrets: they stay out of error reports.
PRIVATE = ("headers", "hv", "body", "key", "token", "password", "path", "raw")

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def typed_in(request: HttpRequest, worker: Worker) -> TypedRequest:
    """The request in the form, or in the address, with this person's variables."""
    values, secrets = values_for(worker.name, person(request))
    fields = form_fields(request.POST if request.method == "POST" else request.GET)
    if request.method == "GET" and "draft" in fields:
        fields |= drafts.load(request, worker.name)
    fields["host"] = _host(worker, fields.get("host", ""))
    typed = compose(worker.name, fields, values, _attached(request))
    return replace(typed, secrets=secrets, needs_permission=_needs_permission(worker, typed))


def _host(worker: Worker, chosen: str) -> str:
    """The chosen host name if it is one of the Worker's; otherwise one that reaches it."""
    own = hostname(worker.name)
    if not chosen and worker.subdomain_enabled:
        return ""
    hosts = {address.host for address in production_addresses(worker)}
    host = chosen if chosen in hosts else production_host(worker)
    return "" if host == own else host


def form_fields(sent: QueryDict) -> dict[str, str]:
    """One text per field; the table of headers becomes the lines of the raw field."""
    fields = {name: str(value) for name, value in sent.dict().items()}
    if sent.get("headers_as") == "table":
        rows = zip(sent.getlist("hn"), sent.getlist("hv"), strict=False)
        fields["headers"] = "\n".join(_row_line(n, v) for n, v in rows if n.strip() or v.strip())
    return fields


def compose(
    worker: str,
    fields: Mapping[str, str],
    variables: Mapping[str, str] | None = None,
    upload: Upload | None = None,
) -> TypedRequest:
    """The request in these fields; why it cannot be sent is in `errors`."""
    typed = _from_fields(worker, fields, upload)
    errors: dict[str, str] = {}
    filled = _filled(typed, variables or {}, errors)
    errors |= _problems(filled)
    return replace(typed, errors=errors, with_values=replace(filled, errors=errors))


def _from_fields(worker: str, fields: Mapping[str, str], upload: Upload | None) -> TypedRequest:
    fix = fields.get("fix", "")  # a button of the diagnosis: the whole header
    return TypedRequest(
        worker=worker,
        method=fields.get("method", "GET"),
        path=fields.get("path", "/").strip() or "/",
        picks=_picks(worker, fields),
        mode="raw" if fix or fields.get("mode") == "raw" else "pick",
        raw=fix or fields.get("raw", ""),
        key=fields.get("key", "").strip(),
        extra=fields.get("headers", "").replace("\r\n", "\n"),
        kind=_one_of(KINDS, fields.get("kind", "")),
        body=fields.get("body", "").replace("\r\n", "\n"),
        line_breaks="crlf" if fields.get("line_breaks") == "crlf" else "lf",
        upload=upload,
        auth=_one_of(AUTHS, fields.get("auth", "")),
        token=fields.get("token", ""),
        user=fields.get("user", ""),
        password=fields.get("password", ""),
        edge=fields.get("edge", "")[:63],
        host=fields.get("host", "")[:253],
        saved=fields.get("saved", "") if _UUID.fullmatch(fields.get("saved", "")) else "",
    )


def _filled(
    typed: TypedRequest, variables: Mapping[str, str], errors: dict[str, str]
) -> TypedRequest:
    def value(text: str) -> str:
        return fill(text, variables, errors)

    return replace(
        typed,
        path=value(typed.path),
        raw=value(typed.raw),
        key=value(typed.key),
        extra=value(typed.extra),
        body=value(typed.body),
        token=value(typed.token),
        user=value(typed.user),
        password=value(typed.password),
    )


def _one_of(choices: tuple[str, ...], value: str) -> str:
    """The value, or the first choice for any other."""
    return value if value in choices else choices[0]


def _picks(worker: str, fields: Mapping[str, str]) -> dict[str, str]:
    """`version` is for the Worker itself, `version.NAME` for those it reaches."""
    picks = {worker: fields.get("version", "").strip()}
    for name, value in fields.items():
        if name.startswith("version.") and value.strip():
            picks[name.removeprefix("version.")] = value.strip()
    return {name: picked for name, picked in picks.items() if picked}


def _attached(request: HttpRequest) -> Upload | None:
    """The attached file. Read to one byte over the limit, enough to see that it is too long."""
    file = request.FILES.get("upload")
    if file is None:
        return None
    content_type = file.content_type or "application/octet-stream"
    return Upload(str(file.name), content_type, file.read(LONGEST_BODY + 1))


def _row_line(name: str, value: str) -> str:
    # A line break inside a cell stays, so that it is reported as an invalid header line.
    return f"{name.strip()}: {value.strip()}" if name.strip() else f": {value.strip()}"


def _needs_permission(worker: Worker, typed: TypedRequest) -> bool:
    protected = worker.overrides_protected and bool(typed.override)
    return protected and not lines_named(PERMISSION, typed.lines)


def _problems(typed: TypedRequest) -> dict[str, str]:
    """By field, what is wrong with the request. A later check of the same field wins."""
    problems = {
        "method": "" if typed.method in METHODS else messages.METHODS.format(", ".join(METHODS)),
        "path": _path_problem(typed.path),
        "raw": _value_problem(typed),
        "key": _key_problem(typed.key),
        "headers": _size_problem(typed) or typed.header_problem(),
        "mask": _mask_problem(typed),
        "body": _body_problem(typed),
    }
    return {name: problem for name, problem in problems.items() if problem}


def _path_problem(path: str) -> str:
    if not path.startswith("/"):
        return messages.PATH_STARTS
    if CONTROL.search(path) or len(path) > LONGEST_PATH:
        return messages.PATH_LIMIT.format(LONGEST_PATH)
    return ""


def _value_problem(typed: TypedRequest) -> str:
    values = (typed.override, typed.key, typed.token)
    return messages.HEADER_VALUE if any(map(CONTROL.search, values)) else ""


def _key_problem(key: str) -> str:
    is_line = key.lower().replace(" ", "").startswith(f"{VERSION_KEY.lower()}:")
    return messages.KEY_WITH_NAME if is_line else ""


def _mask_problem(typed: TypedRequest) -> str:
    values = (typed.path, typed.extra, typed.token, typed.password)
    return messages.MASKED.format(MASK) if any(MASK in value for value in values) else ""


def _size_problem(typed: TypedRequest) -> str:
    if sum(map(len, (typed.extra, typed.override, typed.key))) > LONGEST_HEADERS:
        return messages.HEADERS_LIMIT
    if typed.extra.count("\n") > MOST_LINES:
        return messages.HEADER_LINES_LIMIT.format(MOST_LINES)
    return ""


def _body_problem(typed: TypedRequest) -> str:
    if len(typed.encoded_body()) > LONGEST_BODY:
        return messages.BODY_LIMIT
    if typed.upload and not typed.upload.content_type.isprintable():
        return messages.FILE_TYPE
    if typed.kind == "json" and typed.body.strip():
        return _json_problem(typed.body)
    return ""


def _json_problem(text: str) -> str:
    try:
        json.loads(text)
    except ValueError as error:
        return messages.NOT_JSON.format(error)
    except RecursionError:
        return messages.DEEP_JSON
    return ""
