"""Long texts are parsed in a child process, with the same result and the same errors."""

from __future__ import annotations

import io
import pickle
import subprocess

import pytest

from dashboard.limits import child_process
from dashboard.limits.child_process import LONG, TextTooComplex, call, main
from dashboard.playground.curl_import.options import NotCurl
from dashboard.playground.curl_import.parse import read
from dashboard.playground.curl_import.shell_words import words_of
from dashboard.smoketests.suites.parse import parse_data, parse_yaml
from dashboard.smoketests.suites.yaml_format import SuiteError, read_suite


def test_a_long_text_gives_the_result_of_the_function_itself() -> None:
    text = "curl http://a.b/ -d " + "'" + "x" * LONG + "' \\<"
    assert call(words_of, text) == words_of(text)


def test_an_error_of_the_child_is_raised_with_its_places() -> None:
    text = f"name: s\nchecks:\n- name: c\n  request: {{path: '{'x' * LONG}'}}\n"
    with pytest.raises(SuiteError) as expected:
        read_suite(text)
    with pytest.raises(SuiteError) as raised:
        parse_yaml(text)
    assert (raised.value.problems, raised.value.places) == (
        expected.value.problems,
        expected.value.places,
    )


def test_long_data_are_the_same_suite() -> None:
    data = {"name": "s", "checks": [{"name": "c", "request": {"body": "x" * LONG}}]}
    assert parse_data(data).checks[0].request.body == "x" * LONG


def test_the_child_answers_with_result_or_exception(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child_process.os, "nice", lambda _: 0)
    for text, kind in (("curl a", type(None)), ("curl 'a", NotCurl)):
        output = io.BytesIO()
        main(io.BytesIO(pickle.dumps((words_of.__module__, "words_of", text))), output)
        assert isinstance(pickle.loads(output.getvalue())[1], kind)


def test_a_child_that_takes_too_long_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*args: object, **kwargs: object) -> None:
        raise subprocess.TimeoutExpired("python", 20)

    monkeypatch.setattr(child_process.subprocess, "run", slow)
    long = "x" * LONG
    with pytest.raises(TextTooComplex):
        call(words_of, long)
    with pytest.raises(SuiteError):
        parse_yaml(long)
    with pytest.raises(NotCurl):
        read(long)


def test_a_child_that_dies_is_not_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = subprocess.CompletedProcess("python", -9, b"", b"Killed")
    monkeypatch.setattr(child_process.subprocess, "run", lambda *a, **k: dead)
    with pytest.raises(TextTooComplex):
        call(words_of, "x" * LONG)
