"""{% pin_url worker kind place seen path %}: URL of a new thread about a thing."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.urls import reverse

register = template.Library()
LONGEST = 1_500
"""Maximum characters of `seen` in the URL."""


@register.simple_tag
def pin_url(worker: str, kind: str, place: object, seen: object = "", path: str = "") -> str:
    query = {"pin": kind, "place": str(place), "seen": str(seen)[:LONGEST], "path": path}
    filled = urlencode({key: value for key, value in query.items() if value})
    return f"{reverse('discussion:worker', args=[worker])}?{filled}#new-thread"
