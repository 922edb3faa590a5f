"""`deploy/security.md` says what the code does."""

import ast
import re
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest

from routing.compile.workerd import modules

PROJECT = Path(__file__).resolve().parent.parent
NOTES = (PROJECT / "deploy" / "security.md").read_text()
LIMITS = re.findall(r"^\| .+ \| (\d+) \| `([\w.]+)\.(\w+)` \|$", NOTES, re.M)
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", NOTES)))


def test_every_row_of_the_limits_is_read():
    table = NOTES.split("## Limits")[1].split("\n## ")[0]
    assert len(LIMITS) == table.count("\n|") - 2 > 15


@pytest.mark.parametrize(("number", "module", "name"), LIMITS)
def test_a_limit_is_the_one_in_the_code(number, module, name):
    value = getattr(import_module(module), name)
    assert not isinstance(value, timedelta) and value == int(number)


@pytest.mark.parametrize(("file", "name"), TESTS)
def test_a_test_that_is_named_exists(file, name):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.parse((PROJECT / file).read_text())
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_the_types_of_modules_are_those_that_run():
    section = NOTES.split("## Files that come in")[1].split("\n## ")[0]
    named = set(re.findall(r"`((?:application|text)/[\w.+-]+)`", section))
    assert named == {*modules._TEXT, *modules._DATA, modules._SOURCE_MAP}
