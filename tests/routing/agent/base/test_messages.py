"""How a process ended, in words."""

import pytest

from routing.agent.base import messages

PRINTED = b'{"timestamp":1795378917046,"level":"log","message":"token=secret"}\n'
RUNTIME = (
    b'{"timestamp":"2026-11-20T10:00:00Z","level":"error","source":"server.c++",'
    b'"message":"service main: Uncaught TypeError: x is not a function"}\n'
)


def test_the_runtime_says_why_a_version_did_not_start():
    assert messages.not_started(1, RUNTIME) == "Uncaught TypeError: x is not a function"


def test_silence_is_an_exit_code_or_a_signal():
    assert messages.not_started(1, b"") == "could not start (exit code 1)"
    assert messages.ended(-15, b"") == "ended by itself (SIGTERM)"
    assert messages.ended(-99, b"") == "ended by itself (signal 99)"


def test_what_a_worker_prints_stays_its_own():
    assert "secret" not in messages.ended(1, PRINTED + RUNTIME + PRINTED)
    assert messages.ended(1, PRINTED) == "ended by itself (exit code 1)"


def test_lines_from_below_the_runtime_count_and_broken_ones_do_not():
    assert messages.runtime_words(b'*** Fatal: out of memory\n{"cut off\n') == [
        "*** Fatal: out of memory"
    ]


def test_messages_are_short():
    assert len(messages.not_started(1, b"x" * 9000)) == 2000


STACK = b"*** Received signal #6: Aborted\nstack: /lib/libc.so.6@0x8aeeb /proc/self/fd/20@0x47b6\n"
HEAP_FULL = (
    b'{"timestamp":"1795994079868","level":"fatal","source":"workerd/jsg/setup.c++:44",'
    b'"message":"V8 fatal error; location = Reached heap limit; message = : '
    b'allocation failed: JavaScript heap out of memory","context_depth":0}\n'
)


def test_the_reason_of_an_end_is_not_the_stack_below_it():
    crash = RUNTIME.replace(b"Uncaught TypeError", b"Fatal uncaught")
    assert messages.ended(-6, crash + STACK).endswith("x is not a function")


@pytest.mark.parametrize(
    ("code", "output", "text"),
    [
        (1, HEAP_FULL + STACK, "ran out of memory (its JavaScript heap reached 128 MB)"),
        (-6, b"terminate called: std::bad_alloc\n" + STACK, "ran out of memory (its process"),
        (-9, b"", "was killed by the system (SIGKILL), as happens when memory runs out"),
    ],
)
def test_memory_that_ran_out_is_said_so(code, output, text):
    assert messages.ended(code, output).startswith(text)
    assert messages.not_started(code, output).endswith("while it started")


@pytest.mark.parametrize(
    ("code", "output", "memory"),
    [
        (1, HEAP_FULL + STACK, True),
        (-6, b"terminate called after throwing std::bad_alloc\n", True),
        (-9, b"", True),
        (1, RUNTIME, False),
        (-11, STACK, False),
        (1, b'{"timestamp":1,"level":"log","message":"out of memory"}\n', False),
    ],
)
def test_out_of_memory_is_told_from_other_ends(code, output, memory):
    assert messages.out_of_memory(code, output) is memory
