"""The API reference: a page and an OpenAPI document, generated from the endpoints."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.accounts.last_seen_middleware import refuse_session
from dashboard.api.api import api
from dashboard.api.http.auth import caller_of
from dashboard.api.http.conditional_deploy import HEADER
from dashboard.api.http.errors import DEPLOYMENT, REFERENCED, UNSUPPORTED, ApiError

Json = dict[str, Any]
View = Callable[[HttpRequest], HttpResponse]


def for_readers(view: View) -> View:
    """Requires a session or a token. The reference includes no data."""

    @login_not_required
    @require_GET
    @functools.wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return refuse_session(request) or view(request)
        try:
            caller_of(request)
        except ApiError:
            return redirect_to_login(request.get_full_path())
        return view(request)

    return guarded


@for_readers
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    return JsonResponse(api.get_openapi_schema())


@for_readers
def reference(request: HttpRequest) -> HttpResponse:
    """The same as a page."""
    own = {
        "unsupported": UNSUPPORTED,
        "deployment": DEPLOYMENT,
        "referenced": REFERENCED,
        "header": HEADER,
    }
    return render(request, "api/reference.html", {"tags": _tags(), "own": own})


@functools.cache
def _tags() -> dict[str, list[Json]]:
    """Computed once: it takes 60 ms."""
    return by_tag(api.get_openapi_schema())


def by_tag(document: Json) -> dict[str, list[Json]]:
    """Operations by tag, in the order of the document."""
    tags: dict[str, list[Json]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tags.setdefault(operation["tags"][0], []).append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": _pieces(operation["description"]),
                    "scope": _scope(operation),
                    "fields": [*_parameters(operation), *_body(document, operation)],
                }
            )
    return tags


def _pieces(text: str) -> list[tuple[str, bool]]:
    """(text, whether it is code) by turns: docstrings put code between backticks."""
    return [(piece, odd % 2 == 1) for odd, piece in enumerate(text.split("`"))]


def _scope(operation: Json) -> str:
    names = [name for entry in operation.get("security", []) for name in entry]
    return names[0].removesuffix("Token").lower() if names else ""


def _parameters(operation: Json) -> list[Json]:
    """But for the account id, which every address has."""
    return [
        {
            "name": parameter["name"],
            "where": parameter["in"],
            "required": parameter["required"],
            "about": parameter.get("description", ""),
        }
        for parameter in operation["parameters"]
        if parameter["name"] != "account_id"
    ]


def _body(document: Json, operation: Json) -> list[Json]:
    """The fields of the request's body."""
    content = operation.get("requestBody", {}).get("content", {})
    schema: Json = next((media["schema"] for media in content.values()), {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "where": "body",
            "required": name in required,
            "about": details.get("description", ""),
        }
        for name, details in schema.get("properties", {}).items()
    ]
