"""The one job that SLUICE_OTLP_ENDPOINT stands for: spans to a collector, by the same machinery."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from django.conf import settings

from dashboard.exports.jobs.backlog import newest_id
from dashboard.exports.jobs.destination import redact
from dashboard.exports.models import TRACES, Job
from routing.secret_encryption import encrypt
from routing.snapshot import Secret


def follow_setting(now: datetime) -> None:
    """Makes, points or pauses the job as the setting says; called when the exports start."""
    held = Job.objects.filter(dataset=TRACES)
    if not settings.OTLP_ENDPOINT:
        held.update(enabled=False)
        return
    url = f"{settings.OTLP_ENDPOINT.rstrip('/')}/v1/traces"
    conf = f"{url}?header_Content-Type={quote('application/json')}"
    changes = {
        "encrypted_destination": encrypt(Secret(conf)),
        "redacted_destination": redact(conf).partition("?")[0],
    }
    newest = newest_id()
    job = held.first()
    if job is None:
        Job.objects.create(
            name="OpenTelemetry traces",
            dataset=TRACES,
            enabled=True,
            created_on=now,
            cursor=newest,
            **changes,
        )
    elif job.enabled:
        held.update(**changes)
    else:  # what happened while it was off is not sent
        held.update(enabled=True, cursor=newest, batch_end=None, attempts=0, **changes)
