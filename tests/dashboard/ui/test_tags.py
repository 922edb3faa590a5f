"""Bars, marks, times and words."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import mark_safe

from dashboard.fleet.version_roles import Role, Standing
from dashboard.ui.templatetags.cached_include import cached_include
from dashboard.ui.templatetags.icons import icon
from dashboard.ui.templatetags.text_filters import OUTCOMES, REASONS, age, duration, who
from dashboard.ui.templatetags.versions import mark
from routing.models import Deployment, Version
from routing.rules.decide import Reason
from routing.rules.override import Outcome

NOW = datetime(2026, 11, 18, 14, 33, 32, tzinfo=UTC)


def bar(*standings: tuple[Role, int], size: str = "") -> str:
    found = [Standing(Version(number=4, tag="v2"), role, weight) for role, weight in standings]
    return Template('{% split_bar found size "" %}'.replace('size ""', "size")).render(
        Context({"found": found, "size": size})
    )


def test_a_bar_says_its_split_in_words():
    html = bar((Role.CANDIDATE, 25_000), (Role.STABLE, 75_000))
    assert 'aria-label="Candidate #4 v2 25%, stable #4 v2 75%"' in html
    assert 'width="25%"' in html and 'x="25%"' in html


def test_zero_percent_is_a_stub_and_never_invisible():
    html = bar((Role.STAGED, 0), (Role.STABLE, 100_000))
    assert "stub-staged" in html and "after-stub" in html


def test_a_very_small_part_is_drawn_wide_enough_to_see():
    html = bar((Role.CANDIDATE, 1), (Role.STABLE, 99_999))
    assert 'aria-label="Candidate #4 v2 0.001%, stable #4 v2 99.999%"' in html
    assert 'width="2%"' in html


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_shape(role):
    assert "<svg" in mark(role) and f"mark-{role}" in mark(role)


@pytest.mark.parametrize("weight", [0, 1, 25_000, 99_999])
def test_no_bar_carries_an_inline_style(weight):
    assert "style=" not in bar((Role.CANDIDATE, weight), (Role.STABLE, 100_000 - weight))


def test_every_reason_and_outcome_has_words():
    assert set(REASONS) == {*Reason, "preview"}  # of requests that no deployment decided
    assert set(OUTCOMES) == set(Outcome)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(milliseconds=300), "just now"),
        (timedelta(seconds=12), "12 s ago"),
        (timedelta(minutes=32), "32 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=21), "21 d ago"),
    ],
)
def test_times_are_relative_and_carry_the_absolute_one(span, words):
    html = age(NOW - span, NOW)
    assert f">{words}</time>" in html
    assert "UTC" in html and 'datetime="2026-' in html


@pytest.mark.parametrize(
    ("ms", "words"), [(0.25, "0.2 ms"), (61, "61 ms"), (6200, "6.2 s"), (240_000, "4 min")]
)
def test_durations(ms, words):
    assert duration(ms) == words


def test_an_unknown_icon_is_named():
    with pytest.raises(TemplateSyntaxError, match="no-such-icon"):
        icon("no-such-icon")


def test_a_piece_is_rendered_once_for_each_set_of_arguments():
    piece = "ui/_phrases.html"
    a, b = (Standing(Version(number=n), Role.STABLE, 1_000 * n) for n in (1, 2))
    assert cached_include(piece, standings=[a]) is cached_include(piece, standings=[a])
    assert "1%" in cached_include(piece, standings=[a]) and "2%" in cached_include(
        piece, standings=[b]
    )


def test_a_text_is_not_taken_for_one_that_is_escaped_already():
    piece = "workers/list/_row_tail.html"
    given = {"worker": "shop", "by": "maya", "source": "api"}
    assert "<b>now" in cached_include(piece, when=mark_safe("<b>now"), **given)
    assert "&lt;b&gt;now" in cached_include(piece, when="<b>now", **given)


def test_one_response_has_one_age_of_one_event():
    """However long the page takes to render, and whatever shows the event."""
    text = "{% ago moment %} {% ago moment %}"
    context = Context({"moment": NOW - timedelta(seconds=59.9), "rendered_at": NOW})
    assert Template(text).render(context).count("59 s ago") == 2


def test_what_no_person_deployed_was_the_system() -> None:
    assert who(Deployment()) == "system"
    assert who(Deployment(author_email="ada@example.com")) == "ada@example.com"
