"""The doctor: per Worker what will happen, where the header breaks, and the click that fixes it."""

import pytest

from dashboard.playground.predict.call_graph import reached_from
from dashboard.playground.predict.override_diagnosis import diagnose
from dashboard.playground.predict.predict import live_versions, predict
from dashboard.playground.request.form import compose
from routing.models import Worker
from routing.snapshot import BindingSpec, Export
from tests.factories import (
    make_deployment,
    make_draft,
    make_edge,
    make_version,
    make_worker,
    says_fine,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    """#2 at 0%, #1 at 100%, #3 in no deployment; one edge that has it all."""
    worker = make_worker("shop", versions=3)
    make_deployment(worker, (worker.versions.get(number=1), 100))
    made = make_deployment(
        worker, (worker.versions.get(number=2), 0), (worker.versions.get(number=1), 100)
    )
    make_edge(applied_revision=made.revision)
    return worker


def ask(worker, raw, others=frozenset()):
    asked = compose(worker.name, {"mode": "raw", "raw": raw})
    deployment, standings = live_versions(worker)
    found = predict(worker.name, asked.lines, deployment, standings)
    return diagnose(worker.name, found, deployment, others)


def id_of(worker, number):
    return str(worker.versions.get(number=number).id)


def test_no_header_offers_each_live_version(shop):
    found = ask(shop, "")
    assert (found.outcome, found.tone) == ("absent", "plain")
    assert [f.value for f in found.fixes] == [
        f'shop="{id_of(shop, 2)}"',
        f'shop="{id_of(shop, 1)}"',
    ]


def test_a_good_header_says_what_runs_and_where(shop):
    found = ask(shop, f'shop="{id_of(shop, 2)}"')
    assert (found.outcome, found.tone, found.title) == ("applied", "ok", "Will be applied")
    assert found.text.endswith("in the live deployment at 0%, on 1/1 edges.")


def test_the_caret_stands_where_parsing_stops(shop):
    found = ask(shop, "shop=7f3ae91b-0c54-4d28-8a6f-b1e97d20c4e5")
    assert found.title == "Stops parsing at character 7"
    assert found.text.startswith("Without quotes, 7 reads as a number and “f” cannot follow.")
    assert (found.line.before, found.line.trouble, found.line.character) == ("shop=7", "f", 7)
    assert (found.fixes[0].label, found.fixes[0].value) == (
        "Put the id in quotes",
        'shop="7f3ae91b-0c54-4d28-8a6f-b1e97d20c4e5"',
    )


def test_curly_quotes_are_echoed_whole_and_straightened_by_one_click(shop):
    found = ask(shop, f"pricing=1, shop=“{id_of(shop, 2)}”")
    assert (found.line.before, found.line.trouble) == ("pricing=1, shop=", "“")
    assert found.line.after.endswith("”") and found.line.character == 17
    assert found.problem.kind == "odd_quote"
    assert found.fixes[0].label == "Use plain quotes"
    assert found.fixes[0].value == f'pricing=1, shop="{id_of(shop, 2)}"'


def test_characters_are_counted_as_people_count_them(shop):
    found = ask(shop, f'shop="{"é" * 80}"')
    assert (found.line.character, found.line.trouble) == (7, "é")
    assert set(found.line.after) == {"é", "…"}


def test_a_semicolon_makes_a_parameter(shop):
    pricing = make_version("pricing")
    make_deployment(pricing.worker)
    good = f'shop="{id_of(shop, 2)}"'
    found = ask(shop, f'{good}; pricing="{pricing.id}"', frozenset({"pricing"}))
    assert (found.outcome, found.tone) == ("applied", "warn")
    assert found.problem.facts == {"names": ("pricing",), "owner": "shop"}
    assert found.line.trouble == ";"
    assert found.fixes[0].value == f'{good}, pricing="{pricing.id}"'
    behind = ask(pricing.worker, f'{good}; pricing="{pricing.id}"')
    assert not behind.quiet
    assert ask(shop, f"{good};p=1").tone == "ok"


def test_the_headers_name_is_left_out(shop):
    found = ask(shop, f'Cloudflare-Workers-Version-Overrides: shop="{id_of(shop, 2)}"')
    assert found.title == "Leave out the header's name"
    assert found.line.trouble == "Cloudflare-Workers-Version-Overrides: "
    assert (found.fixes[0].label, found.fixes[0].value) == (
        "Leave out the name",
        f'shop="{id_of(shop, 2)}"',
    )


def test_a_token_is_no_string(shop):
    found = ask(shop, "shop=d1c8a4f2")
    assert found.title == "The value is a Token, not a String"
    assert found.line.trouble == "d1c8a4f2" and found.fixes[0].label == "Put the id in quotes"


def test_a_typo_in_the_name(shop):
    found = ask(shop, f'shoop="{id_of(shop, 2)}"')
    assert found.title == "No member for shop" and found.line.trouble == "shoop"
    assert (found.fixes[0].label, found.tone) == ("Use shop", "warn")


def test_a_header_for_a_worker_behind_is_no_mistake(shop):
    found = ask(shop, 'pricing="x"', frozenset({"pricing"}))
    assert (found.tone, found.title) == ("plain", "Not for shop")


def test_a_prefix_is_completed(shop):
    found = ask(shop, f'shop="{id_of(shop, 2)[:13]}"')
    assert found.title.startswith("No version of shop has the id")
    assert found.fixes[0].label == "Use the full id"
    assert found.fixes[0].value == f'shop="{id_of(shop, 2)}"'


def test_another_workers_id_is_addressed_to_it(shop):
    other = make_version("pricing")
    found = ask(shop, f'shop="{other.id}"')
    assert "It belongs to pricing." in found.text
    assert found.fixes[0].label == "Address pricing instead"


def test_a_version_outside_can_be_staged(shop):
    found = ask(shop, f'shop="{id_of(shop, 3)}"')
    assert found.outcome == "not_in_deployment" and found.stage == id_of(shop, 3)
    assert found.title == "#3 is not in the live deployment"
    assert "It takes the place of" in found.text
    assert found.command.startswith(f"wrangler versions deploy {id_of(shop, 3)}@0%")


def test_an_edge_that_lags_is_named(shop):
    made = make_deployment(
        shop, (shop.versions.get(number=3), 0), (shop.versions.get(number=1), 100)
    )
    late = make_edge("local-2", applied_revision=made.revision - 1)
    found = ask(shop, f'shop="{id_of(shop, 3)}"')
    assert found.outcome == "not_propagated"
    assert found.title == f"0/2 edges have revision {made.revision}"
    assert f"{late.name} still has revision {late.applied_revision}." in found.text


def test_a_name_that_starts_with_a_digit_cannot_be_overridden():
    worker = make_worker("2fa-service")
    make_deployment(worker)
    found = ask(worker, '2fa-service="x"')
    assert found.title == "2fa-service cannot be overridden"
    assert found.line.character == 1 and found.fixes == ()


def bound(*names, **options):
    return [
        BindingSpec(name=n.upper(), type="service", options={"service": n, **options})
        for n in names
    ]


def test_workers_behind_are_found_through_all_bindings(shop):
    make_deployment(make_version("tax").worker)
    make_version("pricing", make_draft(bindings=bound("tax", "shop")))
    make_deployment(Worker.objects.get(name="pricing"))
    front = make_version("front", make_draft(bindings=bound("pricing", "nobody"))).worker
    make_deployment(front)
    found = [(r.name, r.caller, r.binding, r.rpc_only) for r in reached_from(front)]
    assert found == [
        ("pricing", "front", "PRICING", False),
        ("tax", "pricing", "TAX", False),
        ("shop", "pricing", "SHOP", False),
    ]


def test_a_worker_without_fetch_is_reached_by_rpc_only(maya):
    def says_rpc(*_, **__):
        entry = Export(name="default", kind="WorkerEntrypoint", handlers=())
        return type(says_fine())(exports=(entry,), startup_ms=1)

    make_deployment(make_version("tax", inspect=says_rpc).worker)
    make_deployment(make_version("front", make_draft(bindings=bound("tax"))).worker)
    html = maya.get("/playground/?worker=front").content.decode()
    assert "tax is called by RPC" in html and "overrides cannot reach it" in html
    assert 'data-pick="tax"' not in html


def test_picks_for_several_workers_make_one_header():
    asked = compose("front", {"version": "a", "version.pricing": "b", "version.tax": ""})
    assert asked.override == 'front="a", pricing="b"'


def test_a_worker_that_cannot_start_is_predicted_by_what_its_edges_still_have(shop):
    """Its newest deployment never came up; every version of the earlier one answers."""
    before = shop.deployments.newest_first().first()
    newest = make_deployment(shop, (shop.versions.get(number=3), 100))
    lag = {"error": "SyntaxError", "deployment": str(before.id), "revision": before.revision}
    make_edge("other", desired_revision=newest.revision, lagging={"shop": lag})
    applied = ask(shop, f'shop="{id_of(shop, 1)}"')
    assert (applied.outcome, applied.tone) == ("applied", "ok")
    assert "shop runs" in applied.text and id_of(shop, 1)[:8] in applied.text
    assert applied.prediction.expected.deployment_id == str(before.id)
    assert ask(shop, f'shop="{id_of(shop, 3)}"').outcome == "not_propagated"
    drawn = ask(shop, "").prediction
    assert drawn.expected.versions == (id_of(shop, 1),)
