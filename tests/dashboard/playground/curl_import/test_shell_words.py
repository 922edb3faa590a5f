"""A pasted command in its words: bash itself says what is right, and every quote of Windows'."""

import subprocess

import pytest
from hypothesis import given, settings, strategies as st

from dashboard.playground.curl_import.options import NotCurl
from dashboard.playground.curl_import.shell_words import words_of


def bash(text: str) -> list[str]:
    """What bash gives to a program called curl."""
    script = "curl() { printf '%s\\0' curl \"$@\"; }\n" + text
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    out = subprocess.run(["bash", "-c", script], capture_output=True, env=env, check=True).stdout
    return out.decode().split("\0")[:-1]


@pytest.mark.parametrize(
    "text",
    [
        "curl http://x/ -H 'a: b'  --data 'it'\\''s'",
        'curl "a \\"b\\" \\\\ \\x \\$HOME" c\\ d \'\' ""',
        "curl \\\n  -X POST \\\n  http://x/",
        "curl $'a\\n\\t\\r\\\\\\'\\\"\\a\\e' $'\\x41\\101\\u00e9\\U0001f680' $'\\xe2\\x80\\x99'",
        "curl $'\\342\\200\\231' $'\\cA' $'\\q\\?' 'a'b\"c\"$'d'",
        "curl a#b #c",
        "curl a 2>/dev/null b",
        "curl a >/dev/fd/1 b",
        'curl \'a\nb\' "c\nd" "e\\\nf"',
        "curl a; echo -n",
        "curl $'a\\0b'c",
    ],
)
def test_words_are_those_of_bash(text):
    assert words_of(text).words == bash(text)


#: Without line ends: bash ends a command there, and what is pasted goes on.
pieces = st.sampled_from(
    ["a", "é", "🚀", " ", "'", "''", '"', '""', "\\", "\\'", '\\"', "$'", "\\n", "\\x41", "\\u00e9"]
    + ["\\101", "#", "http://x/?a=1", "-H", "'a b'", '"a b"', "$'it\\'s'", "{a,}", "\t"]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(pieces, max_size=10).map("".join))
def test_whatever_is_quoted_is_read_as_bash_does(text):
    command = "set +B; curl " + text  # braces are the address' own
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    script = "curl() { printf '%s\\0' curl \"$@\"; exit; }\n" + command
    ran = subprocess.run(["bash", "-c", script], capture_output=True, env=env, check=False)
    try:
        words = words_of("curl " + text)
    except NotCurl:
        assert ran.returncode, text
        return
    if ran.returncode or ran.stderr or not ran.stdout:
        return
    assert words.words == ran.stdout.decode("utf-8", "replace").split("\0")[:-1]


def test_two_halves_of_a_character_are_one():
    assert words_of(r"curl $'\ud83d\ude80 x'").words[1] == "🚀 x"
    half = words_of(r"curl $'\ud83d'")
    assert half.words[1].startswith("\ufffd") and "not UTF-8" in half.notes[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('curl ^"http://x/?a=1^&b=^%^41^" ^\n  -H ^"a: b^"', ["http://x/?a=1&b=%41", "-H", "a: b"]),
        (
            'curl "http://x/" ^\r\n  --data-raw ^"^{^\\^"a^\\^":^\\^"\\\\^\\^"^}^"',
            ["http://x/", "--data-raw", '{"a":"\\"}'],
        ),
        ('curl ^"x^" --data-raw ^"one^\n\ntwo^"', ["x", "--data-raw", "one\ntwo"]),
        ('curl "x" -d "{""a"":1}" ^\n -g', ["x", "-d", '{"a":1}', "-g"]),
        ('curl "a^b" c^^d ^\n -g', ["a^b", "c^d", "-g"]),
    ],
)
def test_the_command_prompt_of_windows(text, words):
    assert words_of(text).words[1:] == words


def test_a_caret_in_a_body_is_no_windows():
    assert words_of("""curl x -d '{"re": "^"}'""").words[-1] == '{"re": "^"}'


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("curl http://x/ | jq .", "Left out: | jq ."),
        ("curl http://x/ && echo", "Left out: && echo"),
        ("curl http://x/\ncurl http://y/", "Left out: curl http://y/"),
        ('curl http://x/ -H "a: $TOKEN"', "Not filled in: $TOKEN."),
        ("curl http://x/ -H `date`", "Not filled in: `."),
    ],
)
def test_what_a_shell_does_besides_is_said(text, note):
    found = words_of(text)
    assert found.words[1] == "http://x/" and note in found.notes[0]


def test_an_address_without_quotes_keeps_its_ampersands():
    assert words_of("$ curl http://x/?a=1&b=2;c -g").words[1:] == ["http://x/?a=1&b=2;c", "-g"]


@pytest.mark.parametrize("text", ["curl 'a", 'curl "a', "curl $'a", "curl $'a\\'", 'curl ^"a'])
def test_a_quote_that_does_not_close_is_said(text):
    with pytest.raises(NotCurl):
        words_of(text)
