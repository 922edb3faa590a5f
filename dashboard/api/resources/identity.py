"""Who am I: the calls behind `wrangler whoami`."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings

from dashboard.api import messages
from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.api.http.envelope import Envelope, Failure, ok, page_info, resource, whole
from dashboard.api.http.errors import ApiError
from dashboard.api.serializers.schemas import AccountItem, MembershipItem, TokenStatus, UserItem
from dashboard.api.serializers.version_json import email_of, hex_id
from routing.control.publish import timestamp
from routing.models import Worker

router = resource("Identity")
ACCOUNT_NAME = "Sluice"


@router.get("/user/tokens/verify", auth=may_read, response=Envelope[TokenStatus])
def verify_token(request: ApiRequest) -> dict[str, Any]:
    """Whether the token works."""
    token = request.auth.token
    lasting = {"expires_on": timestamp(token.expires_on)} if token.expires_on else {}
    return ok({"id": hex_id(token.pk), "status": "active", **lasting})


@router.get("/accounts/{account_id}/tokens/verify", auth=may_read, response=Failure)
def verify_account_token(request: ApiRequest, account_id: str) -> NoReturn:
    """Refused with 1000, as for any token of a person: no token here belongs to the account."""
    raise ApiError(401, (1000, messages.NOT_AN_ACCOUNT_TOKEN))


@router.get("/user", auth=may_read, response=Envelope[UserItem])
def get_user(request: ApiRequest) -> dict[str, Any]:
    """The token's owner."""
    user = request.auth.user
    return ok(
        {
            "id": hex_id(user.pk),
            "email": email_of(user),
            "username": user.get_username(),
            "first_name": user.first_name,
            "last_name": user.last_name,
        }
    )


@router.get("/accounts", auth=may_read, response=Envelope[list[AccountItem]])
def list_accounts(request: ApiRequest, page: int = 1) -> dict[str, Any]:
    """The one account of this installation."""
    accounts = whole([_account()], page)
    return ok(accounts, page_info(page, 20, len(accounts), 1))


@router.get("/accounts/{account_id}", auth=may_read, response=Envelope[AccountItem])
def get_account(request: ApiRequest, account_id: str) -> dict[str, Any]:
    """The one account of this installation."""
    return ok(_account())


@router.get("/memberships", auth=may_read, response=Envelope[list[MembershipItem]])
def list_memberships(request: ApiRequest, page: int = 1) -> dict[str, Any]:
    """The owner's role in the account."""
    user = request.auth.user
    membership = {
        "id": hex_id(user.pk),
        "status": "accepted",
        "account": {"id": settings.ACCOUNT_ID, "name": ACCOUNT_NAME},
        "roles": [user.role],
        "permissions": {},
    }
    memberships = whole([membership], page)
    return ok(memberships, page_info(page, 20, len(memberships), 1))


def _account() -> dict[str, Any]:
    """Its age is that of its oldest Worker: nothing else here is older."""
    oldest = Worker.objects.order_by("created_on").values_list("created_on", flat=True).first()
    return {
        "id": settings.ACCOUNT_ID,
        "name": ACCOUNT_NAME,
        "type": "standard",
        "settings": {},
        "created_on": timestamp(oldest) if oldest else "1970-01-01T00:00:00.000000Z",
    }
