"""Suites: listed, read, written as YAML or JSON, and exported as they came."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router

from dashboard.accounts.models import Token
from dashboard.api import messages as api_messages
from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.json_parser import parse_json
from dashboard.api.sluice import messages
from dashboard.api.sluice.errors import Refused
from dashboard.api.sluice.lookup import edit_of, worker_at
from dashboard.api.sluice.schemas import SuiteDetail, SuiteItem
from dashboard.smoketests.models import SuiteEdit
from dashboard.smoketests.runs.report import edit_as_json
from dashboard.smoketests.suites.document import Suite
from dashboard.smoketests.suites.edits import export_for, newest_edits, save
from dashboard.smoketests.suites.masking import masked_suite
from dashboard.smoketests.suites.parse import parse_data, parse_yaml
from dashboard.smoketests.suites.yaml_format import (
    SuiteError,
    suite_data,
)

router = Router(tags=["Suites"])
SUITES = "/workers/{name}/suites"
SUITE = SUITES + "/{path:suite}"
YAML = "application/yaml"
SUITE_BODY: dict[str, Any] = {
    "required": True,
    "description": "The suite as YAML (`Content-Type: application/yaml`) or as the same in JSON.",
    "content": {
        "application/json": {"schema": Suite.model_json_schema(ref_template="#/$defs/{model}")},
        YAML: {"schema": {"type": "string"}},
    },
}


@router.get(SUITES, auth=may_read, response=list[SuiteItem])
def list_suites(request: ApiRequest, name: str) -> Any:
    """The Worker's suites, by name."""
    return [edit_as_json(edit) for edit in newest_edits(worker_at(name))]


@router.get(SUITE, auth=may_read, response=SuiteDetail)
def get_suite(
    request: ApiRequest, name: str, suite: str, format: Literal["json", "yaml"] = "json"
) -> Any:
    """The newest edit. With `format=yaml` as a file: an unedited import comes out as it went in.

    Tokens that may not deploy see the values of secrets masked.
    """
    edit = edit_of(worker_at(name), suite)
    if format == "yaml":
        text = export_for(edit, clear=_may_see_secrets(request))
        return HttpResponse(text, content_type=f"{YAML}; charset=utf-8")
    if _may_see_secrets(request):
        return _detail(edit)
    return _detail(edit) | {"document": suite_data(masked_suite(edit.content))}


@router.put(SUITE, auth=may_deploy, response=SuiteDetail, openapi_extra={"requestBody": SUITE_BODY})
def put_suite(request: ApiRequest, name: str, suite: str) -> Any:
    """Saves the next edit, or none when it says the same; `name` in it is the one in the path."""
    worker = worker_at(name)
    text = _text(request) if _is_yaml(request) else ""
    document = parse_yaml(text) if text else _from_json(request.body)
    if document.name != suite:
        raise Refused(422, "invalid_suite", messages.other_suite_in_path(suite), "name")
    caller = request.auth
    edit = save(
        worker=worker,
        document=document,
        text=text,
        author=caller.user,
        source=caller.source,
        now=timezone.now(),
    )
    return _detail(edit)


def _may_see_secrets(request: ApiRequest) -> bool:
    return request.auth.may(Token.Scope.DEPLOY)


def _detail(edit: SuiteEdit) -> dict[str, Any]:
    return edit_as_json(edit) | {"document": edit.document}


def _is_yaml(request: HttpRequest) -> bool:
    """`application/yaml` (RFC 9512) and the names that were used before it."""
    kind = request.content_type or ""
    return kind.rpartition("/")[2] in ("yaml", "x-yaml", "vnd.yaml")


def _text(request: HttpRequest) -> str:
    try:
        text = request.body.decode()
    except UnicodeDecodeError as error:
        raise SuiteError([api_messages.json_not_utf8("The body")]) from error
    if not text.strip():
        raise SuiteError([messages.BODY_EMPTY])
    return text


def _from_json(body: bytes) -> Suite:
    data = parse_json(body, "The body")
    if not isinstance(data, dict):
        raise SuiteError([messages.SUITE_IS_OBJECT])
    return parse_data(data)
