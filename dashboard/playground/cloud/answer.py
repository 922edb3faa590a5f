"""What the page shows about one send: the banner, and the steps that prove it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.cloud import messages as cloud_messages, proving
from dashboard.cloud.proof.hops import Hop
from dashboard.cloud.proof.judge import NO_WORKER, Rank, Verdict
from dashboard.fleet.version_roles import WORDS, Role
from dashboard.playground.cloud import messages
from dashboard.playground.cloud.models import CloudSend
from dashboard.playground.cloud.override import outcome
from dashboard.playground.cloud.sending import answer_of, facts_of, verdict_of
from dashboard.sending.answer import Answer

LOOKS = 3
"""Times the page looks for the tail's event by itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line below the banner. `ok` is None for a neutral one."""

    text: str
    value: str = ""
    ok: bool | None = True
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """`role` is that of the version which ran, or empty. `override` is what became of it."""

    verdict: Verdict
    title: str
    text: str
    role: Role | None
    share: float | None
    override: str
    override_text: str
    reasons: Sequence[str]
    steps: Sequence[Step]

    @property
    def tone(self) -> str:
        if self.override == "other":
            return "mismatch"
        if not self.verdict.confirmed:
            return "plain" if self.verdict.rank is Rank.SELF_REPORTED else "unseen"
        return str(self.role or Role.PREVIOUS)

    @property
    def word(self) -> str:
        known = self.role is not None and self.role is not Role.PREVIOUS
        return WORDS[self.role].lower() if self.role and known else "version"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage:
    """`failed` is title and text of a send without an answer. `looks` counts looks for its proof;
    `look_problem` says why stored logs could not be read."""

    entry: CloudSend | None = None
    failed: tuple[str, str] | None = None
    answer: Answer | None = None
    banner: Banner | None = None
    hops: Sequence[Hop] = ()
    looks: int = 0
    look_problem: str = ""
    looks_again: bool = False


def sent_page(
    row: CloudSend,
    shares: dict[str, float],
    roles: dict[str, Role],
    bound: Sequence[str] = (),
    *,
    looks: int = 0,
    look_problem: str = "",
) -> SentPage:
    """`shares` and `roles` are of versions that are live now."""
    answer = answer_of(row)
    if answer is None:
        title, text = row.problem
        return SentPage(entry=row, failed=(title, text))
    verdict = verdict_of(row)
    hops = proving.trail_of(str(row.facts["nonce"]), row.worker, bound)
    return SentPage(
        entry=row,
        answer=answer,
        banner=_banner(row, answer, shares, roles),
        hops=hops if len(hops) > 1 else (),
        looks=looks,
        look_problem=look_problem,
        looks_again=not verdict.confirmed and not verdict.no_worker and looks < LOOKS,
    )


def _banner(
    row: CloudSend, answer: Answer, shares: dict[str, float], roles: dict[str, Role]
) -> Banner:
    verdict = verdict_of(row)
    title, text = cloud_messages.RANKS[str(verdict.rank)]
    share = row.share if verdict.version_id == row.asked else shares.get(verdict.version_id)
    became = outcome(row.asked, row.share, verdict)
    return Banner(
        verdict=verdict,
        title=title,
        text=text,
        role=roles.get(verdict.version_id) if verdict.version_id else None,
        share=share,
        override=became,
        override_text=messages.OUTCOMES[became],
        reasons=_reasons(verdict),
        steps=_steps(row, answer, verdict),
    )


def _reasons(verdict: Verdict) -> list[str]:
    """If no Worker answered, the tail's state explains nothing."""
    why = [reason for reason in verdict.why if reason in NO_WORKER] or verdict.why
    return [cloud_messages.NOT_CONFIRMED_BECAUSE[str(reason)] for reason in why]


def _steps(row: CloudSend, answer: Answer, verdict: Verdict) -> list[Step]:
    facts = facts_of(row)
    steps = [Step("Sent with probe number", f"{facts.nonce[:4]}…{facts.nonce[-4:]}")]
    cache = f"cache {facts.cache_status}" if facts.cache_status else "no cache"
    ray = f"cf-ray {answer.ray}" if answer.ray else "no cf-ray"
    steps.append(
        Step("Answered,", f"{ray}, {cache}", bool(answer.ray), f"{answer.elapsed_ms:.0f} ms")
    )
    if verdict.confirmed:
        source = "tail" if verdict.rank is Rank.PROVED else "logs"
        later = ""
        if row.proved_at:
            later = f"{max(0.0, (row.proved_at - row.sent_at).total_seconds()):.1f} s later"
        steps.append(Step(messages.STEPS[source], verdict.version_id[:8], True, later))
    if facts.reported and verdict.confirmed:
        kind = "disagrees" if verdict.disagrees else "agrees"
        steps.append(Step(messages.STEPS[kind], "", not verdict.disagrees))
    return steps
