"""A rollout and the checks it ran as JUnit XML, which CI systems show."""

from __future__ import annotations

from xml.etree import ElementTree

from dashboard.rollouts import messages
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.record import report
from dashboard.smoketests.models import SmokeRun
from dashboard.smoketests.runs.junit import junit


def rollout_junit(rollout: Rollout) -> str:
    """One suite for the rollout, whose one case passes when it is done, and one for the newest run
    of its checks. Held or unfinished is an error, a way back a failure."""
    suites = ElementTree.Element("testsuites")
    suites.append(_rollout_suite(rollout))
    runs = SmokeRun.objects.filter(rollout_id=rollout.pk).select_related("edit__suite", "version")
    newest = runs.order_by("-started_at").first()
    if newest is not None:
        suites.append(ElementTree.fromstring(junit(newest)))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _rollout_suite(rollout: Rollout) -> ElementTree.Element:
    code = report.exit_code(rollout) if report.settled(rollout) else report.WAITS
    failed, waits = code == report.FAILED, code == report.WAITS
    suite = ElementTree.Element(
        "testsuite",
        name=f"rollout of {rollout.worker.name}",
        tests="1",
        failures=str(int(failed)),
        errors=str(int(waits)),
        timestamp=rollout.started_at.isoformat(),
    )
    case = ElementTree.SubElement(
        suite,
        "testcase",
        name=f"#{rollout.candidate.number} reaches 100%",
        classname=rollout.worker.name,
        time=f"{_seconds(rollout):.0f}",
    )
    if failed or waits:
        words = f"{messages.title(rollout)}: {messages.reason(rollout.reason, rollout.facts)}"
        wrong = ElementTree.SubElement(case, "failure" if failed else "error", message=words)
        wrong.text = report.url(rollout)
    return suite


def _seconds(rollout: Rollout) -> float:
    return ((rollout.ended_at or rollout.since) - rollout.started_at).total_seconds()
