"""The account of a page is in its address; the switcher and the navigation follow it."""

import re

import pytest
from django.core.cache import cache
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.cloud.accounts.connect import follow
from dashboard.cloud.models import CloudAccount
from tests.factories import make_deployment, make_worker


@pytest.fixture
def shop(account):
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    make_deployment(worker, (new, 10), (old, 90))
    follow(account, {"shop": ""}, Actor(None, "shell", timezone.now()))
    cache.clear()
    return worker


def current(page):
    return re.findall(
        r'aria-current="true"\s+data-switch-to="([^"]+)"', page.content.decode().replace("’", "'")
    )


def navigation(page):
    text = page.content.decode().split('aria-label="Main"')[1].split("</nav>")[0]
    return re.findall(r'href="([^"]+)"', text), re.findall(r'"([^"]+)" aria-current="page"', text)


def test_pages_of_an_account_have_its_navigation(root, shop):
    page = root.get("/cloudflare/shop-prod/workers/shop/")
    entries, here = navigation(page)
    assert current(page) == ["shop-prod"] and here == ["/cloudflare/shop-prod/workers/"]
    assert "/workers/" not in entries and "/reviews/" in entries
    assert b'id="account-pill"' in page.content and b'id="edges-pill"' not in page.content


def test_other_pages_are_about_the_edges(root, shop):
    page = root.get("/workers/shop/")
    entries, here = navigation(page)
    assert current(page) == ["This machine's edges"] and here == ["/workers/"]
    assert b'href="/cloudflare/shop-prod/workers/"' in page.content
    assert b'id="edges-pill"' in page.content


def test_without_accounts_there_is_no_switcher(root, settings, shop):
    settings.CLOUD_HOSTS = frozenset()
    assert b'id="switcher"' not in root.get("/workers/").content


def test_only_admins_are_offered_to_connect(root, vera, shop):
    link = b'href="/cloudflare/connect/"'
    assert link in root.get("/workers/").content
    assert link not in vera.get("/workers/").content


def test_a_token_that_does_not_work_is_marked(root, shop):
    CloudAccount.objects.update(problem="revoked")
    assert b"token does not work" in root.get("/workers/").content


def test_more_accounts_take_no_more_queries(root, shop):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count():
        with CaptureQueriesContext(connection) as queries:
            root.get("/people/")
        return len(queries)

    before = count()
    account = CloudAccount.objects.get()
    for n in range(3):
        account.pk, account.slug, account.account_id = None, f"more-{n}", f"id-{n}"
        account.save(force_insert=True)
    assert count() == before


def test_the_palette_knows_accounts_and_their_workers(root, shop):
    page = root.get("/palette/?q=shop cloudflare", headers={"HX-Request": "true"})
    found = re.findall(r'data-href="([^"]+)"', page.content.decode())
    assert "/cloudflare/shop-prod/workers/shop/" in found
    assert "/cloudflare/shop-prod/workers/" in found


def test_a_worker_there_is_not_taken_for_the_one_here(root, shop):
    here = "http://testserver/cloudflare/shop-prod/workers/shop/"
    headers = {"HX-Request": "true", "HX-Current-URL": here}
    page = root.get("/palette/", headers=headers)
    assert b"/workers/shop/" in page.content and b"Roll back" not in page.content


def test_the_workers_of_an_account_with_what_is_live(root, shop, other):
    page = root.get("/cloudflare/shop-prod/workers/")
    [line] = page.context["lines"]
    # Nothing says which one is stable: no version was deployed alone, and none was read.
    assert line.name == "shop" and line.live and line.weight is None and line.listed
    root.get("/cloudflare/shop-prod/workers/shop/")
    [line] = root.get("/cloudflare/shop-prod/workers/").context["lines"]
    assert line.weight == 10_000
    sent = len(other.sent)
    assert b'data-live="' in root.get("/cloudflare/shop-prod/workers/").content
    assert len(other.sent) == sent  # both answers are still fresh


def test_the_list_reads_few_workers_at_a_time(root, shop, account, other):
    names = {f"w{n}": "" for n in range(20)} | {"shop": ""}
    follow(account, names, Actor(None, "shell", timezone.now()))
    sent = len(other.sent)
    root.get("/cloudflare/shop-prod/workers/")
    reads = [path for _, path in other.sent[sent:] if path.endswith("/deployments")]
    assert len(reads) == 6
