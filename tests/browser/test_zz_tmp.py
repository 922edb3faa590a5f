import pytest
from tests.factories import make_user
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
def test_shots(maya, transactional_db):
    page = maya.open("/workers/")
    page.screenshot(path="/tmp/b-empty.png")
    page = maya.open("/playground/")
    page.screenshot(path="/tmp/b-play.png")
    page = maya.open("/people/")
    page.screenshot(path="/tmp/b-people.png", full_page=True)
def test_shots2(maya, shop):
    page = maya.open("/workers/shop/")
    page.get_by_role("button", name="As command").first.click()
    page.screenshot(path="/tmp/b-as.png")
    page.set_viewport_size({"width": 390, "height": 800})
    page.screenshot(path="/tmp/b-as-phone.png")
