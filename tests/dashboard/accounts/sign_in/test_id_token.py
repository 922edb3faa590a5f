"""An ID token has to prove itself; the provider on loopback signs what a test asks for."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from dashboard.accounts.models import User
from tests.dashboard.accounts.sign_in.test_openid import CLICKED, enter, provider, server

pytestmark = pytest.mark.django_db
__all__ = ["provider", "server"]  # fixtures


def refused(answer) -> bool:
    return answer.status_code == 502 and not User.objects.exists()


def test_another_key_signs_nobody_in(client, provider):
    provider.signer = rsa.generate_private_key(65537, 2048)
    assert refused(enter(client, provider))


def test_the_client_secret_signs_nobody_in(client, provider):
    """Who knows a shared secret must not be able to make tokens (RFC 8725, 3.1)."""
    provider.signer, provider.algorithm = "s" * 32, "HS256"
    assert refused(enter(client, provider))


def test_an_unsigned_token_signs_nobody_in(client, provider):
    provider.signer, provider.algorithm = "", "none"
    assert refused(enter(client, provider))


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "http://127.0.0.1:1"},
        {"aud": "another-client"},
        {"aud": ["sluice", "another-client"]},
        {"azp": "another-client"},
        {"exp": 1},
        {"nonce": "of an earlier sign-in"},
        {"sub": "8"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_token_for_another_purpose_signs_nobody_in(client, provider, wrong):
    provider.in_token = wrong
    assert refused(enter(client, provider))


def test_metadata_of_another_issuer_are_refused(client, provider):
    provider.issuer = "https://id.example.test"
    answer = client.get("/accounts/oidc/sso/login/", headers=CLICKED)
    assert answer.status_code == 502 and b"did not confirm" in answer.content


@pytest.mark.parametrize(("acr", "let_in"), [("phr", True), ("pwd", False), (None, False)])
def test_the_strength_of_the_sign_in_is_checked(client, provider, settings, acr, let_in):
    settings.OIDC_ACR = frozenset({"phr", "phrh"})
    provider.in_token = {"acr": acr} if acr else {}
    answer = enter(client, provider)
    assert provider.asked["acr_values"] == "phr phrh"
    assert (answer.status_code == 302) is let_in and refused(answer) is not let_in


@pytest.mark.parametrize(("minutes", "let_in"), [(10, True), (90, False), (None, False)])
def test_the_age_of_the_sign_in_is_checked(client, provider, settings, minutes, let_in):
    settings.OIDC_MAX_AGE = timedelta(minutes=60)
    at = {} if minutes is None else {"auth_time": int(time.time()) - minutes * 60}
    provider.in_token = at
    answer = enter(client, provider)
    assert provider.asked["max_age"] == "3600"
    assert (answer.status_code == 302) is let_in and refused(answer) is not let_in


def test_an_address_adds_nothing_to_what_is_asked(client, provider):
    address = "/accounts/oidc/sso/login/?scope=offline_access&auth_params=prompt%3Dnone"
    away = client.get(address, headers=CLICKED)["Location"]
    assert "offline_access" not in away and "prompt" not in away and "nonce=" in away


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_no_session_begins_without_a_click_here(client, provider, site):
    headers = {"Sec-Fetch-Site": site} if site else {"Referer": "https://elsewhere.test/"}
    answer = client.get("/accounts/oidc/sso/login/?next=/playground/", headers=headers)
    assert answer.status_code == 200
    assert b'href="/accounts/oidc/sso/login/?next=/playground/"' in answer.content


def test_over_plain_http_the_referer_shows_the_click(provider):
    headers = {"Referer": "http://testserver/accounts/login/"}
    answer = Client().get("/accounts/oidc/sso/login/", headers=headers)
    assert answer.status_code == 302 and answer["Location"].startswith(provider.url)
