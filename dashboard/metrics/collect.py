"""Prometheus metrics of the control plane, read from the database at each scrape."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Max, Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from dashboard.exports.delivery.dead_letters import undelivered_by_job
from dashboard.exports.jobs.backlog import lag_of
from dashboard.exports.models import Job
from dashboard.fleet.edge_condition import condition_of
from dashboard.fleet.propagation import meter_of
from dashboard.notifications.models import Delivery
from dashboard.observability.models import Gap
from dashboard.trail import push
from routing.control import revision
from routing.models import Deployment, Edge, Invocation, Worker
from routing.transactions import after_commit


class ControlPlane(Collector):
    """Takes a constant number of queries."""

    def collect(self) -> Iterator[Metric]:
        """Called at each scrape."""
        newest = revision.current()
        yield _gauge("sluice_desired_revision", "What the edges should run", newest)
        yield _gauge("sluice_workers", "Workers there are", Worker.objects.count())
        yield from _edges(newest)
        yield _propagation()
        yield _gaps()
        yield from _exports()
        yield from _notifications()
        yield _failures()


def _notifications() -> Iterator[Metric]:
    """Notifications that wait or failed, and the push of the audit trail."""
    counts = dict(
        Delivery.objects.exclude(state=Delivery.State.SENT)
        .order_by()
        .values_list("state")
        .annotate(count=Count("pk"))
    )
    words = "Messages of notifications, by state"
    family = GaugeMetricFamily("sluice_notifications", words, labels=["state"])
    for state in (Delivery.State.WAITING, Delivery.State.FAILED):
        family.add_metric([state.value], counts.get(state, 0))
    yield family
    if pushed := push.status():
        waits = "Entries of the audit trail that the webhook has not taken"
        yield _gauge("sluice_audit_push_waiting", waits, pushed.waiting)
        yield _gauge("sluice_audit_push_failures", "Tries in a row that failed", pushed.failures)


def _gauge(name: str, words: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, words)
    family.add_metric([], value)
    return family


def _edges(newest: int) -> Iterator[Metric]:
    now = timezone.now()
    has = GaugeMetricFamily("sluice_edge_revision", "The revision an edge has", labels=["edge"])
    lag = GaugeMetricFamily(
        "sluice_edge_lag_revisions", "How many revisions an edge is behind", labels=["edge"]
    )
    up = GaugeMetricFamily("sluice_edge_up", "1 while an edge reports", labels=["edge"])
    failing = GaugeMetricFamily(
        "sluice_edge_failing_workers",
        "Workers whose newest deployment an edge cannot run",
        labels=["edge"],
    )
    writes = GaugeMetricFamily(
        "sluice_edge_disk_writable", "1 while an edge can write to its disk", labels=["edge"]
    )
    lost = CounterMetricFamily(
        "sluice_edge_lost_log_lines",
        "Lines of an edge's log that were never counted, of every kind",
        labels=["edge"],
    )
    for edge in Edge.objects.defer("status"):
        has.add_metric([edge.name], edge.current_revision)
        lag.add_metric([edge.name], max(0, newest - edge.current_revision))
        failing.add_metric([edge.name], len(edge.failing))
        condition = condition_of(edge, now)
        up.add_metric([edge.name], float(condition.silent_for is None))
        writes.add_metric([edge.name], float(not condition.disk))
        lost.add_metric([edge.name], condition.lost_lines)
    yield from (has, lag, failing, up, writes, lost)


def _propagation() -> Metric:
    """How long the newest deployment took to reach each edge."""
    family = GaugeMetricFamily(
        "sluice_edge_propagation_seconds",
        "From the newest deployment until an edge had it",
        labels=["edge"],
    )
    latest = Deployment.objects.order_by("-revision").select_related("worker").first()
    if latest is not None:
        for cell in meter_of(latest.worker.name, latest.revision, latest.created_on).cells:
            if cell.took_ms is not None:
                family.add_metric([cell.edge], cell.took_ms / 1000)
    return family


def _gaps() -> Metric:
    family = CounterMetricFamily(
        "sluice_log_lines_missing",
        "Lines of an edge's log that were never counted",
        labels=["edge", "kind"],
    )
    rows = Gap.objects.values("edge", "kind").annotate(lines=Sum("lines")).order_by("edge")
    for row in rows:
        family.add_metric([row["edge"], row["kind"]], row["lines"] or 0)
    return family


def _failures() -> Metric:
    """Failed work after commits in this process."""
    family = CounterMetricFamily(
        "sluice_after_commit_failures",
        "Work after a commit, and pushes to open pages and agents, that failed in this process",
        labels=["work"],
    )
    for work, count in sorted(after_commit.failures().items()):
        family.add_metric([work], count)
    return family


def _exports() -> Iterator[Metric]:
    labels = ["job", "name"]
    sent = CounterMetricFamily("sluice_export_records", "Records an export sent", labels=labels)
    missed = CounterMetricFamily(
        "sluice_export_missed_records",
        "Records that were gone before they were sent",
        labels=labels,
    )
    waiting = GaugeMetricFamily(
        "sluice_export_lag_records", "Records an export has not sent, at most", labels=labels
    )
    behind = GaugeMetricFamily(
        "sluice_export_lag_seconds", "Age of the oldest record that waits", labels=labels
    )
    dead = GaugeMetricFamily(
        "sluice_export_dead_letters", "Batches that were not taken and wait on disk", labels=labels
    )
    failing = GaugeMetricFamily("sluice_export_failing", "1 while sending fails", labels=labels)
    now = timezone.now()
    newest = Invocation.objects.aggregate(top=Max("id"))["top"] or 0
    undelivered = undelivered_by_job()
    for job in Job.objects.all():
        names = [str(job.pk), job.name]
        sent.add_metric(names, job.sent_records)
        missed.add_metric(names, job.missed_records)
        lag = lag_of(job, newest, now)
        waiting.add_metric(names, lag.records)
        behind.add_metric(names, lag.age.total_seconds())
        dead.add_metric(names, undelivered[job.pk].batches)
        failing.add_metric(names, float(job.last_error is not None))
    yield from (sent, missed, waiting, behind, dead, failing)
