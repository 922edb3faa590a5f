"""All versions, all deployments, one deployment, and the menu of a version."""

import pytest

from routing.models import Deployment, Share, Version
from tests.factories import (
    make_deployment,
    make_draft,
    make_edge,
    make_user,
    make_version,
    make_worker,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    """#1 live, #2 tried at 5 % by jonas and rolled back."""
    worker = make_worker("shop")
    one = worker.versions.get()
    two = make_version(worker, make_draft(tag="v2", message="Retry <b>card"), source="api")
    make_deployment(worker, (one, 100), source="wrangler")
    make_deployment(worker, (two, 5), (one, 95), author=make_user("jonas"), message="Start small")
    make_deployment(worker, (one, 100), message="Too slow")
    return worker


def read(client, path):
    response = client.get(f"/workers/shop/{path}")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [1, 2, 3]),
        ("?q=small", [2]),
        ("?q=JONAS", [2]),
        ("?q=%233", [3]),
        ("?source=wrangler", [1]),
        ("?source=nonsense", [1, 2, 3]),
        ("?before=3", [1, 2]),
        ("?before=x", [1, 2, 3]),
        ("?q=nothing+like+it", []),
    ],
)
def test_deployments_are_filtered_from_the_address(maya, shop, query, found):
    html = read(maya, f"deployments/{query}")
    assert [n for n in (1, 2, 3) if f'data-entry="{n}"' in html] == found


@pytest.mark.parametrize(
    ("query", "found"), [("", [1, 2]), ("?q=v2", [2]), ("?q=card", [2]), ("?source=api", [2])]
)
def test_versions_are_filtered_from_the_address(maya, shop, query, found):
    html = read(maya, f"versions/{query}")
    assert [n for n in (1, 2) if f'data-version="{n}"' in html] == found
    assert "Retry <b>" not in html


def test_a_version_is_found_by_the_beginning_of_its_id(maya, shop):
    two = shop.versions.get(number=2)
    html = read(maya, f"versions/?q={str(two.id)[:13]}")
    assert 'data-version="2"' in html and 'data-version="1"' not in html


def test_what_a_filtered_deployment_did_is_told_from_the_one_before_it(maya, shop):
    assert "#2 to 5%" in read(maya, "deployments/?q=small")


def test_a_deployment_has_its_own_page(maya, shop):
    make_edge("local-1")
    made = shop.deployments.get(number=2)
    html = read(maya, f"deployments/{made.id}/")
    assert "Start small" in html and "jonas via dashboard" in html and "no longer live" in html
    assert str(made.id) in html and "local-1" in html
    newest = shop.deployments.get(number=3)
    assert "live now" in read(maya, f"deployments/{newest.id}/")


def test_another_workers_deployment_is_not_found_here(maya, shop):
    other = make_deployment(make_worker("other"))
    assert maya.get(f"/workers/shop/deployments/{other.id}/").status_code == 404


def test_pages_of_histories_follow_each_other(maya, shop):
    one = shop.versions.get(number=1)
    for _ in range(60):
        make_deployment(shop, (one, 100))
    first = read(maya, "deployments/")
    assert (
        'data-entry="63"' in first and 'data-entry="14"' in first and 'data-entry="13"' not in first
    )
    assert "before=14" in first
    rest = read(maya, "deployments/?before=14")
    assert 'data-entry="13"' in rest and 'data-entry="1"' in rest and ">Older<" not in rest


def many(worker):
    """300 more versions, each deployed at 1%, written at once."""
    given = {"worker": worker, "source": "wrangler", "triggered_by": "upload"}
    given["created_on"] = worker.created_on
    versions = Version.objects.bulk_create(
        Version(number=n, etag="e", compatibility_date="2026-08-01", **given) for n in range(3, 303)
    )
    deployments = Deployment.objects.bulk_create(
        Deployment(number=v.number + 2, revision=v.number, **given) for v in versions
    )
    pairs = list(zip(deployments, versions, strict=True))
    one = worker.versions.get(number=1)
    Share.objects.bulk_create(
        [Share(deployment=d, version=v, position=0, weight=1_000) for d, v in pairs]
        + [Share(deployment=d, version=one, position=1, weight=99_000) for d, _ in pairs]
    )


@pytest.mark.parametrize("path", ["", "deployments/", "versions/"])
def test_histories_cost_the_same_however_many_there_are(
    maya, shop, path, django_assert_max_num_queries
):
    def count():
        with django_assert_max_num_queries(100) as counted:
            read(maya, path)
        return len(counted)

    make_deployment(shop, (shop.versions.get(number=2), 5), (shop.versions.get(number=1), 95))
    few = count()
    many(shop)
    assert count() == few <= 26


def menu(client, shop, number):
    return read(client, f"versions/{shop.versions.get(number=number).id}/menu/")


def test_the_menu_says_whom_a_staged_version_replaces(maya, shop):
    three = make_version(shop)
    make_deployment(shop, (three, 0), (shop.versions.get(number=1), 100))
    assert "Beside #1, replaces #3" in menu(maya, shop, 2)


def test_the_menu_offers_only_what_can_be_done(maya, vera, shop):
    assert "Promote to 100%" in menu(maya, shop, 2)
    assert "Roll back" not in menu(maya, shop, 2)  # it is newer than what is live
    stable = menu(maya, shop, 1)
    assert "Promote" not in stable and "Stage" not in stable
    assert "Promote" not in menu(vera, shop, 2) and "View code" in menu(vera, shop, 2)


def test_after_a_step_the_way_back_is_offered(maya):
    shop = make_worker("shop", versions=2)
    one, two = shop.versions.order_by("number")
    make_deployment(shop, (one, 100))
    make_deployment(shop, (two, 5), (one, 95))
    fields = {"version": two.id, "percentage": "10"}
    fields["expected"] = shop.deployments.newest_first().first().id
    maya.post("/workers/shop/split/", fields)
    make_edge("local-1")
    toast = read(maya, "")
    assert "Back to 5% of #2" in toast
    assert f"split/?version={two.id}&amp;percentage=5" in toast
    assert "0/1 edge so far" in toast


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("deployments/", "No deployment yet."),
        ("deployments/?q=nothing", "No deployment matches."),
        ("versions/?q=nothing", "No version matches."),
        ("versions/?before=1", "No version is older."),
    ],
)
def test_empty_histories_say_why(maya, db, path, words):
    make_worker("fresh")
    assert words in maya.get(f"/workers/fresh/{path}").content.decode()
