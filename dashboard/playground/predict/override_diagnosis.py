"""Per Worker: what its override will do, why, and a one-click fix.

The rules decide and `messages.py` has the texts; this adds a tone, the wrong part of the header,
and fixes that are whole headers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboard.fleet.propagation import Meter, meter_of
from dashboard.fleet.version_roles import Standing
from dashboard.playground.predict import messages
from dashboard.playground.predict.header_excerpt import Marked, marked
from dashboard.playground.predict.predict import Prediction
from routing.models import Deployment, Version
from routing.rules.override import Outcome, addressable, parse
from routing.rules.problem import Kind, Problem

_CARRIED = (
    "Its overrides are protected: what you send from here carries your own permission. Others need "
    "one too: share the version with them."
)
QUIET = (Outcome.absent, Outcome.not_addressed)


@dataclass(frozen=True, slots=True)
class Fix:
    """A button: `value` is the whole header that it puts into the field."""

    label: str
    value: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The header at one Worker. `tone` is ok, plain or warn."""

    worker: str
    prediction: Prediction
    outcome: str = str(Outcome.absent)
    tone: str = "plain"
    title: str = ""
    text: str = ""
    line: Marked | None = None
    fixes: tuple[Fix, ...] = ()
    #: The version that could be staged at 0%, and the command that does it.
    stage: str = ""
    command: str = ""
    meter: Meter | None = None
    problem: Problem | None = None

    @property
    def quiet(self) -> bool:
        """The header does not name this Worker: one line is enough."""
        misplaced = self.problem is not None and self.problem.kind is Kind.parameter
        return self.outcome in QUIET and not misplaced


def diagnose(
    worker: str, prediction: Prediction, deployment: Deployment | None, others: frozenset[str]
) -> Diagnosis:
    """`others` are the Workers behind this one, for which a header may be meant."""
    base = Diagnosis(worker, prediction)
    if prediction.problem or deployment is None or prediction.decision is None:
        return replace(base, title="Nothing to predict", text=prediction.problem, tone="warn")
    override = prediction.decision.override
    outcome = override.outcome if override else Outcome.absent
    base = replace(base, outcome=str(outcome), tone="warn")
    if override is None or outcome is Outcome.absent:
        return _absent(base)
    base = replace(base, meter=meter_of(worker, deployment.revision, deployment.created_on))
    problem = override.problem
    if problem is None:
        return _applied(base)
    base = replace(base, problem=problem, line=marked(override), fixes=_fixes(problem))
    base = _in_words(base, problem, others & set(parse(override.field) or ()))
    return _applied_in_part(base) if outcome is Outcome.applied else base


def _absent(base: Diagnosis) -> Diagnosis:
    """One click to each version that an override reaches."""
    fixes = (
        tuple(_use(base.worker, s) for s in base.prediction.live)
        if addressable(base.worker)
        else ()
    )
    reason = base.prediction.decision and base.prediction.decision.reason
    text = (
        "The version key decides." if reason == "affinity" else "Each request goes by percentage."
    )
    return replace(base, tone="plain", title="No override", text=text, fixes=fixes)


def _use(worker: str, standing: Standing) -> Fix:
    label = f"Use {standing.word.lower()} {standing.version.short_id}, {standing.percentage}"
    return Fix(label, f'{worker}="{standing.version.id}"', str(standing.role))


def _applied(base: Diagnosis) -> Diagnosis:
    runs = base.prediction.answers[0]
    edges = f", on {base.meter.done}/{base.meter.total} edges" if base.meter else ""
    text = (
        f"{base.worker} runs {runs.word.lower()} {runs.version.short_id}, "
        f"in the live deployment at {runs.percentage}{edges}."
    )
    if _is_protected(base):
        text = f"{text} {_CARRIED}"
    return replace(base, tone="ok", title="Will be applied", text=text)


def _is_protected(base: Diagnosis) -> bool:
    decision = base.prediction.decision
    return decision is not None and any(step.name == "permit" for step in decision.steps)


def _applied_in_part(base: Diagnosis) -> Diagnosis:
    """Applied here, with a part of the header that is ignored."""
    return replace(base, text=f"{base.text} {_applied(base).text}")


def _in_words(base: Diagnosis, problem: Problem, for_others: frozenset[str]) -> Diagnosis:
    """Title and text, with names and edges that the rules do not know."""
    if problem.kind is Kind.not_in_deployment:
        return _stageable(base, problem)
    if problem.kind is Kind.not_propagated and base.meter is not None:
        return _on_its_way(base, base.meter)
    title, text = messages.words_of(problem)
    if problem.kind is Kind.not_named and for_others:
        return replace(base, tone="plain", title=f"Not for {base.worker}", text=text)
    return replace(base, title=title, text=text)


def _stageable(base: Diagnosis, problem: Problem) -> Diagnosis:
    version_id = str(problem.facts["id"])
    version = Version.objects.filter(id=version_id).only("number", "tag").first()
    name = (version.tag or f"#{version.number}") if version else version_id[:8]
    title, text = messages.words_of(problem, name=name)
    command = str(problem.facts["command"])
    return replace(base, title=title, text=text, stage=version_id, command=command)


def _on_its_way(base: Diagnosis, meter: Meter) -> Diagnosis:
    late = " ".join(f"{c.edge} still has revision {c.revision}." for c in meter.lagging)
    title = f"{meter.done}/{meter.total} edges have revision {meter.revision}"
    return replace(base, title=title, text=f"{late} Usually done in under a second.".strip())


def _fixes(problem: Problem) -> tuple[Fix, ...]:
    fix = problem.fix
    return (Fix(messages.label_of(fix), fix.header),) if fix else ()
