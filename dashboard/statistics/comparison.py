"""Does the candidate fail more often than stable? E-values over blocks of the same minutes.

In a block with the observed candidate share ρ, and a risk ratio r = p_candidate / p_stable, a
failure is the candidate's with probability θ(r) = ρr / (1 − ρ + ρr). Failures common to both
versions, and any drift of the error rate, cancel out. Evidence is computed from the whole table of
blocks at each look, never as a running sum, so that corrected counts correct it.

Sources: Lindon & Malek, "Anytime-valid inference for multinomial count data" (arXiv 2011.03567);
Hoeffding 1963 for the binomial bound on hypergeometric margins.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from dashboard.statistics.blocks import Block
from dashboard.statistics.proportion import ALPHA, Interval

HARM_ALPHA = 0.01
"""Probability of a false alarm, over all looks, when the candidate is no worse than stable."""
MARGIN = 2.0
"""`safe_evidence` speaks against a candidate that fails this many times as often as stable."""

_RATIO, _POINTS, _DECAY = 1.15, 26, 1.2
_WEIGHTS = [k**-_DECAY for k in range(1, _POINTS + 1)]
_LOG_WEIGHTS = [math.log(w / sum(_WEIGHTS)) for w in _WEIGHTS]
_LARGEST_LOG = 700.0  # exp() of more is no float
_WIDEST_LOG_RATIO = math.log(1e6)
_STEPS = 14  # of a bisection over the logarithm of the ratio: 0.2% of the ratio


def harm_evidence(blocks: Iterable[Block], ratio: float = 1.0) -> float:
    """E-value against "the candidate fails at most `ratio` times as often as stable"; 1.0 without
    failures."""
    return math.exp(min(_log_evidence(_usable(blocks), ratio, _RATIO), _LARGEST_LOG))


def safe_evidence(blocks: Iterable[Block], margin: float = MARGIN) -> float:
    """E-value against "the candidate fails at least `margin` times as often as stable"."""
    return math.exp(min(_log_evidence(_usable(blocks), margin, 1 / _RATIO), _LARGEST_LOG))


def harm_found(blocks: Iterable[Block], alpha: float = HARM_ALPHA) -> bool:
    """Whether the evidence of harm reached 1/`alpha`. Valid at every look."""
    return harm_evidence(blocks) >= 1 / alpha


def safe_found(blocks: Iterable[Block], alpha: float = ALPHA, margin: float = MARGIN) -> bool:
    """Whether the evidence against a rise by `margin` reached 1/`alpha`."""
    return safe_evidence(blocks, margin) >= 1 / alpha


def ratio_interval(blocks: Iterable[Block], alpha: float = ALPHA) -> Interval:
    """How many times as often as stable the candidate fails: 0 to infinity, valid at every look."""
    usable = _usable(blocks)
    if not usable:
        return Interval(0.0, math.inf)
    middle = _middle(usable)
    low = _border(usable, middle, -_WIDEST_LOG_RATIO, alpha)
    high = _border(usable, middle, _WIDEST_LOG_RATIO, alpha)
    return Interval(
        math.exp(low) if low > -_WIDEST_LOG_RATIO else 0.0,
        math.exp(high) if high < _WIDEST_LOG_RATIO else math.inf,
    )


def _usable(blocks: Iterable[Block]) -> list[Block]:
    """Blocks in which both versions answered; without a failure a block adds nothing."""
    return [block for block in blocks if block.comparable]


def _log_evidence(blocks: Sequence[Block], null: float, step: float) -> float:
    """Log of the mixture over the ratios `null` · `step`^k, k = 1…26, against the ratio `null`."""
    terms = [
        weight + _log_likelihood(blocks, null * step**k)
        for k, weight in enumerate(_LOG_WEIGHTS, start=1)
    ]
    return _log_sum(terms) - _log_likelihood(blocks, null)


def _log_likelihood(blocks: Sequence[Block], ratio: float) -> float:
    """Σ x_c ln θ(r) + x_s ln(1 − θ(r)), without the terms that do not depend on `ratio`."""
    shares = ((b.failed, b.share) for b in blocks)
    candidate_failed = sum(b.candidate_failed for b in blocks)
    all_failed = sum(failed * math.log1p(share * (ratio - 1)) for failed, share in shares)
    return candidate_failed * math.log(ratio) - all_failed


def _middle(blocks: Sequence[Block]) -> float:
    """The log of a ratio inside the interval: of failures over what equal versions would have."""
    candidate = sum(b.candidate_failed for b in blocks) + 0.5
    stable = sum(b.stable_failed for b in blocks) + 0.5
    equal_candidate = sum(b.failed * b.share for b in blocks)
    equal_stable = sum(b.failed * (1 - b.share) for b in blocks)
    middle = math.log(candidate * equal_stable / (stable * equal_candidate))
    return max(-_WIDEST_LOG_RATIO, min(_WIDEST_LOG_RATIO, middle))


def _border(blocks: Sequence[Block], inside: float, outside: float, alpha: float) -> float:
    """The log ratio between `inside` and `outside` at which the evidence reaches 1/`alpha`."""
    limit = -math.log(alpha)
    if _against(blocks, outside) < limit:
        return outside
    for _ in range(_STEPS):
        middle = (inside + outside) / 2
        if _against(blocks, middle) < limit:
            inside = middle
        else:
            outside = middle
    return outside


def _against(blocks: Sequence[Block], log_ratio: float) -> float:
    """Log evidence against exactly this ratio: half of the mixture lies above it, half below."""
    null = math.exp(log_ratio)
    sides = [_log_evidence(blocks, null, step) for step in (_RATIO, 1 / _RATIO)]
    return _log_sum(sides) - math.log(2)


def _log_sum(logs: Sequence[float]) -> float:
    """Log of a sum of exponentials, without overflow."""
    largest = max(logs)
    return largest + math.log(sum(math.exp(x - largest) for x in logs))
