"""Script checks: `manage.py smoke run` runs them, with the address and the override in their
environment. No other process runs a command: it looks for a run by command that counts.

Such a run counts for an hour (for a rollout: an hour before its first run of checks), for the same
edit and version, and while no deployment but a rollout's own was made since.

| variable | value |
| --- | --- |
| `SLUICE_URL` | the Worker's public address, as `http://shop.localhost:8787` |
| `SLUICE_OVERRIDE_HEADER` | the header line that reaches the version, for `curl -H` |
| `SLUICE_OVERRIDE_NAME`, `SLUICE_OVERRIDE_VALUE` | the same in two parts |
| `SLUICE_PERMISSION_HEADER` | a second line for `curl -H`, empty unless overrides are protected |
| `SLUICE_OVERRIDE_PERMISSION` | the permission in it: for some minutes, for this version alone |
| `SLUICE_WORKER`, `SLUICE_VERSION_ID`, `SLUICE_VERSION_NUMBER` | what is under test |
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import IO

from django.db.models import Min
from django.utils import timezone

from dashboard.overrides.carry import Carrier
from dashboard.sending.redaction import MASK, mask
from dashboard.sending.wire_request import OVERRIDES
from dashboard.smoketests.assertions import Result, Verdict
from dashboard.smoketests.models import CheckResult, SmokeRun
from dashboard.smoketests.suites.document import Check
from dashboard.ui.http.storable_text import storable
from dashboard.variables.store import all_values
from routing.control.addresses.listed import production_host
from routing.control.publish import url_of
from routing.models import Deployment
from routing.rules.permissions.permission import PERMISSION_NAME

COUNTS_FOR = timedelta(hours=1)
OUTPUT = 8192
"""Bytes of the end of the output that are stored."""
_TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+")
"""A permission that the script printed: it opens the version until it expires."""
_OWN = ("SLUICE_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "PGPASS")
"""Settings of this server, its secrets among them: a script gets none of them."""


def environment(run: SmokeRun, base: Mapping[str, str]) -> dict[str, str]:
    """The environment of a script: `base` without this server's settings, and the variables."""
    worker, version = run.version.worker.name, str(run.version_id)
    value, permission = f'{worker}="{version}"', _permission(run)
    return {name: text for name, text in base.items() if not name.startswith(_OWN)} | {
        "SLUICE_URL": url_of(production_host(run.version.worker)),
        "SLUICE_OVERRIDE_HEADER": f"{OVERRIDES}: {value}",
        "SLUICE_OVERRIDE_NAME": OVERRIDES,
        "SLUICE_OVERRIDE_VALUE": value,
        "SLUICE_PERMISSION_HEADER": f"{PERMISSION_NAME}: {permission}" if permission else "",
        "SLUICE_OVERRIDE_PERMISSION": permission,
        "SLUICE_WORKER": worker,
        "SLUICE_VERSION_ID": version,
        "SLUICE_VERSION_NUMBER": str(run.version.number),
    }


def _permission(run: SmokeRun) -> str:
    """What an override of a protected Worker needs; empty for every other."""
    person = run.author.username if run.author else "system"
    return Carrier.of(person, timezone.now()).permission(run.version)


def run_script(
    run: SmokeRun, position: int, check: Check, goes_on: Callable[[], bool], beat: float
) -> CheckResult:
    """Runs the command to its end, its time-out, or until `goes_on` is false; called every `beat`
    seconds. Its exit code is the result."""
    row = _row(run, position, check)
    row.sent_at, started = timezone.now(), time.monotonic()
    with tempfile.TemporaryFile() as output:
        code = _wait(_start(run, check, output), check.timeout, goes_on, beat)
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - OUTPUT))
        text = output.read().decode("utf-8", "replace")
    row.ms = round((time.monotonic() - started) * 1000, 1)
    row.body = storable(mask(_TOKEN.sub(MASK, text), all_values(run.version.worker.name)[1]))
    actual = str(code) if code is not None else f"stopped after {row.ms / 1000:.0f} s"
    row.results = [asdict(Result("exit code", "0", code == 0, actual))]
    row.verdict = Verdict.PASSED if code == 0 else Verdict.FAILED
    return row


def earlier_result(run: SmokeRun, position: int, check: Check, now: datetime) -> CheckResult:
    """The result of a run by command that counts for this run; else a script that was not run."""
    row = _row(run, position, check)
    counted = _counting(run, position, now)
    if counted is None:
        row.verdict = Verdict.COMMAND
        row.problem = "Runs by command only."
        return row
    row.verdict, row.results, row.body = counted.verdict, counted.results, counted.body
    row.ms, row.sent_at = counted.ms, counted.sent_at
    row.problem = f"Run by command, {counted.sent_at:%Y-%m-%d %H:%M:%S} UTC."
    return row


def _counting(run: SmokeRun, position: int, now: datetime) -> CheckResult | None:
    """The newest result of the script by command, if nothing that it depends on has moved."""
    rows = CheckResult.objects.filter(
        position=position,
        run__by_command=True,
        run__edit=run.edit_id,
        run__version=run.version_id,
        run__state__in=SmokeRun.JUDGED,
        sent_at__gte=_requested_at(run, now) - COUNTS_FOR,
    )
    counted = rows.select_related("run").order_by("-sent_at").first()
    if counted is None or counted.sent_at is None:
        return None
    later = Deployment.objects.filter(
        worker=run.version.worker, created_on__gt=counted.run.started_at
    )
    return None if later.exclude(source="rollout").exists() else counted


def _requested_at(run: SmokeRun, now: datetime) -> datetime:
    """When evidence had to be fresh: what counted at a rollout's gate counts in its later runs."""
    if run.rollout_id is None:
        return now
    first = SmokeRun.objects.filter(rollout_id=run.rollout_id).aggregate(at=Min("started_at"))
    return min(now, first["at"] or now)


def _row(run: SmokeRun, position: int, check: Check) -> CheckResult:
    return CheckResult(
        run=run, position=position, name=check.name, required=check.required, edge="command"
    )


def _start(run: SmokeRun, check: Check, output: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/bin/sh", "-c", check.script],
        env=environment(run, os.environ),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _wait(
    process: subprocess.Popen[bytes], timeout: float, goes_on: Callable[[], bool], beat: float
) -> int | None:
    """The exit code; None when it was ended, with all that it started."""
    deadline = time.monotonic() + timeout
    try:
        while True:
            left = deadline - time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                return process.wait(max(0.01, min(beat, left)))
            if left <= 0 or not goes_on():
                return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
