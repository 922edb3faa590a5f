"""A run as JUnit XML, which CI systems show."""

from __future__ import annotations

from xml.etree import ElementTree

from dashboard.smoketests.assertions import Verdict
from dashboard.smoketests.models import CheckResult, SmokeRun


def junit(run: SmokeRun) -> str:
    """One test case for each check and edge; a broken check is an error, not a failure."""
    rows = list(run.results.select_related("accepted"))
    suite = ElementTree.Element(
        "testsuite",
        name=run.edit.suite.name,
        tests=str(len(rows)),
        failures=str(sum(row.verdict == Verdict.FAILED and not _is_skipped(row) for row in rows)),
        errors=str(sum(row.verdict == Verdict.BROKEN for row in rows)),
        skipped=str(sum(_is_skipped(row) for row in rows)),
        timestamp=run.started_at.isoformat(),
    )
    for row in rows:
        suite.append(_case(run, row))
    if run.problem:
        ElementTree.SubElement(suite, "system-err").text = run.problem
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(run: SmokeRun, row: CheckResult) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        name=_printable(row.name),
        classname=f"{run.version.worker.name}.{row.edge}",
        time=f"{row.ms / 1000:.3f}",
    )
    if _is_skipped(row):
        why = row.accepted.why if row.accepted else row.problem
        ElementTree.SubElement(case, "skipped", message=_printable(why))
    elif row.verdict != Verdict.PASSED:
        kind = "failure" if row.verdict == Verdict.FAILED else "error"
        wrong = [r for r in row.results if not r["passed"]]
        words = [f"{r['kind']}: expected {r['expected']}, was {r['actual']}" for r in wrong]
        text = _printable("\n".join([row.problem, *words]).strip())
        first = text.splitlines()[0] if text else row.verdict
        ElementTree.SubElement(case, kind, message=first).text = text
    return case


def _is_skipped(row: CheckResult) -> bool:
    """Marked as expected, or a script that was not run."""
    return row.accepted_id is not None or row.verdict == Verdict.COMMAND


def _printable(text: str) -> str:
    """XML 1.0 has no control characters but tab and line breaks."""
    return "".join(c if c in "\t\n\r" or c >= " " else "\ufffd" for c in text)
