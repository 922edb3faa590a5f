"""What an upload is refused for before its version is started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from routing.control import messages
from routing.control.bindings.state_bindings import check_ai, check_namespaces
from routing.control.bindings.stored_secrets import check_stored_secrets
from routing.models import ALIAS, Worker
from routing.upload_draft import Draft, UploadRefused

_FURTHEST_EAST = timedelta(hours=14)  # wrangler writes the date of the machine it runs on


def check_date(date: str, now: datetime) -> None:
    """Refuses a date that is in the future everywhere on earth. The runtime may limit it later."""
    latest = (now.astimezone(UTC) + _FURTHEST_EAST).date().isoformat()
    if date[:4].isdigit() and date > latest:
        raise UploadRefused("compatibility", messages.date_in_future(date, latest))


def check_assets(draft: Draft) -> None:
    """Refuses a binding to static assets that the version does not have."""
    for binding in draft.bindings:
        if binding.type == "assets" and draft.assets is None:
            raise UploadRefused("binding", messages.no_assets_to_bind(binding.name))


def check_references(draft: Draft) -> None:
    """Refuses bindings to namespaces and secrets that do not exist."""
    check_namespaces(draft.bindings)
    check_ai(draft.bindings)
    check_stored_secrets(draft.bindings)


def check_alias(draft: Draft, worker_name: str) -> None:
    """Refuses an alias whose host name is a Worker's, where the version would never answer."""
    alias = draft.annotations.get(ALIAS)
    label = f"{alias}-{worker_name}"
    if alias and Worker.objects.filter(name=label).exists():
        raise UploadRefused("alias", messages.alias_taken(alias, label))
