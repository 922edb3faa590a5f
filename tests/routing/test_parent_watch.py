"""Whose end is ours."""

import os
import threading

from routing.parent_watch import has_exited, on_parent_exit


def test_the_parent_lives():
    assert not has_exited(os.getppid())


def test_one_that_ended_before_it_could_be_asked_for_is_gone():
    """The parent id changed: another process adopted it."""
    done = threading.Event()
    on_parent_exit(os.getpid(), done.set)
    assert done.wait(2)
