"""`GET /metrics` for Prometheus, beside the probes, if it is enabled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from ipaddress import ip_address

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from routing.agent.access_log.log_rows import Rows
from routing.agent.base.addresses import url_host
from routing.agent.metrics.probes import add_probes
from routing.agent.metrics.time_series import Requests, Series
from routing.agent.state.state import ProcessState
from routing.agent.state.status import Facts
from routing.agent.users.isolation import Kind

_FORGET_EVERY = 600.0


class Metrics(Collector):
    """`counted` takes what the control plane accepted; `facts` returns the edge's status,
    `not_ready` why balancers should send nothing."""

    def __init__(
        self,
        edge: str,
        address: tuple[str, int],
        facts: Callable[[], Facts],
        not_ready: Callable[[], Sequence[str]],
    ) -> None:
        self._edge, self._facts, self._not_ready = edge, facts, not_ready
        self._host, self._port = address
        self._series, self._forgot = Series(), time.time()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._runner: web.AppRunner | None = None
        self.url = f"http://{_reachable(self._host)}:{self._port}/metrics"

    def counted(self, found: Rows) -> None:
        now = time.time()
        self._series.count(found.tally, len(found.rows), now)
        if now - self._forgot > _FORGET_EVERY:  # even if nothing scrapes
            self._forget(now)

    async def start(self) -> None:
        """Returns once it listens."""
        app = web.Application()
        app.router.add_get("/metrics", self._answer)
        add_probes(app, self._not_ready)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    def collect(self) -> Iterator[Metric]:
        """Called for each scrape."""
        facts = self._facts()
        self._forget(time.time())
        yield from self._requests()
        yield from self._processes(facts)
        yield from self._envoy(facts)
        yield from self._shipping(facts)
        yield from self._revisions(facts)
        yield from self._isolation(facts)

    def _isolation(self, facts: Facts) -> Iterator[Metric]:
        own = GaugeMetricFamily(
            "sluice_edge_versions_isolated",
            "1 where each version runs as a user of its own",
            labels=["edge"],
        )
        own.add_metric([self._edge], float(facts.isolation.kind is Kind.own))
        yield own
        forged = CounterMetricFamily(
            "sluice_edge_forged_batches",
            "Batches of log entries that one version sent for another, refused",
            labels=["edge"],
        )
        forged.add_metric([self._edge], facts.shipping.get("details_forged", 0))
        yield forged

    async def _answer(self, request: web.Request) -> web.Response:
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _forget(self, now: float) -> None:
        self._forgot = now
        self._series.forget(_deployed(self._facts()), now)

    def _requests(self) -> Iterator[Metric]:
        total = CounterMetricFamily(
            "sluice_requests",
            "Requests by version and reason",
            labels=[*Requests._fields, "edge"],
        )
        for key, count in self._series.requests.items():
            total.add_metric([*key, self._edge], count)
        yield total
        spans = HistogramMetricFamily(
            "sluice_request_duration_seconds",
            "From the first byte of a request to the last byte of its response",
            labels=["worker", "version", "hop", "edge"],
        )
        for span, state in self._series.spans.items():
            seconds = state.total_us / 1_000_000
            spans.add_metric([*span, self._edge], list(state.buckets()), seconds)
        yield spans

    def _processes(self, facts: Facts) -> Iterator[Metric]:
        labels = ["worker", "version", "edge"]
        up = GaugeMetricFamily(
            "sluice_version_process_up",
            "1 while the version's process runs; none for a version that waits for a request",
            labels=labels,
        )
        restarts = CounterMetricFamily(
            "sluice_version_process_restarts", "Restarts of the version's process", labels=labels
        )
        for version_id, process in facts.state.processes.items():
            names = [process.worker, version_id, self._edge]
            if process.state is not ProcessState.cold:
                up.add_metric(names, float(process.state is ProcessState.running))
            restarts.add_metric(names, process.restarts)
        yield up
        yield restarts

    def _envoy(self, facts: Facts) -> Iterator[Metric]:
        for name, words, value in (
            ("ends", "How often Envoy ended by itself or hung, and was replaced", facts.envoy.ends),
            (
                "waiting_connections",
                "Connections that waited while Envoy restarted",
                facts.envoy.waited,
            ),
        ):
            counter = CounterMetricFamily(f"sluice_envoy_{name}", words, labels=["edge"])
            counter.add_metric([self._edge], value)
            yield counter

    def _shipping(self, facts: Facts) -> Iterator[Metric]:
        told = CounterMetricFamily(
            "sluice_invocations",
            "Requests whose row was shipped, sampled out (still counted), or lost",
            labels=["result", "edge"],
        )
        told.add_metric(["shipped", self._edge], self._series.shipped)
        told.add_metric(["sampled_out", self._edge], facts.shipping["sampled_out"])
        told.add_metric(["lost", self._edge], facts.shipping["dropped"])
        yield told
        unwritten = CounterMetricFamily(
            "sluice_edge_log_lines_unwritten",
            "Access-log lines that were not written, or were deleted",
            labels=["edge"],
        )
        unwritten.add_metric([self._edge], facts.shipping["unwritten"])
        yield unwritten
        waiting = GaugeMetricFamily(
            "sluice_edge_log_pending_bytes", "Bytes of log not shipped yet", labels=["edge"]
        )
        waiting.add_metric([self._edge], facts.shipping["pending_bytes"])
        yield waiting
        asked = CounterMetricFamily(
            "sluice_override_decisions",
            "Requests with an override header, by outcome",
            labels=["outcome", "edge"],
        )
        for outcome, count in self._series.outcomes.items():
            asked.add_metric([outcome, self._edge], count)
        yield asked

    def _revisions(self, facts: Facts) -> Iterator[Metric]:
        for name, words, value in (
            ("applied", "The applied revision", facts.state.applied.revision),
            ("known", "The newest revision announced to this edge", facts.desired.revision),
        ):
            gauge = GaugeMetricFamily(f"sluice_edge_{name}_revision", words, labels=["edge"])
            gauge.add_metric([self._edge], value)
            yield gauge
        connected = GaugeMetricFamily(
            "sluice_edge_connected", "1 while the control plane is there", labels=["edge"]
        )
        connected.add_metric([self._edge], float(not facts.control_error))
        yield connected


def _deployed(facts: Facts) -> frozenset[str]:
    """Ids of the applied deployments and of their versions."""
    workers = facts.state.applied.workers
    versions = {version.id for worker in workers for version in worker.versions}
    return frozenset(versions | {worker.deployment.id for worker in workers})


def _reachable(host: str) -> str:
    """`host` in a URL for programs of this machine."""
    with suppress(ValueError):  # a name
        host = "127.0.0.1" if ip_address(host).is_unspecified else host
    return url_host(host)
