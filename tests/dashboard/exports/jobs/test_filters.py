import json

import pytest

from dashboard.exports.jobs.filters import FilterInvalid, parse_filter
from dashboard.exports.jobs.options import FIELDS, OptionsInvalid, from_logpull, parse_options

RECORD = {"ScriptName": "shop", "Outcome": "ok", "WallTimeMs": 12, "CPUTimeMs": None}


def where(key, operator, value):
    return {"key": key, "operator": operator, "value": value}


def passes(clause):
    return parse_filter(json.dumps({"where": clause}), FIELDS)(RECORD)


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (where("ScriptName", "eq", "shop"), True),
        (where("ScriptName", "!eq", "shop"), False),
        (where("ScriptName", "startsWith", "sh"), True),
        (where("ScriptName", "!contains", "ho"), False),
        (where("ScriptName", "in", ["a", "shop"]), True),
        (where("WallTimeMs", "geq", "12"), True),
        (where("WallTimeMs", "lt", 12), False),
        (where("WallTimeMs", "in", ["11", 12]), True),
        (where("CPUTimeMs", "lt", 5), False),
        ({"and": [where("Outcome", "eq", "ok"), where("ScriptName", "eq", "x")]}, False),
        ({"or": [where("Outcome", "eq", "x"), {"and": [where("ScriptName", "eq", "shop")]}]}, True),
    ],
)
def test_a_filter_says_which_records_pass(clause, expected):
    assert passes(clause) is expected


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"where": 1}',
        '{"where": {"and": []}}',
        json.dumps({"where": where("Nope", "eq", "x")}),
        json.dumps({"where": where("Event", "eq", "x")}),
        json.dumps({"where": where("ScriptName", "lt", "x")}),
        json.dumps({"where": where("WallTimeMs", "startsWith", "1")}),
        json.dumps({"where": where("WallTimeMs", "eq", "one")}),
        json.dumps({"where": where("ScriptName", "in", "a,b")}),
        json.dumps({"where": where("ScriptName", "!lt", "a")}),
        json.dumps({"where": {"and": [{"or": [{"and": [{"or": [{"and": []}]}]}]}]}}),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(text):
    with pytest.raises(FilterInvalid):
        parse_filter(text, FIELDS)


@pytest.mark.parametrize(
    "given",
    [
        {"field_names": ["Nope"]},
        {"field_names": "ScriptName"},
        {"sample_rate": 0},
        {"sample_rate": 1.1},
        {"sample_rate": True},
        {"timestamp_format": "iso"},
        {"output_type": "csv"},
        {"record_template": "{{.ScriptName}}"},
        {"nonsense": 1},
    ],
)
def test_options_for_what_there_is_not_are_refused_by_name(given):
    with pytest.raises(OptionsInvalid, match=next(iter(given))):
        parse_options(given)


def test_defaults_that_clients_send_along_change_nothing():
    sent = {
        "output_type": "ndjson",
        "record_prefix": "{",
        "record_suffix": "}\n",
        "batch_prefix": "",
    }
    assert parse_options(sent) == parse_options({})


def test_a_sample_takes_its_part_and_the_same_ones_again():
    half = parse_options({"sample_rate": 0.25})
    taken = [n for n in range(4000) if half.takes(f"r{n}")]
    assert 850 < len(taken) < 1150
    assert taken == [n for n in range(4000) if half.takes(f"r{n}")]


def test_the_older_form_of_options_is_understood():
    found = from_logpull("https://x/?fields=ScriptName,Outcome&timestamps=rfc3339&sample=0.5")
    assert found == {
        "field_names": ["ScriptName", "Outcome"],
        "timestamp_format": "rfc3339",
        "sample_rate": 0.5,
    }
