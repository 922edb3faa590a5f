"""The Worker of a host name: exact names come before wildcards, in any case."""

from dataclasses import replace

import pytest

from routing.agent.answers.worker_hosts import WorkerHosts
from routing.compile import names
from tests.routing.agent.histories import make_worker, snapshot

SITE = names.scope(names.PUBLIC, "site.workers.zone.test")
SHOP = names.scope(names.PUBLIC, "shop.zone.test")
BELOW = names.scope(names.WILDCARD, "zone.test")


@pytest.mark.parametrize(
    ("host", "located"),
    [
        ("any.zone.test", (BELOW, "site")),
        ("ANY.zone.test:8080", (BELOW, "site")),
        ("shop.zone.test", (SHOP, "shop")),
        ("SHOP.zone.test", (SHOP, "shop")),
        ("Site.workers.zone.test", (SITE, "site")),
        ("preview-site.workers.zone.test", None),
        ("zone.test", None),
    ],
)
def test_a_wildcard_takes_no_exact_host_and_no_name_of_our_domain(host, located):
    site = replace(make_worker("site", "a"), hostnames=("site.workers.zone.test",))
    site = replace(site, routes=("*.zone.test/*",))
    shop = replace(make_worker("shop", "b"), hostnames=("shop.zone.test",))
    state = replace(snapshot(1, site, shop), domain="workers.zone.test")
    found = WorkerHosts().locate(state, host, "https", "/")
    assert (found and (found.scope, found.worker)) == located
