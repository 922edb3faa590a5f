"""What a terminal needs so that wrangler and curl talk to this server and not to Cloudflare."""

from __future__ import annotations

import shlex
from typing import Any

from django import template
from django.conf import settings
from django.template import Context

register = template.Library()

TOKEN = 'export CLOUDFLARE_API_TOKEN="${CLOUDFLARE_API_TOKEN:?make one under People & tokens}"'
"""Keeps a token that is set, and stops with a word where none is."""


@register.simple_tag(takes_context=True)
def api_base_url(context: Context) -> str:
    """Where this page's reader reaches the API: by the host they typed, if this is a request."""
    request = context.get("request")
    if request is None:  # a part that is pushed to open pages
        return f"{settings.PUBLIC_URL}/client/v4"
    return f"{request.scheme}://{request.get_host()}/client/v4"


@register.simple_tag
def account_id() -> str:
    return str(settings.ACCOUNT_ID)


@register.simple_tag(takes_context=True)
def with_api(context: Context, command: str) -> str:
    """`command` after the lines that set the API's address, the account and the token."""
    lines = [
        f"export CLOUDFLARE_API_BASE_URL={shlex.quote(api_base_url(context))}",
        f"export CLOUDFLARE_ACCOUNT_ID={account_id()}",
        TOKEN,
        command,
    ]
    return "\n".join(lines)


@register.inclusion_tag("ui/_api_command.html", takes_context=True)
def api_command(context: Context, command: str, primary: bool = False) -> dict[str, Any]:
    """The block itself, with a button that copies it."""
    return {"text": with_api(context, command), "primary": primary}
