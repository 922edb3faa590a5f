"""Comparing: lines with context, gaps, and never for long."""

from dashboard.comparison.bounded_matcher import Work
from dashboard.workers import messages
from dashboard.workers.diff import version_diff
from dashboard.workers.queries.module_text import ModuleText
from dashboard.workers.queries.version_facts import HIDDEN, Fact


def make_file(text, name="index.js", why=""):
    return ModuleText(name, "text/plain", 0, len(text), str(hash((text, why))), True, text, why)


def lines_of(left, right, **given):
    [change] = version_diff.files([make_file(left)], [make_file(right)], **given)
    return [(line.kind, line.text or line.skipped) for line in change.lines]


def test_unchanged_lines_far_from_a_change_become_a_gap():
    left = "".join(f"{i}\n" for i in range(20))
    assert lines_of(left, left.replace("9\n", "nine\n", 1)) == [
        ("gap", 6),
        ("same", "6"),
        ("same", "7"),
        ("same", "8"),
        ("gone", "9"),
        ("new", "nine"),
        ("same", "10"),
        ("same", "11"),
        ("same", "12"),
        ("gap", 7),
    ]


def test_whole_files_have_no_gaps():
    left = "".join(f"{i}\n" for i in range(20))
    shown = lines_of(left, left + "end\n", whole=True)
    assert len(shown) == 21 and shown[-1] == ("new", "end")


def test_line_numbers_are_those_of_each_side():
    [change] = version_diff.files([make_file("a\nb\n")], [make_file("x\na\nc\n")])
    assert [(line.kind, line.left, line.right) for line in change.lines] == [
        ("new", None, 1),
        ("same", 1, 2),
        ("gone", 2, None),
        ("new", None, 3),
    ]
    assert (change.added, change.removed) == (2, 1)


def test_modules_are_new_gone_changed_or_the_same():
    left = [make_file("1", "a.js"), make_file("2", "b.js"), make_file("3", "c.js")]
    right = [make_file("1", "a.js"), make_file("4", "b.js"), make_file("5", "d.js")]
    assert [(c.name, c.change) for c in version_diff.files(left, right)] == [
        ("a.js", "same"),
        ("b.js", "changed"),
        ("d.js", "new"),
        ("c.js", "gone"),
    ]


def test_other_line_breaks_are_named():
    [change] = version_diff.files([make_file("a\nb\n")], [make_file("a\r\nb\r\n")])
    assert change.why == "only its line breaks differ"


def test_minified_code_is_not_compared():
    [change] = version_diff.files([make_file("x" * 5000)], [make_file("y" * 5000)])
    assert not change.lines and change.why == messages.LINES_TOO_LONG


def test_a_comparison_is_given_up_when_its_time_is_over():
    [change] = version_diff.files([make_file("a\nb")], [make_file("b\na")], work=Work(0))
    assert not change.lines and change.why == messages.TOO_DIFFERENT


def test_a_binary_side_is_not_compared():
    binary = ModuleText("index.js", "application/wasm", 0, 9, "other", False, None, "binary")
    [change] = version_diff.files([make_file("a")], [binary])
    assert change.why == "binary"


def test_facts_change_with_their_value_kind_or_fingerprint():
    left = [Fact("A", "1"), Fact("S", HIDDEN, "secret_text", "f1"), Fact("OLD", "x")]
    right = [Fact("A", "1"), Fact("S", HIDDEN, "secret_text", "f2"), Fact("B", "2")]
    changes = version_diff.facts(left, right)
    assert [(c.name, c.change) for c in changes] == [
        ("A", "same"),
        ("S", "changed"),
        ("B", "new"),
        ("OLD", "gone"),
    ]
    assert changes[1].is_secret
