"""Every session has an end, one through the provider an earlier one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.accounts.sign_in.adapters import AccountAdapter
from dashboard.accounts.sign_in.sessions import still_signed_in
from dashboard.accounts.tokens import create_token
from tests.dashboard.accounts.sign_in.test_openid import enter, provider, server
from tests.factories import make_user

pytestmark = pytest.mark.django_db
__all__ = ["provider", "server"]  # fixtures


def age(client: Client, hours: float) -> None:
    """The session began so long ago, and its person clicked just now."""
    session = client.session
    then = timezone.now() - timedelta(hours=hours)
    session["browser"] = session["browser"] | {"signed_in": then.timestamp()}
    session.save()


@pytest.fixture
def maya_here(client):
    make_user("maya")
    client.post("/accounts/login/", {"username": "maya", "password": "pw"})
    return client


def test_a_session_has_an_absolute_end(maya_here):
    age(maya_here, 23.9)
    assert maya_here.get("/workers/").status_code == 200
    age(maya_here, 24.1)
    answer = maya_here.get("/workers/")
    assert answer["Location"] == "/accounts/login/?next=/workers/"
    assert b"Your session expired" in maya_here.get(answer["Location"]).content


def test_a_socket_ends_with_it(maya_here):
    scope = {"session": maya_here.session}
    assert still_signed_in(scope) == User.objects.get()
    age(maya_here, 24.1)
    assert still_signed_in(scope) is None


def test_a_session_through_the_provider_ends_earlier(client, provider):
    enter(client, provider)
    age(client, 11.9)
    assert client.get("/workers/").status_code == 200
    age(client, 12.1)
    answer = client.get("/workers/")
    assert answer.status_code == 302
    provider.claims["groups"] = []  # removed there in the meantime
    assert enter(client, provider).status_code == 403
    assert client.get("/workers/").status_code == 302


def test_a_token_stops_when_the_provider_no_longer_confirms_its_owner(client, provider):
    enter(client, provider)
    _, secret = create_token(user=User.objects.get(), name="ci", scopes=["read"])
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/reviews", headers=headers).status_code == 200
    SocialAccount.objects.update(last_login=timezone.now() - timedelta(days=31))
    answer = client.get("/api/reviews", headers=headers)
    assert answer.status_code == 403 and b"has not signed in with Example ID" in answer.content
    enter(Client(), provider)
    assert client.get("/api/reviews", headers=headers).status_code == 200


def test_tokens_of_machines_and_of_people_with_a_password_go_on(client, provider):
    """Nothing at the provider stands for them."""
    for owner in (make_user("ci", by_token_only=True), make_user("maya")):
        SocialAccount.objects.create(user=owner, provider="sso", uid=owner.username)
        SocialAccount.objects.update(last_login=timezone.now() - timedelta(days=400))
        _, secret = create_token(user=owner, name="ci", scopes=["read"])
        headers = {"Authorization": f"Bearer {secret}"}
        assert client.get("/api/reviews", headers=headers).status_code == 200


def test_a_passkey_does_not_go_around_the_provider(client, provider, rf):
    """The door of a person who was removed at the provider and had added one here."""
    enter(client, provider)
    noor = User.objects.get()
    Authenticator.objects.create(user=noor, type=Authenticator.Type.WEBAUTHN, data={})
    request = rf.post("/accounts/2fa/webauthn/login/")
    request.session, request._messages = Client().session, get_messages_store(request)
    answer = AccountAdapter().pre_login(request, noor, signal_kwargs=None, email=None, signup=False)
    assert answer["Location"] == "/accounts/login/"
    assert ["Sign in with Example ID: it has your account."] == [
        str(message) for message in get_messages(request)
    ]


def get_messages_store(request):
    from django.contrib.messages.storage.cookie import CookieStorage

    return CookieStorage(request)
