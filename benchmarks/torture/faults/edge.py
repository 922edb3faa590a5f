"""The agent and Envoy: killed, stopped, restarted."""

from __future__ import annotations

import signal

from benchmarks.torture.faults.fault import Fault, nothing_fails
from benchmarks.torture.judge import Expected
from benchmarks.torture.site import Site
from routing.agent.base.edge_folder import STEP_ASIDE


def _kill_agent(site: Site) -> None:
    site.signal("agent", signal.SIGKILL)


def _restart_agent(site: Site) -> None:
    """As an upgrade does: SIGTERM would be a planned stop of the whole edge."""
    site.signal("agent", STEP_ASIDE)


def _stop_agent(site: Site) -> None:
    site.signal("agent", signal.SIGSTOP)


def _continue_agent(site: Site) -> None:
    site.signal("agent", signal.SIGCONT)


def _kill_envoy(site: Site) -> None:
    site.signal("envoy", signal.SIGKILL)


def _stop_envoy(site: Site) -> None:
    site.signal("envoy", signal.SIGSTOP)


def _continue_envoy(site: Site) -> None:
    """The one that was stopped, if it is still there."""
    site.signal("envoy", signal.SIGCONT)


FAULTS = (
    Fault(name="agent killed", begin=_kill_agent, expected=nothing_fails()),
    Fault(name="agent restarted", begin=_restart_agent, expected=nothing_fails()),
    Fault(
        name="agent stopped",
        begin=_stop_agent,
        end=_continue_agent,
        hold_seconds=3.0,
        expected=nothing_fails(),
    ),
    Fault(
        name="Envoy killed",
        begin=_kill_envoy,
        expected=Expected(in_flight=True, recover_seconds=1.0, unknown_loss=True),
    ),
    Fault(
        name="Envoy stopped",
        begin=_stop_envoy,
        end=_continue_envoy,
        hold_seconds=8.0,
        # Clients that connected to the one that hangs lose their connection when it is replaced.
        expected=Expected(
            in_flight=True, reset=None, error=None, recover_seconds=5.0, unknown_loss=True
        ),
    ),
)
