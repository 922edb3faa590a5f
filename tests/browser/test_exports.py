"""The page of the log exports in a real browser: an admin makes a job, in both themes and sizes."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dashboard.accounts.models import Role
from dashboard.exports.models import DeadLetter, Job
from tests.factories import make_user, make_worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def failing(transactional_db):
    """A job that fails, with a dead letter; one Worker to choose; an admin."""
    make_user("root", Role.ADMIN)
    make_worker("shop")
    now = timezone.now()
    job = Job.objects.create(
        name="to loki",
        encrypted_destination="x",
        redacted_destination=f"https://127.0.0.1/path-{'x' * 99}?header_Authorization=REDACTED",
        enabled=True,
        created_on=now,
        last_error=now,
        error_message="127.0.0.1 answered 503: busy",
        attempts=3,
    )
    DeadLetter.objects.create(
        job=job, object_name="x", file="x", records=1200, size=1, made_on=now, error="busy"
    )
    return job


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1440), ("dark", 390), ("light", 390), ("dark", 1000)]
)
def test_axe_finds_nothing_and_nothing_spills(visitors, failing, theme, width):
    visitor = visitors(color_scheme=theme, viewport={"width": width, "height": 900})
    visitor.enter("root")
    page = visitor.open("/exports/")
    page.get_by_text("Delete…").first.click()
    assert visitor.axe() == [] and not visitor.spills()


def test_an_admin_creates_a_job_with_the_keyboard_and_pauses_it(visitors, failing):
    visitor = visitors(java_script_enabled=False)
    visitor.enter("root")
    page = visitor.open("/exports/")
    page.get_by_label("Name").fill("to a folder")
    page.get_by_label("Destination").fill("file:///daily/{DATE}")
    page.get_by_label("Destination").press("Enter")
    page.get_by_text("to a folder was created").wait_for()
    card = page.get_by_role("region", name="to a folder")
    card.get_by_role("button", name="Pause").click()
    page.get_by_text("to a folder is paused").wait_for()
    expect(page.get_by_role("region", name="to a folder").get_by_text("Paused")).to_be_visible()
