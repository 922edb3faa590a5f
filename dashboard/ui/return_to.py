"""Where to go when something is done that was begun on another page: kept in the session.

The address is ours alone: nothing that a link or a form says leads a person elsewhere.
"""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

_KEY = "return_to"
#: Whoever comes back to the same act later began it anew.
LASTS = timedelta(minutes=15)


def remember(request: HttpRequest, act: str, address: str) -> None:
    """`act` names what is to be done, such as `deploy:shop:<version id>`. The last one counts."""
    until = (timezone.now() + LASTS).timestamp()
    request.session[_KEY] = {"act": act, "address": address, "until": until}


def take(request: HttpRequest, act: str) -> str:
    """The address to go back to after this act, once; empty without one."""
    found = request.session.get(_KEY)
    if not found or found["act"] != act:
        return ""
    del request.session[_KEY]
    return str(found["address"]) if timezone.now().timestamp() < found["until"] else ""
