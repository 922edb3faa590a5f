"""Through which edge a request goes: any, a named one, or every one at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from dashboard.fleet.version_roles import Standing
from dashboard.playground.request.typed_request import ALL_EDGES, TypedRequest
from dashboard.sending.deadline import Cancellation
from dashboard.sending.outcome import LOG_WAIT, Outcome, log_lines, send_and_prove, send_once
from dashboard.sending.wire_request import WireRequest, proof_edge, proof_edges
from routing.models import Edge

AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class EdgeAnswer:
    """The outcome at one edge; `standing` is the version that ran, if it is live."""

    edge: str
    outcome: Outcome
    standing: Standing | None


def edges_of(typed: TypedRequest) -> list[Edge]:
    """The chosen edges, at least one. Raises `SendFailed`."""
    if typed.edge != ALL_EDGES:
        return [proof_edge(typed.worker, typed.edge)]
    return sorted(proof_edges(typed.worker), key=lambda edge: edge.name) or [
        proof_edge(typed.worker)
    ]


def count_of_sends(typed: TypedRequest) -> int:
    """For the quota."""
    return max(1, len(proof_edges(typed.worker))) if typed.edge == ALL_EDGES else 1


def one_edge(typed: TypedRequest) -> Edge:
    """The chosen edge; any one where all are chosen. Raises `SendFailed`."""
    return proof_edge(typed.worker, "" if typed.edge == ALL_EDGES else typed.edge)


def send_through_all(
    wires: Sequence[WireRequest], cancellation: Cancellation | None
) -> list[Outcome]:
    """One send through each edge, at the same time, with their log lines."""
    if len(wires) == 1:
        return [send_and_prove(wires[0], LOG_WAIT, cancellation)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda wire: send_once(wire, cancellation), wires))
    left = cancellation is not None and cancellation.cancelled
    rays = [outcome.answer.ray for outcome in outcomes if outcome.answer]
    lines = log_lines(rays, wires[0].worker, 0.0 if left else LOG_WAIT)
    return [
        replace(outcome, log_line=lines.get(outcome.answer.ray)) if outcome.answer else outcome
        for outcome in outcomes
    ]


def edge_answers(outcomes: Sequence[Outcome], standings: Sequence[Standing]) -> list[EdgeAnswer]:
    """For the table of edges."""
    live = {str(standing.version.pk): standing for standing in standings}
    return [
        EdgeAnswer(outcome.request.edge, outcome, live.get(outcome.version_id))
        for outcome in outcomes
    ]
