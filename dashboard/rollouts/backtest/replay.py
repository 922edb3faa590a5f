"""Applies the guardrails of a plan to recorded blocks, as a rollout would. Pure.

Not replayed: processes, checks, Prometheus and webhooks, whose answers are not recorded. A step
that a person moves on is moved on at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from dashboard.observability.versions.slow_requests import SlowFigures
from dashboard.rollouts.backtest.thinning import RecordedBlock, Thinning
from dashboard.rollouts.decisions.breaches import deciding, with_breaches
from dashboard.rollouts.decisions.guardrails import (
    ABORTING_RULES,
    Figures,
    Judgment,
    judge_errors,
    judge_limit,
)
from dashboard.rollouts.decisions.plan import Plan, Step
from dashboard.rollouts.decisions.states import Verdict
from dashboard.rollouts.external_guardrails.terms import OnBreach
from dashboard.rollouts.slow_requests.budget import NO_BUDGET, SlowBudget
from dashboard.rollouts.slow_requests.judgment import judge_slow
from dashboard.statistics.blocks import Block
from routing.rules.split import TOTAL

EACH_BLOCK = 30
GROWTH = 1.1
"""Looks: at each of a step's first blocks, then whenever it has grown by a tenth. Valid at any look
all the same; harm in a long step is found at most a tenth of its length later."""
COLD_START = timedelta(seconds=60)


class Outcome(StrEnum):
    """How a step, and with its last step the replay, would have ended."""

    MOVED_ON = "moved_on"
    DONE = "done"
    ROLLED_BACK = "rolled_back"
    HELD = "held"
    RAN_OUT = "ran_out"


@dataclass(frozen=True, slots=True)
class StepReplay:
    """One step. `judgments` are those of its last look, `deciding` the one that ended it."""

    step: Step
    began_at: datetime
    ended_at: datetime
    outcome: Outcome
    figures: Figures
    judgments: Sequence[Judgment] = ()
    decides: Judgment | None = None

    @property
    def lasted(self) -> timedelta:
        return self.ended_at - self.began_at


@dataclass(frozen=True, slots=True)
class Replay:
    """The steps as far as they were reached. Without recorded blocks there is none."""

    plan: Plan
    steps: tuple[StepReplay, ...] = ()

    @property
    def outcome(self) -> Outcome:
        return self.steps[-1].outcome if self.steps else Outcome.RAN_OUT

    @property
    def not_reached(self) -> tuple[Step, ...]:
        return self.plan.steps[len(self.steps) :]


@dataclass(slots=True)
class _Sums:
    """A step's blocks so far."""

    pairs: list[tuple[dict[str, int], dict[str, int]]] = field(default_factory=list)

    def figures(self) -> Figures:
        return Figures(
            blocks=self._blocks("failing"),
            candidate=(self._sum(0, "requests"), self._sum(0, "failed")),
            stable=(self._sum(1, "requests"), self._sum(1, "failed")),
            callers=self._sum(0, "callers"),
            slow={name: self._slow(f"slow_{name}") for name in ("p95", "p99")},
        )

    def _slow(self, name: str) -> SlowFigures:
        return SlowFigures(
            self._blocks(f"{name}_callers"),
            (self._sum(0, "requests"), self._sum(0, name)),
            (self._sum(1, "requests"), self._sum(1, name)),
        )

    def _blocks(self, bad: str) -> tuple[Block, ...]:
        return tuple(
            Block(max(c["callers"], c[bad]), c[bad], max(s["callers"], s[bad]), s[bad])
            for c, s in self.pairs
        )

    def _sum(self, version: int, name: str) -> int:
        return sum(pair[version][name] for pair in self.pairs)


def replay(
    plan: Plan,
    blocks: Sequence[RecordedBlock],
    budget: SlowBudget = NO_BUDGET,
    *,
    rise: float = 1.0,
) -> Replay:
    """`blocks` in order of time. `rise` multiplies the failures of a candidate that is drawn from
    stable."""
    thinning, steps, left = Thinning(rise), [], list(blocks)
    for index, step in enumerate(plan.steps):
        if not left:
            break
        bake = plan.final_bake if step.weight == TOTAL else step.bake
        run = _StepRun(plan, step, bake, budget, thinning)
        played, left = run.play(left)
        if played.outcome is Outcome.MOVED_ON and index == len(plan.steps) - 1:
            played = replace(played, outcome=Outcome.DONE)
        steps.append(played)
        if played.outcome is not Outcome.MOVED_ON:
            break
    return Replay(plan, tuple(steps))


@dataclass(slots=True)
class _StepRun:
    plan: Plan
    step: Step
    bake: timedelta
    budget: SlowBudget
    thinning: Thinning

    def play(self, blocks: list[RecordedBlock]) -> tuple[StepReplay, list[RecordedBlock]]:
        """The step, and the blocks that it leaves over."""
        began, sums, due, was_baked = blocks[0].start, _Sums(), 1.0, False
        cold = min(COLD_START, self.bake / 5).total_seconds()
        for count, block in enumerate(blocks, 1):
            pair = self.thinning.at(block, self.step.weight)
            if not (block.start < began + cold and block.seconds <= cold):
                sums.pairs.append(pair)
            baked = block.end - began >= self.bake.total_seconds()
            last = count == len(blocks)
            if not (count <= EACH_BLOCK or count >= due or last or baked != was_baked):
                continue
            due, was_baked = count * GROWTH, baked
            judgments = self._judgments(sums.figures())
            decides = deciding(judgments, self.plan)
            outcome = self._outcome(decides, baked, block.end)
            if outcome is None and last:
                outcome = Outcome.RAN_OUT
            if outcome is not None:
                figures = sums.figures()
                ended = _replayed(self.step, began, block.end, outcome, figures, judgments, decides)
                return ended, blocks[count:]
        raise AssertionError("a step has at least one block")

    def _judgments(self, figures: Figures) -> list[Judgment]:
        """As `observe.judgments`, of what is recorded; at 100% fixed limits only."""
        judgments = [judge_limit(figures, self.plan, None, ABORTING_RULES)]
        if self.step.weight != TOTAL:
            judgments[:0] = [
                judge_errors(figures, self.plan, self.step.rule, ABORTING_RULES),
                judge_slow("p95", figures, self.budget.p95_us, ABORTING_RULES, None),
                judge_slow("p99", figures, self.budget.p99_us, ABORTING_RULES, None),
            ]
        return with_breaches(judgments, self.plan)

    def _outcome(self, decides: Judgment, baked: bool, end: int) -> Outcome | None:
        """None while the step goes on."""
        if decides.verdict is Verdict.HARM:
            back = decides.on_breach is OnBreach.ROLL_BACK
            return Outcome.ROLLED_BACK if back else Outcome.HELD
        moves_on = baked and decides.verdict is Verdict.SAFE and self._open_at(end)
        return Outcome.MOVED_ON if moves_on else None

    def _open_at(self, end: int) -> bool:
        """Whether the plan steps up at this time of the week; a final bake ends at any."""
        if self.step.weight == TOTAL or self.plan.hours is None:
            return True
        return self.plan.hours.include(datetime.fromtimestamp(end, UTC))


def _replayed(
    step: Step,
    began: int,
    end: int,
    outcome: Outcome,
    figures: Figures,
    judgments: Sequence[Judgment],
    decides: Judgment,
) -> StepReplay:
    times = (datetime.fromtimestamp(began, UTC), datetime.fromtimestamp(end, UTC))
    return StepReplay(step, *times, outcome, figures, tuple(judgments), decides)
