"""Whose end is ours."""

import os
import threading

from routing.parent_watch import gone, when_gone


def test_the_parent_lives():
    assert not gone(os.getppid())


def test_one_that_ended_before_it_could_be_asked_for_is_gone():
    """Its id is not the parent's any more: somebody took over."""
    done = threading.Event()
    when_gone(os.getpid(), done.set)
    assert done.wait(2)
