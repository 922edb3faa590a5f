"""What a machine allows; setpriv(1) and /proc are fakes."""

from types import SimpleNamespace

import pytest

from routing.agent.users import isolation
from routing.agent.users.isolation import Kind, User, asked_for, become, possible


@pytest.fixture
def machine(monkeypatch):
    """`machine(root=…, mapped=…, setpriv=…)`: setpriv prints that text, or works if it is ""."""

    def make(*, root=True, mapped=True, setpriv="", installed=True):
        isolation._possible.cache_clear()
        monkeypatch.setattr(isolation.os, "geteuid", lambda: 0 if root else 1000)
        monkeypatch.setattr(isolation, "is_mapped", lambda ids, text: mapped)
        monkeypatch.setattr(isolation.shutil, "which", lambda name: name if installed else None)
        result = SimpleNamespace(returncode=1 if setpriv else 0, stderr=setpriv.encode())
        monkeypatch.setattr(isolation.subprocess, "run", lambda *_, **__: result)

    yield make
    isolation._possible.cache_clear()


@pytest.mark.parametrize(
    ("options", "kind", "reason"),
    [
        ({}, Kind.own, ""),
        ({"installed": False}, Kind.own, ""),
        ({"root": False}, Kind.agent, "the agent does not run as root"),
        ({"setpriv": "setresuid failed"}, Kind.agent, "setresuid failed"),
        ({"mapped": False}, Kind.shared, "no user ids of SLUICE_EDGE_UIDS is mapped here"),
    ],
)
def test_the_best_that_is_allowed(machine, caplog, options, kind, reason):
    machine(**options)
    found = possible(range(70_000, 70_100))
    assert (found.kind, found.reason) == (kind, reason)
    assert found.uids == (range(70_001, 70_100) if kind is Kind.own else range(0))
    assert (reason in caplog.text) and (not reason) == (caplog.text == "")


def test_the_setting():
    assert asked_for({}) is None
    assert asked_for({"SLUICE_EDGE_UIDS": "70000-70099"}) == range(70_000, 70_100)


def test_a_process_keeps_no_group_and_no_capability():
    options = become(User(70_001, 70_000))
    assert options[:4] == ["--reuid", "70001", "--regid", "70000"]
    assert {"--clear-groups", "--bounding-set=-all", "--inh-caps=-all"} <= set(options)
