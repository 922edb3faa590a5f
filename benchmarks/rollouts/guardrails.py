"""Guardrails on simulated traffic: false alarms, and how soon a rise is found.

`python -m benchmarks.rollouts.guardrails [seed]`. Beside the product's test stands a naive one in
the same run: a one-sided two-proportion z-test at the same alpha, also looked at every minute.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dashboard.statistics.blocks import Block
from dashboard.statistics.comparison import harm_found

RUNS, MINUTES, ALPHA = 200, 60, 0.05
PER_MINUTE, SHARE, RATE = 600, 0.2, 0.02
NAIVE_LIMIT = 1.645
"""Of a normal distribution, one-sided at 5%."""

Test = Callable[[Sequence[Block]], bool]


@dataclass(frozen=True, slots=True)
class Minute:
    """The same minute counted by request, and with each caller counted once."""

    requests: Block
    callers: Block


def constant(dice: random.Random, ratio: float) -> Iterator[Minute]:
    for _ in range(MINUTES):
        yield independent(dice, SHARE, RATE, ratio)


def drifting(dice: random.Random, ratio: float) -> Iterator[Minute]:
    """The share drifts by half, the error rate jumps fourfold and back."""
    for minute in range(MINUTES):
        share = SHARE * (1 + 0.5 * math.sin(minute / 7))
        yield independent(dice, share, RATE * (4 if 20 <= minute < 35 else 1), ratio)


def bursty(dice: random.Random, ratio: float) -> Iterator[Minute]:
    """An outage that both versions share: forty times the errors for three minutes."""
    for minute in range(MINUTES):
        rate = min(0.9, RATE * 40) if 30 <= minute < 33 else RATE
        yield independent(dice, SHARE, rate, ratio)


def sticky(dice: random.Random, ratio: float) -> Iterator[Minute]:
    """A caller that fails retries ten times, always on the same version."""
    for _ in range(MINUTES):
        one = independent(dice, SHARE, RATE, ratio).callers
        yield Minute(
            Block(
                one.candidate + 9 * one.candidate_failed,
                10 * one.candidate_failed,
                one.stable + 9 * one.stable_failed,
                10 * one.stable_failed,
            ),
            one,
        )


TRAFFIC = {"constant": constant, "drifting": drifting, "bursty": bursty, "sticky callers": sticky}


def independent(dice: random.Random, share: float, rate: float, ratio: float) -> Minute:
    candidate = round(PER_MINUTE * share)
    failed = binomial(dice, candidate, min(1.0, rate * ratio))
    stable = PER_MINUTE - candidate
    block = Block(candidate, failed, stable, binomial(dice, stable, rate))
    return Minute(block, block)


def binomial(dice: random.Random, count: int, share: float) -> int:
    return sum(dice.random() < share for _ in range(count))


def naive(blocks: Sequence[Block]) -> bool:
    """Two proportions, pooled, as a page with a z-test would compare them."""
    n_c, n_s = sum(b.candidate for b in blocks), sum(b.stable for b in blocks)
    x_c, x_s = sum(b.candidate_failed for b in blocks), sum(b.stable_failed for b in blocks)
    pooled = (x_c + x_s) / (n_c + n_s)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n_c + 1 / n_s))
    return bool(spread) and (x_c / n_c - x_s / n_s) / spread > NAIVE_LIMIT


def ours(blocks: Sequence[Block]) -> bool:
    return harm_found(blocks, ALPHA)


def minutes_to_alarm(blocks: Sequence[Block], test: Test) -> int | None:
    """Looked at after each minute; None without an alarm."""
    return next((n for n in range(1, len(blocks) + 1) if test(blocks[:n])), None)


def main(seed: int) -> None:
    print(f"seed {seed}; {RUNS} runs of {MINUTES} minutes each, {PER_MINUTE} requests a minute,")
    print(f"candidate {SHARE:.0%}, errors {RATE:.0%}, alpha {ALPHA:.0%}, a look every minute\n")
    print("| false alarms of identical pairs | guardrail | naive |")
    print("| --- | ---: | ---: |")
    for name, traffic in TRAFFIC.items():
        alarms = _alarms(random.Random(seed), traffic, 1.0)
        shares = [sum(a is not None for a in side) / RUNS for side in alarms]
        print(f"| {name} | {shares[0]:.1%} | {shares[1]:.1%} |", flush=True)
    print("\n| rise | found by guardrail | median min | 90% min | naive, median min |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for ratio in (1.5, 2, 5, 20):
        found, baseline = _alarms(random.Random(seed), constant, ratio)
        print(f"| {ratio:g}× | {_row(found)} | {_median(baseline)} |", flush=True)


def _alarms(
    dice: random.Random, traffic: Callable[[random.Random, float], Iterator[Minute]], ratio: float
) -> tuple[list[int | None], list[int | None]]:
    """Ours by caller, the naive one by request, over the same minutes."""
    tables = [list(traffic(dice, ratio)) for _ in range(RUNS)]
    by_caller = [minutes_to_alarm([m.callers for m in table], ours) for table in tables]
    by_request = [minutes_to_alarm([m.requests for m in table], naive) for table in tables]
    return by_caller, by_request


def _row(alarms: list[int | None]) -> str:
    found = sorted(a for a in alarms if a is not None)
    late = found[int(0.9 * (len(found) - 1))] if found else "–"
    return f"{len(found) / len(alarms):.0%} | {_median(alarms)} | {late}"


def _median(alarms: list[int | None]) -> str:
    found = [a for a in alarms if a is not None]
    return f"{statistics.median(found):g}" if found else "–"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2026)
