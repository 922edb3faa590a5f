"""The addresses on a Worker's Settings page, and the Zones page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.accounts.models import Role
from routing.models import AuditEntry, CustomDomain, WorkerRoute, Zone
from tests.factories import make_deployment, make_user, make_version

pytestmark = pytest.mark.django_db
SETTINGS = "/workers/shop/settings/"
ADD = SETTINGS + "addresses/"


@pytest.fixture(autouse=True)
def zones(settings):
    settings.ZONES = ("example.com",)


@pytest.fixture
def shop():
    version = make_version("shop")
    make_deployment(version.worker, (version, 100))
    return version.worker


@pytest.fixture
def maya(client):
    client.force_login(make_user("maya", Role.OPERATOR))
    return client


def text(answer) -> str:
    return answer.content.decode()


def test_a_domain_and_a_route_are_added_and_removed(maya, shop):
    assert "Requests arrive at the production address above only" in text(maya.get(SETTINGS))
    maya.post(ADD, {"kind": "domain", "text": "App.example.com"})
    maya.post(ADD, {"kind": "route", "text": "*.example.com/api*"})
    html = text(maya.get(SETTINGS))
    assert 'data-address="app.example.com"' in html and 'data-address="*.example.com/api*"' in html
    assert 'data-copy="http://app.example.com:' in html
    head = text(maya.get("/workers/shop/"))
    assert "app.example.com" in head and "+2 more" in head.replace("\n", "").replace("    ", "")
    domain, route = CustomDomain.objects.get(), WorkerRoute.objects.get()
    for kind, row in (("domain", domain), ("route", route)):
        assert maya.post(f"{ADD}{kind}/{row.pk}/remove/").status_code == 302
    assert not CustomDomain.objects.exists() and not WorkerRoute.objects.exists()
    entries = AuditEntry.objects.filter(action="worker.addresses", subject="shop")
    assert entries.count() == 4 and entries.first().actor == "maya"


@pytest.mark.parametrize(
    ("kind", "typed", "reason"),
    [
        ("domain", "example.net", "example.net is in no zone. Zones are: example.com."),
        ("domain", "no host", "is not a host name"),
        ("route", "example.com/*.jpg", "allowed at its end only"),
        ("route", "example.com/taken", "assigned to the Worker other"),
        ("domain", "x.localhost", "Workers&#x27; own"),
    ],
)
def test_a_refused_address_comes_back_with_the_reason(maya, shop, kind, typed, reason):
    other = make_version("other").worker
    WorkerRoute.objects.create(
        zone="example.com", pattern="example.com/taken", worker=other, created_at=other.created_on
    )
    answer = maya.post(ADD, {"kind": kind, "text": typed})
    assert answer.status_code == 422 and reason in text(answer)
    assert f'value="{typed}"' in text(answer) and not shop.routes.exists()
    assert "<h1>shop</h1>" in text(answer)


def test_the_last_address_is_named_before_it_is_removed(maya, shop):
    maya.post(ADD, {"kind": "domain", "text": "app.example.com"})
    assert "This is the last address of shop" not in text(maya.get(SETTINGS))
    maya.post("/workers/shop/address/", {"on": "0"})
    assert "This is the last address of shop" in text(maya.get(SETTINGS))
    assert "app.example.com" in text(maya.get("/workers/shop/"))


def test_the_list_takes_as_many_queries_for_ten_addresses_as_for_one(
    maya, shop, django_assert_num_queries
):
    maya.post(ADD, {"kind": "domain", "text": "a.example.com"})
    maya.get(SETTINGS)
    with CaptureQueriesContext(connection) as one:
        maya.get(SETTINGS)
        count = len(one)
    for number in range(9):
        maya.post(ADD, {"kind": "route", "text": f"{number}.example.com/*"})
    maya.get(SETTINGS)
    with django_assert_num_queries(count):
        maya.get(SETTINGS)


def test_zones_are_added_and_removed_by_admins(client, shop):
    client.force_login(make_user("ada", Role.ADMIN))
    assert "from <code>SLUICE_ZONES</code>" in text(client.get("/zones/"))
    client.post("/zones/add/", {"name": "Example.org."})
    assert Zone.objects.get().name == "example.org"
    for bad in ("localhost", "x.localhost", "example.org", "a b"):
        assert client.post("/zones/add/", {"name": bad}).status_code == 422
    client.post(ADD, {"kind": "domain", "text": "shop.example.org"})
    assert client.post("/zones/example.org/remove/").status_code == 409
    html = text(client.get("/zones/"))
    assert "shop.example.org" in html and 'data-zone="example.org"' in html
    CustomDomain.objects.all().delete()
    assert client.post("/zones/example.org/remove/").status_code == 302
    assert not Zone.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="zone.").values_list("action", flat=True)
    assert sorted(actions) == ["zone.add", "zone.remove"]
