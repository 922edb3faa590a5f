"""The page of people and tokens: what it shows, what its forms do, who may use them."""

import re

import pytest

from dashboard.accounts.models import Role, Token, User
from dashboard.accounts.people.forms import TokenForm
from dashboard.accounts.tokens import create_token, hash_token
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db
PATH = "/people/"


@pytest.fixture
def ada(client):
    client.force_login(make_user("ada", Role.ADMIN))
    return client


@pytest.fixture
def maya(client):
    client.force_login(make_user("maya", Role.OPERATOR))
    return client


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_it_lists_everybody_with_what_they_may(ada):
    make_user("jonas", Role.REVIEWER)
    shown = words(ada.get(PATH))
    assert "operate, approve or reject what a policy says needs it" in shown
    assert "ada you" in shown and "jonas" in shown


def test_an_invitation_shows_its_link_once_and_a_reload_makes_no_second(ada):
    given = {"username": "jonas", "role": "reviewer", "kind": "person"}
    response = ada.post(f"{PATH}invite/", given)
    link = re.search(
        r'value="(http://testserver/accounts/password/[^"]+)"', response.content.decode()
    )
    assert link and response["Cache-Control"].startswith("max-age=0")
    assert b"/accounts/password/" not in ada.get(PATH).content
    again = ada.post(f"{PATH}invite/", given)
    assert again.status_code == 409 and "The name jonas is taken" in words(again)
    assert "Invited" in words(ada.get(PATH)) and User.objects.count() == 2


def test_an_account_of_machines_gets_no_link(ada):
    given = {"username": "ci-bot", "role": "operator", "kind": "machine"}
    assert "It signs in by token only" in words(ada.post(f"{PATH}invite/", given))
    assert "By token only" in words(ada.get(PATH))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"username": ""}, "Name: Enter a name."),
        ({"username": "a b"}, "Enter a valid username"),
        ({"email": "nowhere"}, "Enter a valid email address"),
        ({"role": "king"}, "king is not one of the available choices"),
    ],
)
def test_a_poor_invitation_says_what_was_wrong(ada, given, told):
    sent = {"username": "jonas", "role": "reviewer", "kind": "person", **given}
    response = ada.post(f"{PATH}invite/", sent)
    assert response.status_code == 422 and told in words(response)
    assert User.objects.count() == 1


def test_the_buttons_do_what_they_say(ada):
    jonas = make_user("jonas", Role.REVIEWER)
    path = f"{PATH}{jonas.pk}/"
    for given, told in [
        ({"do": "role", "was": "reviewer", "role": "operator"}, "jonas is operator now."),
        ({"do": "sign-out"}, "jonas is signed out of 0 sessions."),
        ({"do": "off"}, "jonas is switched off."),
        ({"do": "on"}, "jonas is switched on."),
    ]:
        assert ada.post(path, given)["Location"] == PATH
        assert told in words(ada.get(PATH))
    assert b"jonas sets a password with this link" in ada.post(path, {"do": "link"}).content
    refused = ada.post(path, {"do": "dance"})
    assert refused.status_code == 422 and "Unknown action" in words(refused)
    assert ada.post(f"{PATH}999/", {"do": "off"}).status_code == 404


def test_what_somebody_else_changed_is_a_conflict_on_the_page(ada):
    jonas = make_user("jonas", Role.VIEWER)
    given = {"do": "role", "was": "reviewer", "role": "admin"}
    response = ada.post(f"{PATH}{jonas.pk}/", given)
    assert response.status_code == 409
    assert "Nothing changed jonas is viewer now: another person" in words(response)


def test_others_see_people_and_may_change_nobody(maya):
    jonas = make_user("jonas", Role.REVIEWER)
    page = maya.get(PATH)
    assert b"You are an operator. No one has the admin role yet." in page.content
    assert b'data-role="' not in page.content
    for path, given in [
        (f"{PATH}{jonas.pk}/", {"do": "off"}),
        (f"{PATH}invite/", {"username": "x", "role": "admin", "kind": "person"}),
    ]:
        assert maya.post(path, given).status_code == 403
    jonas.refresh_from_db()
    assert jonas.is_active and User.objects.count() == 2


def test_a_token_is_shown_once_and_works(maya):
    make_worker("shop")
    me = User.objects.get()
    given = {"name": "ci", "owner": me.pk, "scope": "deploy", "workers": ["shop"], "days": "90"}
    response = maya.post(f"{PATH}tokens/", given)
    secret = re.search(r"slc_[\w-]{43}", response.content.decode())
    assert secret and Token.objects.get().sha256 == hash_token(secret[0])
    assert "“ci” created. Copy it now" in words(response)
    later = words(maya.get(PATH))
    assert secret[0] not in later and "shop" in later and "in 90 d" in later
    again = maya.post(f"{PATH}tokens/", given)
    assert again.status_code == 409 and "maya has a token called" in words(again)


def test_a_token_for_every_worker_is_called_wide(maya):
    create_token(user=User.objects.get(), name="all", scopes=["deploy"])
    assert "Wide" in words(maya.get(PATH))
    Token.objects.update(scopes=["read"])
    assert "Wide" not in words(maya.get(PATH))


def test_nobody_gets_a_token_beyond_their_role_or_in_anothers_name(maya):
    me, ada = User.objects.get(), make_user("ada", Role.ADMIN)
    for given, told in [
        ({"owner": me.pk, "scope": "admin"}, "maya would need the role admin"),
        ({"owner": ada.pk, "scope": "read"}, "Select a valid choice"),
        ({"owner": me.pk, "scope": "read", "workers": ["nowhere"]}, "nowhere is not one of"),
    ]:
        response = maya.post(f"{PATH}tokens/", {"name": "x", **given})
        assert response.status_code in (409, 422) and told in words(response)
    assert not Token.objects.exists()


def test_who_is_demoted_while_asking_is_told(ada, monkeypatch):
    robot = User.objects.create_user("ci-bot", role=Role.OPERATOR, by_token_only=True)
    check = TokenForm.is_valid

    def meanwhile(form):
        valid = check(form)
        User.objects.filter(username="ada").update(role=Role.VIEWER)
        return valid

    monkeypatch.setattr(TokenForm, "is_valid", meanwhile)
    given = {"name": "x", "owner": robot.pk, "scope": "deploy"}
    response = ada.post(f"{PATH}tokens/", given)
    assert response.status_code == 409 and "You are no longer an admin" in words(response)
    assert not Token.objects.exists()


def test_only_ones_own_tokens_are_seen_and_ended(maya):
    ada = make_user("ada", Role.ADMIN)
    theirs, _ = create_token(user=ada, name="theirs", scopes=["admin"])
    mine, _ = create_token(user=User.objects.get(username="maya"), name="mine", scopes=["read"])
    shown = words(maya.get(PATH))
    assert "mine" in shown and "theirs" not in shown
    assert maya.post(f"{PATH}tokens/{theirs.pk}/", {"do": "revoke"}).status_code == 403
    assert maya.post(f"{PATH}tokens/{mine.pk}/", {"do": "revoke"})["Location"] == PATH
    shown = words(maya.get(PATH))
    assert "mine is revoked. Requests that use it are refused." in shown
    assert "revoked just now" in shown
    maya.post(f"{PATH}tokens/{mine.pk}/", {"do": "revoke"})
    assert "mine was revoked already" in words(maya.get(PATH))
    maya.post(f"{PATH}tokens/{mine.pk}/", {"do": "remove"})
    assert [t.name for t in Token.objects.all()] == ["theirs"]


def test_a_token_in_use_does_not_leave_the_list(maya):
    mine, _ = create_token(user=User.objects.get(), name="mine", scopes=["read"])
    maya.post(f"{PATH}tokens/{mine.pk}/", {"do": "remove"})
    assert "mine still works, so it stays on the list" in words(maya.get(PATH))
    assert Token.objects.exists()


def test_an_admin_sees_and_ends_everybodys(ada):
    token, _ = create_token(user=make_user("maya"), name="theirs", scopes=["deploy"])
    assert "theirs" in words(ada.get(PATH))
    ada.post(f"{PATH}tokens/{token.pk}/", {"do": "revoke"})
    token.refresh_from_db()
    assert token.revoked_on is not None


def test_asking_for_a_forms_address_shows_the_page(ada):
    for path in ("invite/", "1/", "tokens/", "tokens/1/"):
        assert ada.get(f"{PATH}{path}")["Location"] == PATH


def test_everything_is_escaped(ada):
    User.objects.create_user('"><script>x', role=Role.OPERATOR, by_token_only=True)
    create_token(user=User.objects.get(username="ada"), name="<script>y", scopes=["read"])
    content = ada.get(PATH).content
    assert b"<script>x" not in content and b"<script>y" not in content


@pytest.mark.parametrize("count", [3, 60])
def test_queries_do_not_grow(ada, django_assert_max_num_queries, count):
    for number in range(count):
        user = make_user(f"u{number}")
        create_token(user=user, name="t", scopes=["read"])
    with django_assert_max_num_queries(12):
        ada.get(PATH)


def test_a_value_in_the_address_is_none_of_the_form(ada):
    """OWASP ASVS 5.0, 15.3.7: each value is read from one place, so that none can be slipped in."""
    maya = make_user("maya", Role.OPERATOR)
    form = {"do": "role", "role": "viewer", "was": "operator"}
    ada.post(f"{PATH}{maya.pk}/?do=off&role=admin&was=viewer", form)
    maya.refresh_from_db()
    assert (maya.role, maya.is_active) == (Role.VIEWER, True)
    assert ada.post(f"{PATH}{maya.pk}/?do=off").status_code == 422
    maya.refresh_from_db()
    assert maya.is_active
