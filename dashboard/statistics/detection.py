"""What a step can notice: errors and minutes until a rise of the candidate's rate is an alarm.

An approximation (within 40% of simulated medians), so that a plan can say before it starts what it
will not see. Shares run from 0 to 1; `ratio` is the candidate's error rate over stable's.
"""

from __future__ import annotations

import math

_OVERHEAD = 1.4
"""The mixture needs this many times the errors of a test that knows the ratio; simulated."""


def errors_needed(share: float, ratio: float, alpha: float) -> int | None:
    """Failures of both versions together until the alarm, rounded up; None where none comes.

    1.4 · ln(1/α) / KL(θ(r) ‖ ρ), with the alpha of the rule itself.
    """
    if not 0 < share < 1 or ratio <= 1:
        return None
    theta = share * ratio / (1 - share + share * ratio)
    divergence = theta * math.log(theta / share)
    divergence += (1 - theta) * math.log((1 - theta) / (1 - share))
    return math.ceil(_OVERHEAD * -math.log(alpha) / divergence)


def minutes_to_notice(
    errors_per_minute: float, share: float, ratio: float, alpha: float
) -> int | None:
    """Minutes until a rise by `ratio` is an alarm, rounded up; None without errors to judge by.

    `errors_per_minute` is of the whole Worker today; a rise on `share` of it adds errors.
    """
    needed = errors_needed(share, ratio, alpha)
    if needed is None or errors_per_minute <= 0:
        return None
    return math.ceil(needed / (errors_per_minute * (1 - share + share * ratio)))
