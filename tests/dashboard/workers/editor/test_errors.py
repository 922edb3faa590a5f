"""The line that the runtime's words are about."""

import pytest

from dashboard.workers.editor.errors import locate
from dashboard.workers.editor.form import EditorForm
from dashboard.workers.editor.form_fields import ModuleField

NAMES = ("index.js", "src/index.js", "./lib/a b.js", "x.js")


def find(words):
    modules = [ModuleField(name=name, text="one\ntwo\nthree") for name in NAMES]
    place = locate(words, EditorForm(modules=modules))
    return (place.name, place.line, place.column, place.code) if place else None


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("Uncaught SyntaxError: x\n  at index.js:2:7", ("index.js", 2, 7, "two")),
        ("x\n  at file:///bundle/index.js:3:24", ("index.js", 3, 24, "three")),
        ("x\n  at file:///bundle/src/index.js:1:1", ("src/index.js", 1, 1, "one")),
        ("x\n  at src/index.js:1:1\n  at index.js:2:2", ("src/index.js", 1, 1, "one")),
        ("x\n  at file:///bundle/lib/a%20b.js:1:4", ("./lib/a b.js", 1, 4, "one")),
        ("x\n  at top (x.js:99)", ("x.js", 99, 1, "")),
        ('No such module "nope.js".\n  imported from "index.js"', None),
        ("at xindex.js:1:1 and other/x.js:1:1", None),
        ("", None),
    ],
)
def test_the_first_module_named_with_a_line_is_meant(words, place):
    assert find(words) == place


def test_the_import_of_a_module_that_is_missing_is_found():
    words = 'Uncaught Error: No such module "gone.js".\n  imported from "lib/a.js"'
    code = "\n\nimport y from '../gone.js';\n"
    form = EditorForm(
        modules=[ModuleField("index.js", text=""), ModuleField("lib/a.js", text=code)]
    )
    place = locate(words, form)
    assert place and (place.name, place.line, place.column) == ("lib/a.js", 3, 15)


def test_a_broken_json_module_is_found_though_the_runtime_does_not_name_it():
    words = "Uncaught SyntaxError: Expected double-quoted property name in JSON\n:2:2"
    broken = ModuleField("c.json", "application/json", '{"a": 1,\n nope}')
    fine = ModuleField("b.json", "application/json", "{}")
    place = locate(words, EditorForm(modules=[ModuleField("index.js", text=""), fine, broken]))
    assert place and (place.name, place.line) == ("c.json", 2)
