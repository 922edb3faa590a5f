"""Every loop of background work. A thread each: what may wait for a server outside, or take long,
delays nothing else."""

from __future__ import annotations

from dashboard.cloud.tails.keeper import TailKeeper
from dashboard.cloud.tails.retention import prune_tails
from dashboard.cloud.verification.retention import prune_probes
from dashboard.cloud.verification.runner import VerificationRunner
from dashboard.events.due import DueSchedules
from dashboard.events.upkeep import look as look_at_events, prune as prune_events
from dashboard.exports.worker.exporter import Exporter
from dashboard.notifications.delivery.fan_out import fan_out_all
from dashboard.notifications.delivery.send_due import send_due
from dashboard.notifications.retention import prune as prune_notifications
from dashboard.notifications.sources.edges_behind import look_at_edges
from dashboard.observability.ingest.retention import prune_counts, prune_requests
from dashboard.reviews.digest.weekly import send_weekly
from dashboard.reviews.proposals.deployment.sweep import sweep
from dashboard.rollouts.conductor.loop import look, run_waiting_checks
from dashboard.rollouts.conductor.observation import RolloutObserver
from dashboard.rollouts.conductor.verification import verify
from dashboard.rollouts.external_guardrails.polling import GuardrailPolling
from dashboard.rollouts.hooks.delivery_queue import HookDeliveryQueue
from dashboard.rollouts.remote.conductor import EVERY as REMOTE_SECONDS, look as look_at_remote
from dashboard.rollouts.retention.prune import prune as prune_rollouts
from dashboard.smoketests.runs.retention import prune as prune_check_runs
from dashboard.storage.mail.delivery import look as look_at_mail
from dashboard.storage.queues.delivery import QueueDelivery
from dashboard.trail.push import push_all
from dashboard.trail.upkeep import tidy
from dashboard.work.loop import Loop, Task
from routing.assets.retention import prune as prune_assets
from routing.control.staged_objects import prune as prune_objects

CHECKS_STUCK_SECONDS = 1800.0
"""Runs of checks are carried out one after the other."""


def conductor() -> list[Loop]:
    """Rollouts, checks, reviews, notifications, the audit trail, retention."""
    observe = RolloutObserver(verify)
    rollouts = Task("rollouts", lambda now: look(observe))
    checks = Task("checks", run_waiting_checks, stuck_after=CHECKS_STUCK_SECONDS)
    poll, courier = GuardrailPolling(), HookDeliveryQueue()
    tails, verifications = TailKeeper(), VerificationRunner()
    return [
        Loop(rollouts, Task("reviews", sweep)),
        Loop(checks),
        Loop(Task("remote_rollouts", look_at_remote, every=REMOTE_SECONDS)),
        Loop(Task("queues", QueueDelivery().look)),
        Loop(Task("guardrails", poll.look), pause=poll.pause, close=poll.close),
        Loop(Task("hooks", courier.look), pause=courier.pause, close=courier.close),
        Loop(
            Task("schedules", DueSchedules().look),
            Task("events", look_at_events, every=1),
            Task("inboxes", fan_out_all),
            Task("edge_alerts", look_at_edges, every=15),
            Task("digest", send_weekly, every=15),
        ),
        Loop(Task("deliveries", send_due), Task("worker_mail", look_at_mail, every=1)),
        Loop(
            Task("tails", tails.look, every=0.25),
            Task("verifications", verifications.look, every=0.25),
            close=lambda: all([tails.close(), verifications.close()]),
        ),
        Loop(Task("audit_push", push_all, every=1), Task("audit_upkeep", tidy, every=300)),
        _retention(),
    ]


def exports() -> list[Loop]:
    exporter = Exporter()
    return [Loop(Task("exports", exporter.look), close=exporter.close)]


def everything() -> list[Loop]:
    return [*conductor(), *exports()]


def _retention() -> Loop:
    """Deletes expired rows."""
    return Loop(
        Task("prune_requests", prune_requests, every=10),
        Task("prune_counts", prune_counts, every=60),
        Task("prune_notifications", prune_notifications, every=60),
        Task("prune_check_runs", prune_check_runs, every=600),
        Task("prune_rollouts", prune_rollouts, every=3600),
        Task("prune_assets", prune_assets, every=3600),
        Task("prune_objects", prune_objects, every=3600),
        Task("prune_events", prune_events, every=10),
        Task("prune_tails", prune_tails, every=60),
        Task("prune_probes", prune_probes, every=3600),
    )
