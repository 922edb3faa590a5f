"""How a process ended, in words."""

from routing.agent import words

PRINTED = b'{"timestamp":1795378917046,"level":"log","message":"token=secret"}\n'
RUNTIME = (
    b'{"timestamp":"2026-11-20T10:00:00Z","level":"error","source":"server.c++",'
    b'"message":"service main: Uncaught TypeError: x is not a function"}\n'
)


def test_the_runtime_says_why_a_version_did_not_start():
    assert words.not_started(1, RUNTIME) == "Uncaught TypeError: x is not a function"


def test_silence_is_an_exit_code_or_a_signal():
    assert words.not_started(1, b"") == "could not start (exit code 1)"
    assert words.ended(-9, b"") == "ended by itself (SIGKILL)"
    assert words.ended(-99, b"") == "ended by itself (signal 99)"


def test_what_a_worker_prints_stays_its_own():
    assert "secret" not in words.ended(1, PRINTED + RUNTIME + PRINTED)
    assert words.ended(1, PRINTED) == "ended by itself (exit code 1)"


def test_lines_from_below_the_runtime_count_and_broken_ones_do_not():
    assert words.runtime_words(b'*** Fatal: out of memory\n{"cut off\n') == [
        "*** Fatal: out of memory"
    ]


def test_messages_are_short():
    assert len(words.not_started(1, b"x" * 9000)) == 2000
