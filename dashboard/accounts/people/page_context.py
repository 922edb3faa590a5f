"""What the page of people and tokens shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.forms import Form
from django.utils.functional import Promise

from dashboard.accounts.models import Role, Token, User
from dashboard.accounts.passwords.views import LINK_LASTS
from dashboard.accounts.people import queries
from dashboard.accounts.people.forms import KINDS, LASTING, InviteForm, TokenForm, owners
from dashboard.accounts.people.queries import PersonRow, TokenRow
from dashboard.accounts.permissions import Permission, permission
from dashboard.accounts.tokens import allowed
from routing.models import Worker

Choice = tuple[str, str | Promise]


@dataclass(frozen=True, slots=True)
class Invited:
    """`link` is shown this once; empty for an account that signs in by token only."""

    person: User
    link: str


@dataclass(frozen=True, slots=True)
class NewToken:
    """`secret` is shown this once."""

    token: Token
    secret: str


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """`invite` and `new_token` are rejected forms, which stay open; `refused` is why an action was
    refused, or empty."""

    people: list[PersonRow]
    tokens: list[TokenRow]
    can: Permission
    roles: list[Choice]
    kinds: list[Choice]
    lasting: list[Choice]
    link_lasts: timedelta
    owners: list[User]
    scopes: list[Choice]
    workers: list[str]
    invite: InviteForm | None
    new_token: TokenForm | None
    form_errors: list[str]
    refused: str
    invited: Invited | None
    made: NewToken | None


def people_page(
    user: User,
    now: datetime,
    *,
    invite: InviteForm | None = None,
    new_token: TokenForm | None = None,
    refused: str = "",
    invited: Invited | None = None,
    made: NewToken | None = None,
) -> PeoplePage:
    return PeoplePage(
        people=queries.people(now),
        tokens=queries.tokens(user, now),
        can=permission(user, Role.ADMIN),
        roles=list(Role.choices),
        kinds=list(KINDS),
        lasting=list(LASTING),
        link_lasts=LINK_LASTS,
        owners=list(owners(user)),
        scopes=[(scope.value, scope.label) for scope in allowed(user)],
        workers=list(Worker.objects.order_by("name").values_list("name", flat=True)),
        invite=invite,
        new_token=new_token,
        form_errors=_errors_of(invite) + _errors_of(new_token),
        refused=refused,
        invited=invited,
        made=made,
    )


def _errors_of(form: Form | None) -> list[str]:
    """Each with the label of its field."""
    if form is None:
        return []
    return [f"{f.label}: {error}" for f in form.visible_fields() for error in f.errors]
