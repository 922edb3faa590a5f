"""What is wrong with an override that was not applied: the specification's table, row by row."""

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules.advice import advise, staging_command
from routing.rules.decide import Target, judge
from routing.rules.override import LONGEST_FIELD, Outcome, Override, parse
from routing.rules.problem import Kind
from routing.rules.split import VersionWeight

LIVE = "7f3ae91b-0c54-4d28-8a6f-b1e97d20c4e5"
STAGED = "d1c8a4f2-7b36-4e0d-9c51-2f8e60a7b913"
OLD = "b90c17de-44a1-4c0e-8a39-6f1d20e7c5b8"
NEXT = "e863a1b0-1d5c-4a57-9b21-5a0d7c1f2e33"
THEIRS = "4be07c19-2d18-4f6a-b0c3-91de5577aa02"

TARGET = Target(
    worker="checkout-api",
    deployment_id="d",
    shares=(VersionWeight(STAGED, 0), VersionWeight(LIVE, 100_000)),
    other_versions=frozenset({OLD, "b90c17de-0000-4000-8000-000000000000"}),
    pending=frozenset({NEXT}),
    foreign={THEIRS: "auth-gateway"},
    workers=frozenset({"checkout-api", "checkout-apis", "auth-gateway"}),
)


def advised(field, target=TARGET):
    return advise(target, judge(target, [field]))


@pytest.mark.parametrize(
    ("field", "outcome", "kind", "facts", "suggestion"),
    [
        (f'checkout-api="{STAGED}"', "applied", None, {}, None),
        ("", "absent", None, {}, None),
        (
            f"checkout-api={LIVE}",
            "invalid_header",
            "number_unquoted",
            {"number": "7", "char": "f", "character": 15},
            f'checkout-api="{LIVE}"',
        ),
        (
            f'Checkout-API="{LIVE}"',
            "invalid_header",
            "upper_case",
            {"character": 1},
            f'checkout-api="{LIVE}"',
        ),
        (
            f'checkout-api:"{LIVE}"',
            "invalid_header",
            "colon",
            {"character": 13},
            f'checkout-api="{LIVE}"',
        ),
        (
            f"checkout-api=“{LIVE}”".encode().decode("latin-1"),
            "invalid_header",
            "odd_quote",
            {"char": "“", "character": 14},
            f'checkout-api="{LIVE}"',
        ),
        (
            f'Cloudflare-Workers-Version-Overrides: checkout-api="{LIVE}"',
            "invalid_header",
            "header_name",
            {"character": 1},
            f'checkout-api="{LIVE}"',
        ),
        ("checkout-api=#", "invalid_header", "unexpected", {"char": "#"}, None),
        (
            f'checkout_api="{STAGED}"',
            "not_addressed",
            "typo",
            {"keys": ("checkout_api",), "typo": "checkout_api"},
            f'checkout-api="{STAGED}"',
        ),
        ("auth-gateway, b", "not_addressed", "not_named", {"keys": ("auth-gateway", "b")}, None),
        ("checkout-apis", "not_addressed", "not_named", {"worker": "checkout-api"}, None),
        ("a,b,c,d,e,f,g", "not_addressed", "not_named", {"more": 2}, None),
        (STAGED, "not_addressed", "id_as_key", {}, f'checkout-api="{STAGED}"'),
        (
            f"checkout-api={STAGED}",
            "not_a_string",
            "wrong_type",
            {"type": "Token"},
            f'checkout-api="{STAGED}"',
        ),
        ("checkout-api", "not_a_string", "wrong_type", {"type": "Boolean"}, None),
        (
            f'checkout-api="{THEIRS}"',
            "unknown_version",
            "foreign_id",
            {"owner": "auth-gateway"},
            f'auth-gateway="{THEIRS}"',
        ),
        (
            'checkout-api="d1c8a4f2"',
            "unknown_version",
            "id_start",
            {"full": STAGED},
            f'checkout-api="{STAGED}"',
        ),
        (
            f'checkout-api="{OLD.upper()}"',
            "unknown_version",
            "id_case",
            {"full": OLD},
            f'checkout-api="{OLD}"',
        ),
        (
            f'checkout-api=" {LIVE}"',
            "unknown_version",
            "id_space",
            {"full": LIVE},
            f'checkout-api="{LIVE}"',
        ),
        ('checkout-api="b90c17de"', "unknown_version", "id_ambiguous", {"count": 2}, None),
        ('checkout-api="nope"', "unknown_version", "unknown_id", {"id": "nope"}, None),
        ('checkout-api=""', "unknown_version", "unknown_id", {"id": ""}, None),
        (
            f'checkout-api="{OLD}"',
            "not_in_deployment",
            "not_in_deployment",
            {
                "command": f"wrangler versions deploy {OLD}@0% {LIVE}@100% --name checkout-api -y",
                "leaving": STAGED,
                "percentage": "",
            },
            None,
        ),
        (f'checkout-api="{NEXT}"', "not_propagated", "not_propagated", {"id": NEXT}, None),
        (
            f'checkout-api="{STAGED}"; auth-gateway="{THEIRS}"',
            "applied",
            "parameter",
            {"names": ("auth-gateway",), "owner": "checkout-api"},
            f'checkout-api="{STAGED}", auth-gateway="{THEIRS}"',
        ),
        (
            f'auth-gateway="{THEIRS}";checkout-api="{STAGED}"',
            "not_addressed",
            "parameter",
            {"names": ("checkout-api",), "owner": "auth-gateway"},
            f'auth-gateway="{THEIRS}", checkout-api="{STAGED}"',
        ),
        (f'checkout-api="{STAGED}";p=1', "applied", None, {}, None),
    ],
)
def test_every_outcome_has_its_problem(field, outcome, kind, facts, suggestion):
    override = advised(field)
    assert override.outcome == outcome
    assert (override.problem.kind if override.problem else None) == kind
    assert not facts or facts.items() <= dict(override.problem.facts).items()
    assert override.suggestion == suggestion
    assert (override.position is not None) == (outcome == "invalid_header")


@pytest.mark.parametrize("field", ['2fa="x"', 'other="x"'])
def test_a_worker_whose_name_is_no_key_is_told_so(field):
    target = Target("2fa", "d", TARGET.shares)
    override = advised(field, target)
    assert override.problem.kind is Kind.not_a_key
    assert override.suggestion is None


def test_a_late_decide_service_is_explained_too():
    assert advise(TARGET, Override(Outcome.unavailable)).problem.kind is Kind.unavailable


def test_every_outcome_but_the_good_ones_has_advice():
    silent = {o for o in Outcome if not advise(TARGET, Override(o)).problem}
    assert silent == {Outcome.applied, Outcome.absent}


def test_staging_keeps_the_larger_share_and_says_what_leaves():
    shares = (VersionWeight("new", 25_000), VersionWeight("old", 75_000))
    target = Target("w", "d", shares, other_versions=frozenset({OLD}))
    assert staging_command(target, OLD).endswith(f"{OLD}@0% old@100% --name w -y")
    facts = advised(f'w="{OLD}"', target).problem.facts
    assert (facts["leaving"], facts["percentage"], facts["staying"]) == ("new", "25%", "old")


def test_staging_keeps_the_older_of_two_equal_shares():
    target = Target("w", "d", (VersionWeight("new", 50_000), VersionWeight("old", 50_000)))
    assert "old@100%" in staging_command(target, "x")


def test_staging_beside_one_version_replaces_nothing():
    target = Target("w", "d", (VersionWeight("only", 100_000),), other_versions=frozenset({OLD}))
    assert "leaving" not in advised(f'w="{OLD}"', target).problem.facts


def test_an_id_in_the_deployment_is_preferred_to_others_that_start_alike():
    shares = (VersionWeight("d1c8-live", 100_000),)
    target = Target("w", "d", shares, other_versions=frozenset({"d1c8-old"}))
    assert advised('w="d1c8"', target).suggestion == 'w="d1c8-live"'


HOSTILE = {
    "many members": ",".join(["a"] * 6_000),
    "many broken members": ",".join(["a"] * 6_000) + ",",
    "many near misses": ", ".join(f"checkout_api{n}" for n in range(3_000)),
    "a long id": f'checkout-api="{"x" * 60_000}"',
    "no end": f'checkout-api="{"x" * 60_000}',
    "a long key": "a" * 60_000,
    "a long list": f"checkout-api=({'1 ' * 6_000})",
    "many quotes": '"' * 60_000,
    "many spaces": "a" + " " * 60_000 + "b",
    "many digits": "checkout-api=" + "1" * 60_000,
    "no text": "\ud800€\udcff" * 10_000,
}


@pytest.mark.parametrize("field", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_fields_are_judged_and_advised_briefly(field):
    override = advised(field)
    assert override.problem
    assert len(str(override.problem.facts)) < 800
    assert override.suggestion is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["checkout-api", "checkout_api", "Checkout-Api", "=", '"', "'", ":", ",", " ", ";p"]
            + [LIVE, OLD, THEIRS, "7f3a", "(", ")", "%", "é", "1"]
        ),
        max_size=9,
    ).map("".join)
)
def test_a_suggestion_parses_and_a_position_marks_an_invalid_header(field):
    override = advised(field)
    assert (override.position is not None) == (override.outcome is Outcome.invalid_header)
    if override.position is not None:
        assert 0 <= override.position <= len(override.field)
    if override.suggestion is not None:
        assert parse(override.suggestion) is not None
        assert override.suggestion != override.field


def test_a_header_that_is_too_long_is_said_with_both_sizes():
    judged = advised('w="' + "x" * 20_000 + '"')
    assert (judged.outcome, judged.position) == (Outcome.invalid_header, LONGEST_FIELD)
    assert judged.problem.kind is Kind.too_long and judged.problem.fix is None
    assert judged.problem.facts == {"bytes": 20_004, "limit": LONGEST_FIELD}
