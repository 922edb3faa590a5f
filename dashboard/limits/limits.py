"""The limits. A browser keeps six connections to a host, and a pipeline starts a few commands at
once: people who work with this notice none of them."""

from __future__ import annotations

from django.conf import settings

from dashboard.limits.places import Places
from dashboard.limits.rates import Rate

REQUESTS = Places(each=2, total=64, queue=30, wait_seconds=10.0)
"""Pages and API requests of one person that are being worked on: more at once would make none of
them sooner, since threads take turns at Python's lock, but all others' later. One that only waits
for an edge or a runtime gives its place back (`dashboard.limits.answers.waiting`)."""
SENDS = Places(each=8, total=64)
"""Requests of the playground that wait for a Worker's answer, up to 20 seconds each."""
UPLOADS = Places(each=3, total=8, queue=8, wait_seconds=30.0)
"""Uploads that are tried in a runtime."""
DOWNLOADS = Rate("downloads", burst=20, per_minute=20)
"""Exports of the audit trail by one person."""
COMMENTS = Rate("comments", burst=20, per_minute=20)
SUITE_RUNS = Rate("runs of suites", burst=20, per_minute=20)


def api_by_token() -> Rate:
    """API requests by one token; half a minute's at once."""
    return Rate("api", settings.API_PER_MINUTE // 2 or 1, settings.API_PER_MINUTE)
