"""JSON is laid out and masked without a letter of it lost or made up."""

import json

import pytest
from hypothesis import given, strategies as st

from dashboard.sending.answer import Answer
from dashboard.sending.json_text import is_json, pretty, replace_strings, strict

floats = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | st.text(),
    lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=4), v, max_size=4),
    max_leaves=20,
)
documents = values.filter(lambda value: isinstance(value, (dict, list)))


def test_what_pythons_parser_loses_stays():
    text = '{"a":1,"a":2,"e":1e400,"n":12345678901234567890,"f":1.10,"z":-0,"s":"\\u00e9\\/"}'
    assert list(pretty(text)) == [
        "{",
        '  "a": 1,',
        '  "a": 2,',
        '  "e": 1e400,',
        '  "n": 12345678901234567890,',
        '  "f": 1.10,',
        '  "z": -0,',
        '  "s": "\\u00e9\\/"',
        "}",
    ]
    shown = Answer("local-1", 200, [("content-type", "application/json")], text.encode())
    assert shown.is_json and shown.pretty == list(pretty(text))


@given(documents, st.booleans())
def test_laid_out_as_python_does_where_python_can(document, ascii_only):
    text = json.dumps(document, ensure_ascii=ascii_only)
    assert "\n".join(pretty(text)) == json.dumps(document, indent=2, ensure_ascii=ascii_only)
    assert replace_strings(text, lambda _name, value: value) == text


@given(documents)
def test_strings_are_changed_under_their_names(document):
    def changed(value, name=""):
        if isinstance(value, dict):
            return {k: changed(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [changed(v, name) for v in value]
        return f"{name}!{value}" if isinstance(value, str) else value

    text = replace_strings(json.dumps(document, indent=1), lambda name, value: f"{name}!{value}")
    assert json.loads(text) == changed(document)


@pytest.mark.parametrize("text", ["", "1", '"a"', "{", "[1,]", "{'a': 1}", "[NaN]", "[" * 100_000])
def test_other_text_is_no_document(text):
    assert not is_json(text)


@pytest.mark.parametrize("text", ['{"a":1,"a":1}', "[1e400]", "[0.10000000000000000001]", "[NaN]"])
def test_what_types_do_not_hold_is_not_compared_by_values(text):
    with pytest.raises(ValueError):
        strict(text)
    assert strict("[1.10, 5e-3, 9007199254740993]") == [1.1, 0.005, 9007199254740993]
