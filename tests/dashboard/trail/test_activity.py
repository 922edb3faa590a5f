"""The audit trail as people read it."""

import re
from datetime import timedelta
from html import unescape

import pytest

from dashboard.trail import activity
from dashboard.trail.entry_facts import facts
from dashboard.trail.entry_filter import WORDS
from routing.control import audit
from routing.control.deploy import delete_worker
from routing.models import AuditEntry
from tests.factories import T0, make_deployment, make_user, make_worker

pytestmark = pytest.mark.django_db
PATH = "/activity/"


@pytest.fixture
def vera(client):
    client.force_login(make_user("vera"))
    return client


def rows(response):
    """The words of each row of the table."""
    found = re.findall(r"<tr>\s*<td.*?</tr>", response.content.decode(), re.DOTALL)
    return [unescape(" ".join(re.sub(r"<[^>]+>", " ", row).split())) for row in found]


def note(action="worker.create", subject="shop", actor=None, **facts):
    audit.record(action, subject, actor=actor, source="wrangler", now=T0, **facts)


def test_newest_first_who_what_before_after_and_from_where(vera):
    worker, maya = make_worker("shop", versions=2), make_user("maya")
    one, two = worker.versions.order_by("number")
    make_deployment(worker, (one, 100), author=maya)
    make_deployment(worker, (two, 25), (one, 75), author=maya)
    newest = rows(vera.get(PATH))[0]
    old, new = str(one.id)[:8], str(two.id)[:8]
    assert "maya deployed shop" in newest
    assert re.search(rf"{old} 100% .*{new} 25% .*{old} 75%", newest)


def test_a_worker_that_is_gone_keeps_its_lines_without_a_link(vera):
    worker = make_worker("shop")
    assert b'href="/workers/shop/"' in vera.get(PATH).content
    delete_worker(worker=worker, author=None, source="api", now=T0)
    response = vera.get(PATH)
    assert b'href="/workers/shop/"' not in response.content
    assert "system deleted the Worker shop" in rows(response)[0]


def test_it_is_found_by_person_subject_deed_and_kind(vera):
    note("worker.create", "shop", make_user("maya"))
    note("token.revoke", "CI")
    note("person.role", "jonas", before="viewer", after="operator")
    for query, found in [
        ("q=maya", ["maya made the Worker shop"]),
        ("q=jon", ["system changed the role of jonas"]),
        ("q=revoked", ["system revoked the token CI"]),
        ("kind=person", ["system changed the role of jonas"]),
        ("about=CI", ["system revoked the token CI"]),
        ("about=C", []),
        ("q=nothing", []),
    ]:
        shown = rows(vera.get(f"{PATH}?{query}"))
        assert len(shown) == len(found) and all(f in s for f, s in zip(found, shown, strict=True))
    assert len(rows(vera.get(f"{PATH}?kind=nonsense&before=x"))) == 3


def test_pages_follow_each_other_without_gap_or_repetition(vera, monkeypatch):
    monkeypatch.setattr(activity, "SIZE", 3)
    for number in range(7):
        note(subject=f"s{number}")
    seen, query = [], ""
    while True:
        response = vera.get(PATH + query)
        seen += [re.search(r"s\d", row)[0] for row in rows(response)]
        older = re.search(r'href="(\?[^"]+)">Older', response.content.decode())
        if not older:
            break
        query = unescape(older[1])
    assert seen == [f"s{n}" for n in range(6, -1, -1)]


def test_every_action_that_is_recorded_has_words(settings):
    found = set()
    for room in ("routing", "dashboard"):
        for path in (settings.BASE_DIR / room).rglob("*.py"):
            found |= set(
                re.findall(
                    r'"((?:worker|version|deployment|person|token|export|override|variable|edge)\.\w+)"',
                    path.read_text(),
                )
            )
    found.discard("edge.behind")  # an event of notifications
    kinds = {action.partition(".")[0] for action in found}
    assert found == {action for action in WORDS if action.partition(".")[0] in kinds}


@pytest.mark.parametrize(
    ("noted", "shown"),
    [
        (None, []),
        ("viewer", [("", "viewer")]),
        (
            {"rate": 0.5, "id": "26ca45f5-2658-4730-a91e-82243eae01ed"},
            [("rate", "0.5"), ("id", "26ca45f5")],
        ),
        ({"binding": [{"name": "A"}]}, [("binding", '{"name": "A"}')]),
        ({"by_token_only": True, "workers": [], "tag": ""}, [("by token only", "yes")]),
        ({"scopes": ["read", "deploy"]}, [("scopes", "read, deploy")]),
        ({"count": 3, "starts_with": "slc_ab"}, [("count", "3"), ("starts with", "slc_ab")]),
        (
            {"expires_on": "2027-02-24T04:59:26.454640+00:00"},
            [("expires on", "24 Feb 2027, 04:59:26 UTC")],
        ),
    ],
)
def test_what_was_noted_is_shown_as_names_and_values(noted, shown):
    assert list(facts(noted)) == shown


def test_everything_is_escaped(vera):
    note(subject="<script>x", after={"<script>y": "<script>z"})
    assert not re.search(rb"<script>[xyz]", vera.get(PATH).content)


@pytest.mark.parametrize("count", [3, 300])
def test_queries_do_not_grow(vera, django_assert_max_num_queries, count):
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=T0 + timedelta(seconds=n),
            actor="a",
            action="worker.create",
            subject=f"w{n}",
            source="api",
        )
        for n in range(count)
    )
    with django_assert_max_num_queries(10):
        vera.get(PATH)
