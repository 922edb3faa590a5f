"""One version's process: killed, stopped, in an endless loop, out of memory."""

from __future__ import annotations

import signal

from benchmarks.torture.faults.fault import Fault, in_flight_fails
from benchmarks.torture.judge import Expected
from benchmarks.torture.site import Site


def _kill(site: Site) -> None:
    site.signal_version(site.candidate, signal.SIGKILL)


def _stop(site: Site) -> None:
    site.signal_version(site.candidate, signal.SIGSTOP)


def _continue(site: Site) -> None:
    site.signal_version(site.candidate, signal.SIGCONT)


def _loop(site: Site) -> None:
    site.ask_in_background("/loop", site.candidate)


def _exhaust(site: Site) -> None:
    site.ask_in_background("/memory", site.candidate)


#: A share of the requests waits in it, and is cut off when it is replaced.
_HANGS = Expected(in_flight=True, reset=None, error=None, recover_seconds=5.0)

FAULTS = (
    Fault(name="version killed", begin=_kill, expected=in_flight_fails(1.0)),
    Fault(name="version stopped", begin=_stop, end=_continue, hold_seconds=8.0, expected=_HANGS),
    Fault(name="version loops", begin=_loop, hold_seconds=8.0, expected=_HANGS),
    Fault(name="version out of memory", begin=_exhaust, hold_seconds=6.0, expected=_HANGS),
)
