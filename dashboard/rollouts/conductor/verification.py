"""Proof that stable answers again: which version answers a fresh request through each edge."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from dashboard.sending.send import send
from dashboard.sending.wire_request import SendFailed, get, proof_edges
from routing.models import Edge, Worker

AT_ONCE = 8


def verify(worker: Worker, version_id: str) -> tuple[str, ...]:
    """The edges at which a fresh request did not run `version_id`.

    Uses the version header of the proof listener. It does not wait for the log line, because the
    conductor repeats the request until it succeeds.
    """
    edges = proof_edges(worker.name)
    connected = Edge.objects.running(worker.name).exclude(last_seen_on=None)
    silent = connected.filter(proof_url="")  # nothing to send to
    unproved = tuple(silent.values_list("name", flat=True))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ran = pool.map(lambda edge: _ran(worker.name, edge), edges)
    return unproved + tuple(
        edge.name for edge, version in zip(edges, ran, strict=True) if version != version_id
    )


def _ran(worker: str, edge: Edge) -> str:
    """The version that answered at this edge; empty without an answer, or if another edge has this
    address. Runs in a thread pool: no database."""
    try:
        stamps = send(get(worker, edge)).proof_headers
    except SendFailed:
        return ""
    name = edge.reported_name
    return stamps.get("version", "") if stamps.get("edge", name) == name else ""
