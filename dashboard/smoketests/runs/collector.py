"""Results are saved as they come, each with the edge's log line as its proof."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from dashboard.smoketests.assertions import Verdict, conclude
from dashboard.smoketests.models import CheckResult, SmokeRun
from dashboard.smoketests.runs.acceptance import Accepted, accepted_for, fingerprint
from dashboard.smoketests.runs.exchange import Judged
from dashboard.ui.http.storable_text import storable
from routing.models import Invocation


@dataclass
class Collector:
    """Answers of a run that wait for their log lines, at most `log_wait` seconds each."""

    run: SmokeRun
    log_wait: float
    waiting: list[tuple[float, Judged]] = field(default_factory=list)
    saved: int = 0
    accepted: Accepted = field(init=False)

    def __post_init__(self) -> None:
        self.accepted = accepted_for(self.run)

    def add(self, judged: Judged) -> None:
        self.waiting.append((time.monotonic(), judged))

    def save(self) -> None:
        """Saves what has its log line, or has waited long enough. Two queries, however many."""
        if not self.waiting:
            return
        lines = self._log_lines()
        now = time.monotonic()
        rows, waiting = list[CheckResult](), list[tuple[float, Judged]]()
        for since, judged in self.waiting:
            if not judged.ray or judged.ray in lines or now - since >= self.log_wait:
                rows.append(self._row(judged, lines))
            else:
                waiting.append((since, judged))
        self.waiting = waiting
        CheckResult.objects.bulk_create(rows, batch_size=200)
        self.saved += len(rows)

    def _row(self, judged: Judged, lines: dict[str, str]) -> CheckResult:
        row = row_of(self.run, judged, lines)
        row.accepted_id = self.accepted.get((row.position, fingerprint(row.results)))
        return row

    def add_row(self, row: CheckResult) -> None:
        """A result that needs no log line."""
        row.save()
        self.saved += 1

    def _log_lines(self) -> dict[str, str]:
        """Ray → the version that ran, by the edges' log."""
        rays = {judged.ray for _, judged in self.waiting if judged.ray}
        worker = self.run.version.worker.name
        rows = Invocation.objects.filter(ray__in=rays, hop="proof", worker=worker)
        return dict(rows.values_list("ray", "version_id"))


def row_of(run: SmokeRun, judged: Judged, lines: dict[str, str]) -> CheckResult:
    """The result as it is saved; `lines` are ray → version by the edges' log."""
    row = CheckResult(
        run=run,
        position=judged.position,
        name=judged.name,
        required=judged.required,
        edge=judged.edge,
        sent_at=judged.sent_at,
        problem=judged.problem,
    )
    if judged.problem:
        row.verdict = Verdict.BROKEN
        return row
    row.proved = judged.ray in lines
    row.version_id = lines.get(judged.ray, judged.stamp)
    row.verdict, results = conclude(judged.results, row.version_id, str(run.version_id))
    row.results = storable([asdict(result) for result in results])
    row.ray, row.status, row.ms = judged.ray, judged.status, judged.ms
    row.headers, row.body = storable(judged.headers), storable(judged.body)
    row.stable = storable(judged.stable)
    return row


def state_of(rows: Sequence[tuple[bool, str, bool]]) -> str:
    """A run's state by its results as (required, verdict, marked as expected).

    Optional checks are shown and decide nothing, unless there are no others. Scripts that were not
    run prove nothing.
    """
    required = [row for row in rows if row[0]] or list(rows)
    verdicts = {verdict for _, verdict, expected in required if not expected}
    if verdicts & {Verdict.BROKEN, Verdict.COMMAND}:
        return SmokeRun.State.BROKEN
    return SmokeRun.State.FAILED if Verdict.FAILED in verdicts else SmokeRun.State.PASSED
