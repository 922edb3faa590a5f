import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from routing.control.revision import current
from routing.models import Worker
from routing.rules import affinity
from tests.factories import make_deployment, make_edge, make_worker

pytestmark = pytest.mark.django_db
HEADER = "Cloudflare-Workers-Version-Overrides"


@pytest.fixture
def staged():
    worker = make_worker("shop", versions=3)
    new, middle, old = worker.versions.newest_first()
    make_deployment(worker, (new, 0), (old, 100))
    return {"new": str(new.id), "middle": str(middle.id), "old": str(old.id)}


def explain(*arguments):
    out = StringIO()
    call_command("explain", *arguments, stdout=out)
    return out.getvalue()


def asked(value):
    arguments = ("--worker", "shop", "--json", "--header", f"{HEADER}: {value}")
    return json.loads(explain(*arguments))


def test_an_override_reaches_the_version_at_zero_percent(staged):
    found = asked(f'shop="{staged["new"]}"')
    assert (found["version_id"], found["percentage"]) == (staged["new"], 0)
    assert (found["reason"], found["override"]["outcome"]) == ("override", "applied")


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        ("shop=", "invalid_header"),
        ('other="{new}"', "not_addressed"),
        ("shop=abc", "not_a_string"),
        ('shop="00000000-0000-4000-8000-000000000000"', "unknown_version"),
        ('shop="{middle}"', "not_in_deployment"),
        ("", "absent"),
    ],
)
def test_every_broken_override_says_why_and_routes_by_percentage(staged, value, outcome):
    found = asked(value.format(**staged))
    assert found["override"]["outcome"] == outcome
    assert (found["version_id"], found["reason"]) == (staged["old"], "percentage")
    assert found["override"]["advice"] or outcome == "absent"


def test_an_id_of_another_worker_says_whose(staged):
    other = make_worker("other").versions.get()
    assert "other" in asked(f'shop="{other.id}"')["override"]["advice"]


def test_a_key_says_the_version_it_sticks_to():
    worker = make_worker("shop", versions=2)
    new, old = worker.versions.newest_first()
    deployment = make_deployment(worker, (new, 50), (old, 50))
    for key in ("user-1", "user-2", "Zoë", "user-4"):
        found = json.loads(explain("--worker", "shop", "--json", "--key", key))
        expected = affinity.pick([key.encode()], deployment.rule_shares())
        assert (found["version_id"], found["reason"]) == (expected, "affinity")


def test_in_words(staged):
    said = explain("--worker", "shop")
    assert "reason    percentage" in said and staged["old"] in said


def test_an_unknown_worker_and_a_worker_without_deployment_are_told_apart():
    make_worker("bare")
    with pytest.raises(CommandError, match="no Worker called 'ghost'"):
        explain("--worker", "ghost")
    with pytest.raises(CommandError, match="no deployment yet"):
        explain("--worker", "bare")
    with pytest.raises(CommandError, match="--worker is needed"):
        explain()
    with pytest.raises(CommandError, match="expected 'Name: value'"):
        explain("--worker", "bare", "--header", "nonsense")


def test_a_batch_answers_line_by_line_and_one_bad_line_stops_nothing(staged, monkeypatch):
    lines = [
        json.dumps({"worker": "shop", "headers": [[HEADER, f'shop="{staged["new"]}"']]}),
        "{nonsense",
        json.dumps({"worker": "ghost"}),
        json.dumps({"worker": "shop", "key": "k"}),
    ]
    monkeypatch.setattr("sys.stdin", StringIO("\n".join(lines) + "\n"))
    answers = [json.loads(line) for line in explain("--batch").splitlines()]
    assert answers[0]["reason"] == "override" and answers[3]["reason"] == "affinity"
    assert "expected" in answers[1]["error"] and "ghost" in answers[2]["error"]


def test_an_edge_that_another_worker_holds_up_decides_by_the_newest_deployment(staged):
    lag = {"broken": {"error": "SyntaxError", "deployment": "", "revision": 0}}
    make_edge(desired_revision=current(), lagging=lag)
    assert asked(f'shop="{staged["new"]}"')["override"]["outcome"] == "applied"


def test_an_edge_that_reports_and_lacks_the_deployment_is_the_one_that_is_asked(staged):
    make_edge("slow", desired_revision=current(), applied_revision=current())
    shop = Worker.objects.get(name="shop")
    make_deployment(shop, (shop.versions.get(id=staged["middle"]), 100))
    make_edge("new", desired_revision=current(), applied_revision=current())
    assert asked(f'shop="{staged["middle"]}"')["override"]["outcome"] == "not_propagated"


def test_a_batch_answers_in_one_shape_for_workers_that_nothing_answers_for(staged, monkeypatch):
    version = make_worker("bare").versions.get()
    lines = [
        {"worker": "ghost"},
        {"worker": "ghost", "headers": [[HEADER, f'ghost="{staged["new"]}"']]},
        {"worker": "ghost", "headers": [[HEADER, "ghost="]]},
        {"worker": "7-of 9", "headers": [[HEADER, f'shop="{staged["new"]}"']]},
        {"worker": "bare", "headers": [[HEADER, f'bare="{version.id}"']]},
        {"worker": "shop"},
    ]
    monkeypatch.setattr("sys.stdin", StringIO("\n".join(map(json.dumps, lines))))
    *none, decided = [json.loads(line) for line in explain("--batch").splitlines()]
    assert [answer["override"]["outcome"] for answer in none] == [
        "absent",
        "unknown_version",
        "invalid_header",
        "not_addressed",
        "not_in_deployment",
    ]
    for answer in none:
        assert answer["version_id"] is None and answer["error"]
        assert set(answer) == {*decided, "error"}
        assert set(answer["override"]) == set(decided["override"])
