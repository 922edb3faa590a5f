"""The lines of the processes' logs."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys

import pytest

from routing.log_lines import FACTS, JsonFormatter, TextFormatter, formatter_for

FORGED = "shop\n2026-11-30T03:10:00.000Z INFO sluice.security: sign_in.success\x1b[2K\u2028x"


def record(message: str, *args: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord(
        "routing.control.deploy", logging.WARNING, "f.py", 1, message, args, None
    )
    made.created = 1_795_998_600.123
    vars(made).update(more)
    return made


def failed(text: str):
    try:
        raise ValueError(text)
    except ValueError:
        return sys.exc_info()


def test_times_are_utc_wherever_the_machine_is():
    code = (
        "import logging; from routing.log_lines import TextFormatter;"
        "r = logging.LogRecord('x', 20, 'f', 1, 'm', (), None); r.created = 1795998600.123;"
        "print(TextFormatter().format(r))"
    )
    line = subprocess.run(
        [sys.executable, "-c", code], env={"TZ": "Asia/Tokyo"}, capture_output=True, text=True
    ).stdout
    assert line == "2026-11-30T00:30:00.123Z INFO x: m\n"


@pytest.mark.parametrize("form", [TextFormatter(), JsonFormatter()])
def test_a_message_makes_up_no_entry(form):
    line = form.format(record("There is no Worker %s.", FORGED))
    assert len(line.splitlines()) == 1 and "\x1b" not in line


@pytest.mark.parametrize("form", [TextFormatter(), JsonFormatter()])
def test_neither_does_an_exception(form):
    lines = form.format(record("failed", exc_info=failed(FORGED))).splitlines()
    entries = [line for line in lines if re.match(r"20\d\d-|\{", line)]
    assert len(entries) == 1 and not any("\x1b" in line for line in lines)


def test_programs_read_json():
    facts = {"event": "sign_in.failure", "address": "203.0.113.9", "user": None, "level": "x"}
    made = record("sign_in.failure", **{FACTS: facts})
    entry = json.loads(formatter_for("json").format(made))
    assert entry == {
        "time": "2026-11-30T00:30:00.123Z",
        "level": "WARNING",
        "logger": "routing.control.deploy",
        "message": "sign_in.failure",
        "event": "sign_in.failure",
        "address": "203.0.113.9",
        "user": None,
    }
    assert "user=null" in formatter_for("text").format(made)


def test_the_web_server_logs_in_the_same_form():
    """Its settings are applied first, then those of the application that it loads."""
    code = (
        "import os, logging, uvicorn;"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'dashboard.settings';"
        "uvicorn.Config('dashboard.asgi:application', log_level='warning').load();"
        "logging.getLogger('uvicorn.error').error('a\\nb')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert re.search(r"(?m)^20[\d-]+T[\d:.]+Z ERROR uvicorn\.error: a\\nb$", run.stderr), run.stderr
