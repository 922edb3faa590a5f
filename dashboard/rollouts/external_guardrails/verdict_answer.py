"""The response of a webhook or a gate: a verdict and a reason. Pure.

{"verdict": "safe" | "harm" | "not_yet" | "cannot_judge", "reason": "…"}
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from dashboard.rollouts.decisions.states import Verdict

MOST_BYTES = 16 * 1024
LONGEST_REASON = 500


class AnswerInvalid(ValueError):
    """An invalid response; the message is the reason."""


@dataclass(frozen=True, slots=True)
class VerdictAnswer:
    """`reason` is one line, cut to `LONGEST_REASON` characters."""

    verdict: Verdict
    reason: str = ""


def verdict_of(status: int, text: str, *, truncated: bool = False) -> VerdictAnswer:
    """The verdict in a 2xx response. Raises `AnswerInvalid`."""
    if 300 <= status < 400:
        raise AnswerInvalid(f"It answered {status}: redirects are not followed.")
    if not 200 <= status < 300:
        raise AnswerInvalid(f"It answered {status}.")
    if truncated:
        raise AnswerInvalid(f"It answered more than {MOST_BYTES // 1024} kB.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AnswerInvalid("Its answer is not JSON.") from error
    verdict = data.get("verdict") if isinstance(data, dict) else None
    if not isinstance(verdict, str) or verdict not in list(Verdict):
        raise AnswerInvalid(f"Its answer has no verdict: one of {', '.join(Verdict)}.")
    reason = "" if data.get("reason") is None else data["reason"]
    if not isinstance(reason, str):
        raise AnswerInvalid("The reason in its answer is not text.")
    plain = " ".join("".join(c if c.isprintable() else " " for c in reason).split())
    return VerdictAnswer(Verdict(verdict), plain[:LONGEST_REASON])
