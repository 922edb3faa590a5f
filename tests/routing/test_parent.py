"""Whose end is ours."""

import os

from routing.parent import gone, starter


def test_without_a_word_it_is_the_parent(monkeypatch):
    monkeypatch.delenv("SLUICE_PARENT_PID", raising=False)
    assert starter() == os.getppid() and not gone(starter())


def test_one_that_ended_before_it_could_be_asked_for_is_gone(monkeypatch):
    monkeypatch.setenv(
        "SLUICE_PARENT_PID", str(os.getpid())
    )  # not the parent's: somebody took over
    assert gone(starter())
