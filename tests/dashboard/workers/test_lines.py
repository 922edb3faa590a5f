"""Lines of code and of differences, as pages show them."""

from dashboard.workers.diff.version_diff import DiffLine
from dashboard.workers.queries.module_text import ModuleText
from dashboard.workers.templatetags.lines import compared, numbered


def test_each_line_has_a_number_that_links_to_it():
    html = numbered(ModuleText("a.js", "text/plain", 2, 9, "", True, text="a\n<b> & 'c'\n"))
    assert html.count("<li") == 2 and html.startswith('<li id="m2-L1">')
    assert (
        'href="#m2-L2" aria-label="Line 2">2</a><code>&lt;b&gt; &amp; &#x27;c&#x27;</code>' in html
    )


def test_what_is_not_shown_has_no_lines():
    assert numbered(ModuleText("a.wasm", "application/wasm", 0, 9, "", False, why="binary")) == ""


def test_differences_have_numbers_signs_and_words():
    html = compared(
        [
            DiffLine("same", "a", 1, 1),
            DiffLine("gone", "<b>", left=2),
            DiffLine("new", "c", right=2),
            DiffLine("gap", skipped=1),
            DiffLine("gap", skipped=20),
        ]
    )
    assert (
        '<tr class="diff-gone"><td class="line-number">2</td><td class="line-number"></td>' in html
    )
    assert "<code>&lt;b&gt;</code>" in html
    assert '+<span class="visually-hidden"> added</span>' in html
    assert "1 unchanged line<" in html and "20 unchanged lines<" in html
