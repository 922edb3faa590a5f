"""The API's documentation: a page and an OpenAPI document, both made of what is served."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.api.auth import caller_of
from dashboard.api.errors import ApiError
from dashboard.api.served import api

View = Callable[[HttpRequest], HttpResponse]


def for_readers(view: View) -> View:
    """Anybody who is signed in or sends a token; it shows no data, only the API's shape."""

    @login_not_required
    @require_GET
    @functools.wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
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
    return render(request, "api/reference.html", {"tags": by_tag(api.get_openapi_schema())})


def by_tag(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Operations under their tag, in the order they are served."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            found.setdefault(operation["tags"][0], []).append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("description") or operation["summary"],
                    "scope": _scope(operation),
                    "parameters": operation["parameters"],
                    "body": _fields(document, operation),
                }
            )
    return found


def _scope(operation: dict[str, Any]) -> str:
    names = [name for entry in operation.get("security", []) for name in entry]
    return names[0].removesuffix("Token").lower() if names else ""


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    """Name, requiredness and description of each field of the request's body."""
    content = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = next((media["schema"] for media in content.values()), {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = schema.get("required", [])
    return [
        {"name": name, "required": name in required, "about": details.get("description", "")}
        for name, details in schema.get("properties", {}).items()
    ]
