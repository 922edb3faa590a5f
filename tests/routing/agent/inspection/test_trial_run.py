"""The two runs of an inspection, with a Python program in place of workerd."""

import os
import sys

import pytest

from routing.agent.base import limits
from routing.agent.base.limits import Command
from routing.agent.inspection import inspection, runtime_date, trial_run
from routing.agent.inspection.inspection import Refused, inspect
from routing.agent.inspection.trial_run import Ended, run_test, run_until_ready
from routing.agent.users.claims import Users
from routing.agent.users.isolation import Isolation, Kind
from routing.snapshot import Export
from tests.routing.agent.histories import make_version

READY = """
import os, sys, time
sys.stdin.read()
os.write(int(sys.argv[1]), b'{"event": "listen", "socket": "http"}\\n')
time.sleep(60)
"""


@pytest.fixture
def workerd(monkeypatch):
    """`workerd(code)`: what runs in its place."""
    programs = []
    monkeypatch.setattr(trial_run, "of_this_process", lambda: Users(Isolation(kind=Kind.agent)))

    def run(*_, **__):
        return Command([sys.executable, "-c", programs[-1]], {})

    def serve(listeners, control, limits, *, user):
        assert os.fstat(listeners["http"])
        arguments = [sys.executable, "-c", programs[-1], str(control)]
        return Command(arguments, {"pass_fds": (control,)})

    monkeypatch.setattr(limits, "command", run)
    monkeypatch.setattr(limits, "serve_command", serve)
    return programs.append


def test_a_test_run_returns_what_is_printed_or_how_it_ended(workerd):
    workerd("import sys; print(sys.stdin.read())")
    assert run_test(b"config", 30) == b"config\n"
    workerd("import sys; print('out'); sys.exit('bad')")
    with pytest.raises(Ended) as ended:
        run_test(b"", 30)
    assert (ended.value.code, ended.value.output, ended.value.errors) == (1, b"out\n", b"bad\n")
    workerd("import time; time.sleep(60)")
    with pytest.raises(Ended) as ended:
        run_test(b"", 0.05)
    assert ended.value.code is None


def test_a_process_is_ready_once_every_socket_is_announced(workerd):
    workerd(READY)
    assert 0 <= run_until_ready(b"config", ["http"], 30) < 30_000
    workerd("import sys; sys.exit('top level failed')")
    with pytest.raises(Ended) as ended:
        run_until_ready(b"", ["http"], 30)
    assert (ended.value.code, ended.value.errors) == (1, b"top level failed\n")
    workerd("import time; time.sleep(60)")
    with pytest.raises(Ended) as ended:
        run_until_ready(b"", ["http"], 0.3)
    assert ended.value.code is None


def test_the_newest_date_comes_from_workerds_error_message(workerd):
    runtime_date._of_binary.cache_clear()
    workerd("")
    assert runtime_date.newest_date() == ""
    text = 'newest date supported by this server binary is "2026-01-02".'
    workerd(f"import sys; sys.exit({text!r})")
    assert runtime_date.newest_date() == "2026-01-02"
    runtime_date._of_binary.cache_clear()


# --- Inspections ----------------------------------------------------------------------------------


@pytest.fixture
def inspected(monkeypatch):
    """Inspects a version whose test run prints, or raises, `outcome`."""
    monkeypatch.setattr(inspection.secrets, "token_hex", lambda size: "TOKEN")
    monkeypatch.setattr(inspection, "newest_date", lambda: "2026-11-24")
    monkeypatch.setattr(inspection, "encode", lambda config: b"")
    monkeypatch.setattr(inspection.workerd, "inspection_config", lambda *_, **__: {})
    monkeypatch.setattr(inspection.workerd, "config", lambda *_, **__: {})
    monkeypatch.setattr(inspection, "run_until_ready", lambda *_: 12)

    def run(outcome):
        def run_test(config, seconds):
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(inspection, "run_test", run_test)
        return inspect(make_version("a"), {}, worker="shop")

    return run


def printed(exports):
    return b'not JSON\n{"message": "TOKEN' + exports.replace(b'"', b'\\"') + b'"}\n'


HANDLER = b'[{"name": "default", "kind": "object", "handlers": ["fetch"]}]'


def test_exports_and_the_start_time_are_found(inspected):
    found = inspected(printed(HANDLER))
    assert found.exports == (Export(name="default", kind="object", handlers=("fetch",)),)
    assert found.startup_ms == 12


@pytest.mark.parametrize(
    ("outcome", "kind", "message"),
    [
        (b"", "startup", "exports could not be read"),
        (printed(b'[{"name": "x", "kind": "number"}]'), "startup", "map entry 'x'"),
        (printed(b'[{"name": "x", "kind": "object"}]'), "no_handlers", "No event handlers"),
        (Ended(None, b"", b""), "startup_time", "exceeded the time limit"),
        (Ended(-24, b"", b""), "startup_cpu", "exceeded CPU time limit"),
        (Ended(-9, b"", b""), "startup_memory", "exceeded memory limits"),
        (Ended(1, b"", b"Cannot allocate memory"), "startup_memory", "exceeded memory limits"),
        (
            Ended(1, b"", b'{"message": "service main: Uncaught SyntaxError: x"}'),
            "startup",
            "Uncaught SyntaxError: x",
        ),
        (
            Ended(1, b"", b'{"message": "This Worker requires compatibility date"}'),
            "compatibility",
            "requires compatibility date",
        ),
        (
            Ended(1, b"", b'{"message": "x.js already added to bundle"}'),
            "module",
            "already added",
        ),
        (Ended(1, b"", b'{"message": "Tests failed!"}'), "startup", "exports could not be read"),
    ],
)
def test_what_cannot_run_is_refused_with_the_reason(inspected, outcome, kind, message):
    with pytest.raises(Refused) as refused:
        inspected(outcome)
    assert refused.value.kind == kind and message in str(refused.value)
