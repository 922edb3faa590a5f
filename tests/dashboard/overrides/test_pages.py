"""The page about a Worker's overrides: who may share, revoke and protect, and what it shows."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.accounts.models import Role
from routing.models import AuditEntry, OverrideLink, Worker
from tests.factories import make_deployment, make_edge, make_user, make_worker

PAGE = "/workers/shop/overrides/"


@pytest.fixture
def shop(db):
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (new, 0), (old, 100))
    return worker


@pytest.fixture
def ada(db):
    client = Client()
    client.force_login(make_user("ada", Role.ADMIN))
    return client


def share(client, **given):
    return client.post(f"{PAGE}share/", {"lasts": "8h", "note": "Zelda", "path": "/cart"} | given)


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_link_is_shown_once_and_listed_without_what_opens_it(maya, vera, shop):
    answer = share(maya, version=str(shop.versions.newest_first()[0].pk))
    html = answer.content.decode()
    assert answer.status_code == 201 and "no-store" in answer["Cache-Control"]
    url = re.search(r'value="(http://shop\.localhost[^"]+)"', html)[1]
    assert "/__sluice/override?permission=" in url and "path=/cart" in url
    assert "/__sluice/override/leave" in html and "Sluice-Override-Permission: ey" in html
    token = re.search(r"permission=([^&]+)", url)[1]
    listed = vera.get(PAGE)
    assert "Zelda" in text(listed) and "maya" in text(listed) and "#2" in text(listed)
    assert token not in listed.content.decode()


def test_the_version_of_the_menu_is_preselected_and_the_candidate_comes_first(maya, shop):
    new, old = shop.versions.newest_first()
    options = re.findall(
        r'<option value="([0-9a-f-]{36})"( selected)?', str(maya.get(PAGE).content)
    )
    assert options == [(str(new.pk), ""), (str(old.pk), "")]
    html = str(maya.get(f"{PAGE}?version={old.pk}").content)
    assert f'value="{old.pk}" selected' in html
    menu = maya.get(f"/workers/shop/versions/{new.pk}/menu/").content.decode()
    assert f"{PAGE}?version={new.pk}#share" in menu


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": "//evil"}, "A path starts with one"),
        ({"lasts": "90d"}, "longer than 30 days"),
        ({"lasts": "soon"}, "is not a duration"),
        ({"version": "nonsense"}, "has no version"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(maya, shop, given, words):
    answer = share(maya, **given)
    assert answer.status_code == 422 and words in text(answer)
    assert 'value="Zelda"' in answer.content.decode() and not OverrideLink.objects.exists()


def test_a_link_is_revoked_once_and_then_among_those_that_ended(maya, shop):
    share(maya)
    address = reverse("overrides:revoke", args=["shop", OverrideLink.objects.get().pk])
    assert "no longer works" in text(maya.post(address, follow=True))
    assert "has already ended" in text(maya.post(address, follow=True))
    assert "No link is live" in text(maya.get(PAGE)) and "Zelda" not in text(maya.get(PAGE))
    assert "revoked" in text(maya.get(f"{PAGE}?all=1"))
    assert AuditEntry.objects.filter(action="override.revoke").count() == 1


def test_admins_protect_and_open_and_change_the_key(ada, maya, shop):
    assert "Anyone may send an override" in text(ada.get(PAGE))
    ada.post(f"{PAGE}protect/", {"on": "1"})
    assert "Overrides need a permission" in text(maya.get(PAGE))
    assert "Protected: an override counts only" in text(maya.get("/workers/shop/settings/"))
    share(maya)
    assert "need a permission. 1 live link to versions." in text(maya.get("/workers/shop/"))
    answer = ada.post(f"{PAGE}key/", {"drop": "on"}, follow=True)
    assert "1 link ended" in text(answer)
    ada.post(f"{PAGE}protect/", {"on": "0"})
    assert not Worker.objects.get().overrides_protected


@pytest.mark.parametrize("path", ["share/", "protect/", "key/", "links/{}/"])
def test_roles_are_asked_everywhere(vera, maya, shop, path):
    share(maya)
    link = OverrideLink.objects.get()
    address = PAGE + path.format(link.pk)
    assert vera.post(address, {"on": "1"}).status_code == 403
    assert Client().post(address).status_code == 302
    if path in ("protect/", "key/"):
        assert maya.post(address, {"on": "1"}).status_code == 403
    assert not Worker.objects.get().overrides_protected
    assert OverrideLink.objects.get().revoked_at is None
    assert "disabled" in vera.get(PAGE).content.decode()


def test_an_edge_that_checks_no_permission_is_named(maya, shop):
    make_edge("new-1", status={"checks_permissions": True})
    assert "honor every override" not in text(maya.get(PAGE))
    make_edge("old-1")
    assert "These edges honor every override: old-1" in text(maya.get(PAGE))


def test_queries_do_not_grow_with_links(maya, shop, django_assert_max_num_queries):
    for _ in range(10):
        share(maya)
    with django_assert_max_num_queries(30):
        assert text(maya.get(PAGE)).count("Zelda") >= 10


def test_the_playground_says_what_others_need(maya, ada, shop):
    new = shop.versions.newest_first()[0]
    page = f"/playground/?worker=shop&version={new.pk}"
    assert "Overrides are protected" not in text(maya.get(page))
    ada.post(f"{PAGE}protect/", {"on": "1"})
    answer = maya.get(page)
    assert "Will be applied" in text(answer) and "carries your own permission" in text(answer)
    assert "Sluice-Override-Permission: $SLUICE_OVERRIDE_PERMISSION" in answer.content.decode()
    version = maya.get(f"/workers/shop/versions/{new.pk}/").content.decode()
    assert "$SLUICE_OVERRIDE_PERMISSION" in version
