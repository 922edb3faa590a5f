"""`deploy/asvs.md` claims nothing that is not there, and leaves out no requirement."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| (\d+\.\d+\.\d+(?:, \d+\.\d+\.\d+)*) \| (.+) \| (.+) \| (.+) \|$", re.M)
ROWS = [
    (ids.split(", "), words, state, proof)
    for ids, words, state, proof in ROW.findall((PROJECT / "deploy" / "asvs.md").read_text())
]
LEVELS_1_AND_2 = 70 + 183
"""How many requirements ASVS 5.0.0 has at these levels."""
COMPOSED = {
    "code or a template": r"(?<![.\w])(?:eval|exec)\(|from_string\(|(?<![.\w])Template\(",
    "a shell": r"shell=True|os\.system\(|os\.popen\(",
    "SQL": r"\.raw\(|\.extra\(|RawSQL\(|\.execute(?:many)?\(\s*f[\"']",
    "objects": r"\b(?:pickle|marshal|shelve)\b|yaml\.unsafe|yaml\.load\((?!.*=_PlainLoader)",
}
OUR_OWN = {
    # What a child process of our own answers, over a pipe that nobody else can open.
    ("dashboard/limits/child_process.py", "objects"),
    # Names of tables and days, which no parameter can be.
    ("dashboard/observability/ingest/partitions.py", "SQL"),
}


@cache
def names_in(path):
    tree = ast.parse((PROJECT / path).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_every_requirement_is_in_one_row():
    ids = [one for row in ROWS for one in row[0]]
    assert len(ids) == len(set(ids)) == LEVELS_1_AND_2


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][0])
def test_a_row_names_what_exists(row):
    _, _, state, proof = row
    assert state in {"met", "not met", "does not apply"}
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof):
        assert name in names_in(path), f"{path}::{name}"
    files = re.findall(r"`((?:\w+/)*\w+\.(?:py|md|txt))(?:::\w+)?`", proof)
    assert all((PROJECT / file).is_file() for file in files), files
    assert state != "met" or files, "a test or a file has to show it"


def test_no_code_runs_what_was_put_together_from_text():
    for folder in ("dashboard", "routing"):
        for file in (PROJECT / folder).rglob("*.py"):
            if "migrations" in file.parts:
                continue  # they put names of tables into SQL, and see no input
            text = file.read_text()
            for what, pattern in COMPOSED.items():
                place = (str(file.relative_to(PROJECT)), what)
                assert bool(re.search(pattern, text)) == (place in OUR_OWN), place


#: Patterns that a variable holds: a constant of the caller, or names that were escaped before.
PATTERNS = {
    "dashboard/settings/environment.py": "an argument of `matching`, always a literal",
    "routing/agent/variables.py": "the same",
    "dashboard/accounts/sign_in/browsers.py": "from the table above it",
    "dashboard/misbehavior.py": "from the table above it",
    "dashboard/workers/editor/errors.py": "joined from `re.escape` one line above",
}
RE_CALLS = {
    "compile",
    "match",
    "search",
    "fullmatch",
    "sub",
    "subn",
    "split",
    "findall",
    "finditer",
}


def test_no_pattern_holds_unescaped_input():
    """OWASP ASVS 5.0, 1.2.9: constants, or what `re.escape` was applied to."""
    for folder in ("dashboard", "routing"):
        for file in (PROJECT / folder).rglob("*.py"):
            place = str(file.relative_to(PROJECT))
            for pattern in _patterns_of(ast.parse(file.read_text())):
                names = {n.id for n in ast.walk(pattern) if isinstance(n, ast.Name)}
                variables = {name for name in names if not name.strip("_").isupper()}
                escaped = "re.escape" in ast.unparse(pattern)
                assert not variables or escaped or place in PATTERNS, (place, ast.unparse(pattern))


def _patterns_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            module = node.func.value
            if isinstance(module, ast.Name) and module.id == "re" and node.func.attr in RE_CALLS:
                yield node.args[0]


def test_no_script_writes_to_a_property_that_input_names():
    """OWASP ASVS 5.0, 15.3.6: nothing reaches `__proto__`. `Map`, `Set` and `Object.fromEntries`
    do not."""
    by_constant = {"values[name] = current.get(name)"}  # three names, in the line above it
    for file in (PROJECT / "static" / "js").rglob("*.js"):
        for line in file.read_text().splitlines():
            code = line.split("//")[0]
            if re.search(r"[\w)\]]\[(?!\d|[\"'])[^\]]+\]\s*(?:[-+*|&?]{0,2})=(?!=|>)", code):
                assert any(known in code for known in by_constant), (file.name, line)
            assert "__proto__" not in code and "RegExp(" not in code, (file.name, line)
