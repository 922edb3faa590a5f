"""Comments become safe HTML whatever is written."""

import re

import pytest

from dashboard.discussion.markdown import render
from dashboard.discussion.mentions import mentioned

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "![x](https://track.example/pixel.png)",
    '<https://a.example/"onmouseover=alert(1)>',
    '[x](https://a.example "onclick=alert(1)")',
    "[x](//evil.example/<svg onload=alert(1)>)",
    "<a href='javascript:1'>x</a>",
    "`<svg onload=alert(1)>`",
    "<style>body{display:none}</style>",
    "<iframe src=//evil.example></iframe>",
    "@<img src=x onerror=alert(1)>",
    "&#106;avascript:alert(1)",
    "[x](&#106;avascript:alert(1))",
    "<svg><script>alert&#40;1)</script>",
    "[a]: javascript:alert(1)\n\n[a]",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_that_runs_or_loads_comes_through(text):
    html = render(text, ["maya"])
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    assert tags <= {"p", "a", "code", "span", "br"}
    for tag in re.findall(r"<[a-z][^>]*>", html):
        assert not re.search(r"\son\w+=", tag.replace("&quot;", "")) or "title" in tag
        assert not re.search(r'href="(?!https?://|mailto:|/)', tag)
    assert "javascript:" not in "".join(re.findall(r'href="[^"]*"', html)).lower()


def test_what_people_use_is_there():
    html = render(
        "**bold** _it_ ~~old~~ `x < y`\n\n- one\n- two\n\n> said\n\n[log](https://a.example)"
    )
    for part in ("<strong>bold</strong>", "<em>it</em>", "<s>old</s>", "x &lt; y", "<li>one</li>"):
        assert part in html
    assert 'rel="noopener noreferrer nofollow"' in html


def test_headings_do_not_break_the_pages_outline():
    assert "<h1" not in render("# big\n\nbig\n===\n\n---")


def test_mentions_are_marked_and_mine_more():
    html = render("@maya, see @lena and @reviewers.", ["maya", "lena"], me="lena")
    assert '<span class="mention">@maya</span>,' in html
    assert '<span class="mention is-me">@lena</span>' in html
    assert '<span class="mention">@reviewers</span>.' in html


@pytest.mark.parametrize("text", ["`@maya`", "a@maya.example", "@mayas", "/@maya"])
def test_what_is_no_mention_is_not_marked(text):
    assert "mention" not in render(text, ["maya"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@maya @Maya @maya", ["maya"]),
        ("@maya.", ["maya"]),
        ("(@maya)", ["maya"]),
        ("@stranger", []),
        ("@o'neil", []),
    ],
)
def test_people_are_found_by_name(text, names):
    assert mentioned(text, ["maya", "lena"]) == names


def test_deep_nesting_and_long_text_end():
    assert render(">" * 5_000 + "x")
    assert render("[" * 5_000)
    assert render("*a " * 3_000)
