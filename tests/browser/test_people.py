"""People and tokens in a browser: what is shown once, and what somebody invited meets."""

import pytest
from playwright.sync_api import expect

from dashboard.accounts.models import Role, Token, User
from tests.factories import make_user, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def admin(visitors, transactional_db):
    """Makes an admin who is signed in and looks at the page."""
    make_user("ada", Role.ADMIN)
    make_worker("shop")

    def visit(**options):
        visitor = visitors(**options)
        visitor.enter("ada")
        visitor.open("/people/")
        return visitor

    return visit


@pytest.mark.parametrize(
    ("theme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light-desktop", "dark-phone"]
)
def test_somebody_invited_sets_a_password_and_is_in(admin, visitors, theme, size):
    ada = admin(color_scheme=theme, viewport=size)
    page = ada.page
    page.get_by_role("button", name="Invite").click()
    assert ada.axe() == [] and not ada.spills()
    page.locator("#invite-name").fill("jonas")
    page.get_by_label("Role", exact=True).select_option("reviewer")
    page.locator("#invite").get_by_role("button", name="Invite").click()
    link = page.get_by_label("Link", exact=True).input_value()
    assert ada.axe() == [] and not ada.spills()

    jonas = visitors(color_scheme=theme, viewport=size)
    theirs = jonas.page
    theirs.goto(link)
    assert jonas.axe() == [] and not jonas.spills()
    theirs.get_by_label("New password").fill("correct horse battery")
    theirs.get_by_label("The same again").fill("correct horse battery")
    theirs.get_by_role("button", name="Set it and sign in").click()
    theirs.get_by_text("Welcome, jonas. Your password is set.").first.wait_for()
    assert User.objects.get(username="jonas").role == Role.REVIEWER


def test_a_secret_is_masked_until_asked_for_and_gone_after(admin):
    page = admin(permissions=["clipboard-read", "clipboard-write"]).page
    page.get_by_role("button", name="New token").click()
    page.get_by_label("Name what uses it").fill("CI")
    page.get_by_label("Upload and deploy").check()
    page.get_by_label("Changes only").select_option("shop")
    page.get_by_role("button", name="Create token").click()
    field = page.get_by_label("Token", exact=True)
    assert "•••" in field.input_value()
    page.get_by_role("button", name="Show").click()
    secret = field.input_value()
    assert secret.startswith(Token.objects.get().hint) and "•" not in secret
    page.get_by_role("button", name="Show").click()
    assert "•••" in field.input_value()
    page.get_by_role("button", name="Copy token").click()
    page.locator("#announce", has_text="Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.reload()
    assert secret not in page.content()


def test_a_role_is_saved_once_it_differs_and_a_token_revoked_after_a_word(admin):
    maya = make_user("maya", Role.OPERATOR)
    Token.objects.create(user=maya, name="CI", sha256="x", hint="slc_abcd", scopes=["deploy"])
    visitor = admin()
    page = visitor.page
    row = page.get_by_role("row", name="maya")
    save = row.get_by_role("button", name="Save")
    expect(save).to_be_hidden()
    page.get_by_label("Role of maya", exact=True).select_option("viewer")
    save.click()
    page.get_by_text("maya is viewer now.").first.wait_for()
    page.get_by_role("button", name="Revoke CI").click()
    page.get_by_text("This cannot be undone.").wait_for()
    assert visitor.axe() == []
    page.get_by_role("dialog").get_by_role("button", name="Revoke CI").click()
    page.get_by_text("CI is revoked. Requests that use it are refused.").first.wait_for()


def test_a_refused_form_opens_again_with_what_was_typed(admin):
    page = admin().page
    page.get_by_role("button", name="Invite").click()
    page.locator("#invite-name").fill("ada")
    page.locator("#invite").get_by_role("button", name="Invite").click()
    page.locator("#invite").get_by_text("The name ada is taken").wait_for()
    expect(page.locator("#invite-name")).to_have_value("ada")


def test_without_scripts_everything_is_there(admin):
    page = admin(java_script_enabled=False).page
    make_user("maya", Role.OPERATOR)
    page.reload()
    page.get_by_label("Role of maya", exact=True).select_option("viewer")
    page.get_by_role("row", name="maya").get_by_role("button", name="Save").click()
    page.get_by_text("maya is viewer now.").first.wait_for()
    page.get_by_role("button", name="New token").click()
    page.get_by_label("Name what uses it").fill("CI")
    page.get_by_role("button", name="Create token").click()
    assert page.get_by_label("Token", exact=True).input_value().startswith("slc_")
