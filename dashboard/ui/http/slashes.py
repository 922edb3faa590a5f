"""Addresses of pages without their last slash."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.middleware.common import CommonMiddleware
from django.urls import is_valid_path


class PageSlashMiddleware(CommonMiddleware):
    """Sends people from `/workers` to `/workers/`. APPEND_SLASH would do the same to a POST, whose
    body a redirect loses. The API and the agents have addresses of their own for every path."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        if request.method not in ("GET", "HEAD") or request.path_info.endswith("/"):
            return False
        conf: Any = getattr(request, "urlconf", None)
        return not is_valid_path(request.path_info, conf) and bool(
            is_valid_path(f"{request.path_info}/", conf)
        )
