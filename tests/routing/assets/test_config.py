"""The `config` of static assets: the fields that have an effect."""

import pytest

from routing.assets.config import RULES, ConfigInvalid, check_config


def test_other_fields_are_ignored():
    given = {
        "html_handling": "none",
        "not_found_handling": "404-page",
        "run_worker_first": ["/api/*"],
        "_headers": "/*\n  A: b",
        "_redirects": None,
        "serve_directly": True,
    }
    assert check_config(given) == {
        "html_handling": "none",
        "not_found_handling": "404-page",
        "run_worker_first": ["/api/*"],
        "_headers": "/*\n  A: b",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("html_handling", "fancy"),
        ("not_found_handling", True),
        ("run_worker_first", "yes"),
        ("run_worker_first", [1]),
        ("run_worker_first", ["/a"] * (RULES + 1)),
        ("_headers", 1),
        ("_redirects", "x" * 200_000),
    ],
)
def test_a_wrong_value_names_its_field(field, value):
    with pytest.raises(ConfigInvalid, match=field):
        check_config({field: value})
