"""How many requests failed, in words."""

import pytest
from django.template import Context, Template

from dashboard.observability.flags.failure_rate import FailureRate, percent


@pytest.mark.parametrize(
    ("failed", "requests", "words"),
    [
        (16, 55, "16 of 55 failed (29%, 13–51%)"),
        (0, 59, "0 failed, under 9.1%"),
        (0, 100, "0 failed, under 5.7%"),
        (0, 1_000, "0 failed, under 0.7%"),
        (19, 6_012, "19 of 6,012 failed (0.32%, 0.11–0.69%)"),
        (950, 412_345, "950 of 412 k failed (0.23%, 0.2–0.26%)"),
        (120_000, 4_571_000, "120 k of 4.57 M failed (2.6%, 2.6–2.7%)"),
        (3, 3, "3 of 3 failed (100%, 25–100%)"),
        (0, 0, "no requests"),
    ],
)
def test_a_rate_never_stands_without_its_counts_and_limits(failed, requests, words):
    assert str(FailureRate(failed, requests)) == words


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (0.0031, "0.31%"),
        (0.004, "0.4%"),
        (0.0213, "2.1%"),
        (0.5, "50%"),
        (1.0, "100%"),
    ],
)
def test_a_share_has_the_digits_that_matter(share, text):
    assert percent(share) == text


def test_a_cell_says_the_same_on_two_lines():
    drawn = Template("{% load figures %}{% failed_of 16 55 %}|{% failed_cell 16 55 %}")
    assert drawn.render(Context()) == (
        "16 of 55 failed (29%, 13–51%)|"
        '<b>16 of 55 failed</b> <span class="meta">(29%, 13–51%)</span>'
    )
