"""Where to go after an act that began on another page; stored in the session.

The address is ours alone: nothing that a link or a form says leads a person elsewhere.
"""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

_KEY = "return_to"
#: After this long, the same act counts as a new one.
LASTS = timedelta(minutes=15)


def remember(request: HttpRequest, act: str, address: str) -> None:
    """`act` names what is to be done, such as `deploy:shop:<version id>`. The last one counts."""
    until = (timezone.now() + LASTS).timestamp()
    request.session[_KEY] = {"act": act, "address": address, "until": until}


def pop_address(request: HttpRequest, act: str) -> str:
    """The address to go back to after this act, once; empty without one."""
    found = request.session.get(_KEY)
    if not found or found["act"] != act:
        return ""
    del request.session[_KEY]
    return str(found["address"]) if timezone.now().timestamp() < found["until"] else ""
