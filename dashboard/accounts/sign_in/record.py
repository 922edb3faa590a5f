"""Sign-ins in the audit trail; failed attempts in the log.

A wrong password is only logged: a million of them would fill the database. The log has the name
only if there is such a person: some people type their password into the name field.
"""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.accounts.sign_in.browsers import device_name
from routing.control import audit
from routing.log_lines import FACTS
from routing.trail.origin import current

log = logging.getLogger("sluice.security")

WAYS = {
    "password": "password",
    "socialaccount": "provider",
    "totp": "authenticator app",
    "webauthn": "passkey",
    "recovery_codes": "recovery code",
}
"""What allauth notes of a sign-in, in our words."""


def record_sign_in(request: HttpRequest, user: User) -> None:
    """Who came in, by which factors, in which browser; the address is the entry's own."""
    records = get_authentication_records(request, user)
    ways = [WAYS.get(str(r.get("type") or r["method"]), "other") for r in records]
    audit.record(
        "sign_in.success",
        user.username,
        actor=user,
        source="dashboard",
        now=timezone.now(),
        after={
            "with": list(dict.fromkeys(ways)),
            "browser": device_name(request.META.get("HTTP_USER_AGENT", "")[:300]),
        },
    )
    note("sign_in.success", request, user=user.username, ways=ways)


def note_wrong_password(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_: object
) -> None:
    """Receiver of `user_login_failed`. One query whether or not there is such a person."""
    name = str(credentials.get("username") or "")[:150]
    known = User.objects.filter(username=name).values_list("username", flat=True).first()
    note("sign_in.failure", request, user=known)


def note_sign_out(sender: Any, request: HttpRequest, user: Any, **_: object) -> None:
    """Receiver of `user_logged_out`; a session that ends by itself comes here as well."""
    if isinstance(user, User):
        note("sign_out", request, user=user.username)


def note(event: str, request: HttpRequest | None, **facts: object) -> None:
    """One line of the security log."""
    where = {
        "event": event,
        "address": request.META.get("REMOTE_ADDR", "") if request is not None else "",
        "request_id": current().request_id,
    }
    level = logging.WARNING if event.endswith("failure") else logging.INFO
    log.log(level, event, extra={FACTS: where | facts})
