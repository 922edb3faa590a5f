"""A check as fields: what a form shows is what it saves, and a mistake is at its field."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from dashboard.smoketests.editor.check_form import CheckForm, as_sent, form_of
from dashboard.smoketests.editor.edit_diff import diff_lines
from dashboard.smoketests.suites.document import Check
from dashboard.smoketests.suites.yaml_format import suite_data, suite_from_data

ASSERTIONS = [
    {"status": 204},
    {"header": "x-a"},
    {"header": "x-a", "equals": "1"},
    {"header": "x-a", "contains": "1"},
    {"json": "$.a"},
    {"json": "$.a", "equals": None},
    {"json": "$.a", "equals": "42"},
    {"json": "$.a", "equals": 42},
    {"json": "$.a", "equals": {"b": [True]}},
    {"json": "$.a", "as_text": "42"},
    {"text": "hi"},
    {"no_text": "undefined"},
    {"schema": {"type": "object"}},
    {"latency_ms": 60.5},
    {"latency_ms": 60.0},
    {"same_as_stable": {}},
    {"no_skew": {}},
    {"no_skew": {"most": 20}},
    {"same_as_stable": {"except": ["$.a", "$.b[*].c"], "headers": True}},
]


def check_with(*assertions: object, **more: object) -> Check:
    request = {"method": "POST", "path": "/a", "headers": {"x": "1"}, "body": "b", "key": "k"}
    data = {"name": "a", "request": request, "assert": list(assertions)} | more
    return suite_from_data({"name": "s", "checks": [data]}).checks[0]


@pytest.mark.parametrize("assertion", ASSERTIONS, ids=str)
def test_a_form_saves_the_check_that_it_shows(assertion: object) -> None:
    check = check_with(assertion)
    saved = suite_from_data({"name": "s", "checks": [form_of(check, 1).data()]})
    assert suite_data(saved)["checks"][0]["assert"] == [assertion]
    assert saved.checks[0] == check


def sent(form: CheckForm) -> CheckForm:
    """The form once around through a browser's fields."""
    fields = QueryDict(mutable=True)
    fields.update({"name": form.name, "method": form.method, "path": form.path})
    fields["asserts"] = str(len(form.rows))
    for i, row in enumerate(form.rows):
        for part in ("kind", "what", "must", "value"):
            fields[f"assert-{i}-{part}"] = getattr(row, part).replace("\n", "\r\n")
    fields.setlist("header-name", [*(n for n, _ in form.headers), ""])
    fields.setlist("header-value", [*(v for _, v in form.headers), ""])
    return as_sent(fields)


def test_rows_come_back_as_they_were_typed() -> None:
    form = form_of(check_with(*ASSERTIONS), 1)
    back = sent(form)
    assert (back.rows, back.headers) == (form.rows, form.headers)


def test_rows_move_and_the_focus_goes_with_them() -> None:
    form = form_of(check_with({"status": 200}, {"text": "a"}, {"header": "b"}), 1)
    form.act("down-0")
    assert [row.kind for row in form.rows] == ["text", "status", "header"]
    assert form.rows[1].focused
    form.act("drop-2")
    assert (len(form.rows), form.focus) == (2, "add")
    form.act("drop-9")
    form.act("add-nonsense")
    form.act("add-latency_ms")
    assert [row.kind for row in form.rows] == ["text", "status", "latency_ms"]


def test_a_mistake_is_shown_at_its_field() -> None:
    form = form_of(check_with({"json": "$.a"}), 1)
    places = [
        ("checks[3].request.path", "no"),
        ("checks[3].request.headers", "bad name"),
        ("checks[3].assert[0].json", "not a JSONPath"),
        ("checks", "2 checks are called 'a'"),
    ]
    form.show_errors(places, 3)
    assert form.errors == {"request.path": "no", "request.headers": "bad name"}
    assert form.rows[0].error == "json: not a JSONPath"
    assert form.problems == ["2 checks are called 'a'"]


def test_a_header_that_is_there_twice_is_not_lost_in_silence() -> None:
    form = CheckForm(headers=[("Accept", "a"), ("accept", "b")])
    assert form.repeated() == {"request.headers": "accept is there twice."}


def test_a_diff_has_the_lines_that_changed_and_a_few_around() -> None:
    before = "\n".join(map(str, range(20)))
    lines = diff_lines(before, before.replace("10", "ten"))
    assert [(x.tone, x.text) for x in lines if x.tone != "same"] == [("gone", "10"), ("new", "ten")]
    assert len(lines) == 8
