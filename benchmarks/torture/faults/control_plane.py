"""What runs beside the edge: none of it may ever cost a request."""

from __future__ import annotations

import signal

from benchmarks.torture.faults.fault import Fault, nothing_fails
from benchmarks.torture.judge import Expected
from benchmarks.torture.site import Site, eventually

_ALL = ("web", "work")


def _kill_web(site: Site) -> None:
    site.signal("web", signal.SIGKILL)


def _stop_web(site: Site) -> None:
    site.signal("web", signal.SIGSTOP)


def _continue_web(site: Site) -> None:
    site.signal("web", signal.SIGCONT)


def _kill_work(site: Site) -> None:
    site.signal("work", signal.SIGKILL)


def _away(site: Site) -> None:
    for role in _ALL:
        site.signal(role, signal.SIGSTOP)


def _back(site: Site) -> None:
    for role in _ALL:
        site.signal(role, signal.SIGCONT)


def _kill_parent(site: Site) -> None:
    site.signal("run", signal.SIGKILL)
    eventually(lambda: not site.pids("run") and not site.pids("web"), 20)


def _start_again(site: Site) -> None:
    site.start_again()


def _restart(site: Site) -> None:
    """Ctrl-C, and `make run` again."""
    site.system.stop()
    site.start_again()


FAULTS = (
    Fault(name="web killed", begin=_kill_web, expected=nothing_fails()),
    Fault(
        name="web stopped",
        begin=_stop_web,
        end=_continue_web,
        hold_seconds=3.0,
        expected=nothing_fails(),
    ),
    Fault(name="background work killed", begin=_kill_work, expected=nothing_fails()),
    Fault(
        name="control plane away",
        begin=_away,
        end=_back,
        hold_seconds=10.0,
        expected=nothing_fails(),
    ),
    Fault(
        name="make run killed",
        begin=_kill_parent,
        end=_start_again,
        expected=nothing_fails(),
    ),
    Fault(
        name="planned restart",
        begin=_restart,
        # Ctrl-C stops the edge as well, so nobody is served until it runs again.
        expected=Expected(refused=None, in_flight=True, recover_seconds=20.0),
    ),
)
