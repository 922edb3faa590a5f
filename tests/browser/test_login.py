"""Signing in with a browser: the eye in the field, help without scripts, notes in both themes."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_user

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

LOGIN = "/accounts/login/"
HIDDEN, SHOWN = ("password", "false"), ("text", "true")
#: Keeps the type that the field has when it is sent.
KEEP = """password.form.addEventListener("submit", () => sessionStorage.sent = password.type)"""
SMALL = """() => [...document.querySelectorAll("input:not([type=hidden]), button")]
    .filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect())
    .filter(r => Math.min(r.width, r.height) < 24).length"""


def guess(page):
    page.get_by_label("Name").fill("maya")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()


def test_the_eye_shows_what_was_typed_and_it_is_sent_hidden(visitors):
    make_user("maya")
    page = visitors().open(LOGIN)
    field, eye = page.get_by_label("Password"), page.get_by_role("button", name="Show the password")
    states = []
    for _ in range(4):
        states.append((field.get_attribute("type"), eye.get_attribute("aria-pressed")))
        eye.press("Enter")
    assert states == [HIDDEN, SHOWN, HIDDEN, SHOWN]
    eye.click()
    page.evaluate(KEEP)
    page.get_by_label("Name").fill("maya")
    field.fill("pw")
    field.press("Enter")
    page.wait_for_url("**/workers/")
    assert page.evaluate("sessionStorage.sent") == "password"


def test_help_opens_without_scripts_and_buttons_that_need_them_are_away(visitors):
    page = visitors(java_script_enabled=False).open(LOGIN)
    expect(page.get_by_role("button", name="Show the password")).to_be_hidden()
    page.get_by_role("button", name="Forgot it").click()
    help = page.get_by_role("dialog", name="Forgot it")
    expect(help).to_contain_text("manage.py changepassword NAME", use_inner_text=True)
    expect(help.get_by_role("button")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(help).to_be_hidden()


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1440), ("dark", 390)], ids=["light-desktop", "dark-phone"]
)
def test_axe_finds_nothing_in_a_refusal_the_pause_or_the_help(visitors, theme, width):
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 844})
    page = visitor.open(LOGIN)
    for words in [*(f"After {left} more" for left in (4, 3, 2, 1)), "there is a pause."]:
        guess(page)
        page.get_by_role("alert").filter(has_text=words).wait_for()
        assert (visitor.axe(), visitor.spills(), page.evaluate(SMALL)) == ([], False, 0)
    page.get_by_role("button", name="Forgot it").click()
    page.get_by_role("button", name="Copy the command").wait_for()
    assert (visitor.axe(), visitor.spills(), page.evaluate(SMALL)) == ([], False, 0)
