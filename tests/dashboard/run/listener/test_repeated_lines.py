"""A log that strangers write to grows no faster than its limit."""

import logging

from dashboard.run.listener.repeated_lines import MOST, RepeatedLines


def line(text, level=logging.WARNING, *args, name="django.request"):
    return logging.LogRecord(name, level, __file__, 1, text, args, None)


def test_the_same_line_comes_a_few_times_and_then_its_count():
    now = [0.0]
    lines = RepeatedLines(lambda: now[0])
    passed = [lines.filter(line("Not Found: %s", logging.WARNING, f"/{n}")) for n in range(500)]
    assert passed.count(True) == MOST
    assert lines.filter(line("Not Found: %s", logging.ERROR, "/x"))
    assert lines.filter(line("Forbidden: %s", logging.WARNING, "/x"))
    now[0] = 10.0
    late = line("Not Found: %s", logging.WARNING, "/late")
    assert lines.filter(late)
    assert late.getMessage() == f"Not Found: /late (and {500 - MOST} more lines like it)"


def test_text_that_a_stranger_chose_is_one_kind():
    lines = RepeatedLines(lambda: 0.0)
    texts = [line(f"Invalid HTTP_HOST header: 'x{n}'") for n in range(100)]
    assert sum(map(lines.filter, texts)) == MOST
