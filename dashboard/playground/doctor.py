"""The override doctor: per Worker what will happen, why, and the one click that puts it right.

The verdict and its advice are the edge's own rules'; here they get a title, a place in the header
that is underlined, and fixes that are whole headers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dashboard.playground.mark import Marked, marked
from dashboard.playground.predict import Prediction
from dashboard.ui.propagation import Meter, meter_of
from dashboard.ui.standing import Standing
from routing.models import Deployment, Version
from routing.rules.override import Outcome, Override, addressable, member_of, parse, type_name

QUIET = (Outcome.absent, Outcome.not_addressed)


@dataclass(frozen=True, slots=True)
class Fix:
    """A button: `value` is the whole header that it puts into the field."""

    label: str
    value: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What becomes of the header at one Worker. `tone` is ok, plain or warn."""

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

    @property
    def quiet(self) -> bool:
        """Nothing asked of this Worker: one line says where the request goes."""
        return self.outcome in QUIET


def diagnose(
    worker: str, prediction: Prediction, deployment: Deployment | None, others: frozenset[str]
) -> Diagnosis:
    """`others` are the Workers that this one reaches; a header may well be meant for them."""
    base = Diagnosis(worker, prediction)
    if prediction.problem or deployment is None or prediction.decision is None:
        return replace(base, title="Nothing to predict", text=prediction.problem, tone="warn")
    override = prediction.decision.override
    outcome = override.outcome if override else Outcome.absent
    base = replace(base, outcome=str(outcome), tone="warn")
    if override is None or outcome is Outcome.absent:
        return _absent(base)
    base = replace(
        base,
        line=None if outcome is Outcome.applied else marked(override, worker),
        fixes=_fixes(override, worker),
    )
    if outcome is Outcome.not_addressed and others & set(parse(override.field) or ()):
        return replace(base, tone="plain", title=f"Not for {worker}", text=_rest(override.advice))
    meter = meter_of(deployment.revision, deployment.created_on)
    return _WORDS[outcome](replace(base, meter=meter), override)


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


def _applied(base: Diagnosis, override: Override) -> Diagnosis:
    runs = base.prediction.answers[0]
    edges = f", on {base.meter.done}/{base.meter.total} edges" if base.meter else ""
    text = (
        f"{base.worker} runs {runs.word.lower()} {runs.version.short_id}, "
        f"in the live deployment at {runs.percentage}{edges}."
    )
    return replace(base, tone="ok", title="Will be applied", text=text)


def _invalid_header(base: Diagnosis, override: Override) -> Diagnosis:
    if not addressable(base.worker):
        return _unaddressable(base)
    title, _, text = override.advice.partition(": ")
    return replace(base, title=title, text=_capital(text))


def _not_addressed(base: Diagnosis, override: Override) -> Diagnosis:
    if not addressable(base.worker):
        return _unaddressable(base)
    return replace(base, title=f"No member for {base.worker}", text=_rest(override.advice))


def _unaddressable(base: Diagnosis) -> Diagnosis:
    text = (
        "Header keys start with a to z or *. This name starts with a digit, so any header that "
        "names it fails as a whole. A Worker under another name can be overridden."
    )
    return replace(base, title=f"{base.worker} cannot be overridden", text=text)


def _not_a_string(base: Diagnosis, override: Override) -> Diagnosis:
    member = member_of(override.field, base.worker)
    found = type_name(member) if member is not None else "value"
    article = "an" if found[0] in "AEIOU" else "a"
    text = "Only a String counts. Put the id in double quotes."
    return replace(base, title=f"The value is {article} {found}, not a String", text=text)


def _unknown_version(base: Diagnosis, override: Override) -> Diagnosis:
    first, _, rest = override.advice.partition("”. ")
    return replace(base, title=first + "”", text=rest)


def _not_in_deployment(base: Diagnosis, override: Override) -> Diagnosis:
    version_id = override.requested or ""
    version = Version.objects.filter(id=version_id).only("number", "tag").first()
    name = (version.tag or f"#{version.number}") if version else version_id[:8]
    cost, _, command = override.advice.partition("Add it at 0%: ")
    cost = cost.partition("reaches no other. ")[2]
    return replace(
        base,
        title=f"{name} is not in the live deployment",
        text=f"An override reaches only versions that are in it, even at 0%. {cost}".strip(),
        stage=version_id,
        command=command,
    )


def _not_propagated(base: Diagnosis, override: Override) -> Diagnosis:
    meter = base.meter
    if meter is None:
        return base
    late = " ".join(f"{c.edge} still has revision {c.revision}." for c in meter.lagging)
    title = f"{meter.done}/{meter.total} edges have revision {meter.revision}"
    return replace(base, title=title, text=f"{late} Usually done in under a second.".strip())


def _unavailable(base: Diagnosis, override: Override) -> Diagnosis:
    return replace(base, title="Not decided", text=override.advice)


_WORDS: dict[Outcome, Callable[[Diagnosis, Override], Diagnosis]] = {
    Outcome.applied: _applied,
    Outcome.invalid_header: _invalid_header,
    Outcome.not_addressed: _not_addressed,
    Outcome.not_a_string: _not_a_string,
    Outcome.unknown_version: _unknown_version,
    Outcome.not_in_deployment: _not_in_deployment,
    Outcome.not_propagated: _not_propagated,
    Outcome.unavailable: _unavailable,
}


def _fixes(override: Override, worker: str) -> tuple[Fix, ...]:
    suggestion = override.suggestion
    if not suggestion:
        return ()
    return (Fix(_label(override, worker, suggestion), suggestion),)


def _label(override: Override, worker: str, suggestion: str) -> str:
    if override.outcome is Outcome.not_addressed:
        return f"Use {worker}"
    if override.outcome is Outcome.unknown_version:
        owner = next((k for k in parse(suggestion) or () if k not in _keys(override)), None)
        return f"Address {owner} instead" if owner else "Use the full id"
    quoted = suggestion.replace('"', "") == override.field.replace('"', "")
    return "Put the id in quotes" if quoted else "Correct the header"


def _keys(override: Override) -> frozenset[str]:
    return frozenset(parse(override.field) or ())


def _rest(advice: str) -> str:
    """What follows "No member for X; "."""
    return _capital(advice.partition("; ")[2])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
