"""What is left of a token's rate limit is in every answer to it."""

import json

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def twenty_a_minute(settings):
    settings.API_PER_MINUTE = 20


def test_each_answer_has_what_is_left_and_the_last_one_nothing(api):
    answers = [api.raw("GET", "/user") for _ in range(11)]
    left = [int(answer["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert {answer["X-RateLimit-Limit"] for answer in answers} == {"10"}
    assert answers[0]["RateLimit"] == '"default";r=9;t=3'
    assert answers[-1].status_code == 429 and int(answers[-1]["Retry-After"]) > 0


def test_a_refusal_has_the_headers_and_a_bad_token_has_not(api):
    assert "X-RateLimit-Remaining" in api.raw("GET", "/accounts/other/workers/scripts")
    bad = {"Authorization": "Bearer x"}
    assert "X-RateLimit-Remaining" not in api.raw("GET", "/user", headers=bad)


def test_a_person_token_is_no_account_token(api):
    answer = api("GET", "/tokens/verify")
    assert answer.refusal == (401, 1000)
    assert json.loads(api.raw("GET", "/user/tokens/verify").content)["result"]["status"] == "active"
