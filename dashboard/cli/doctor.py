"""`sluice doctor`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashboard.cli import doctor_messages
from dashboard.cli.control import load

if TYPE_CHECKING:
    from dashboard.installation.doctor.findings import Finding


def doctor(*, as_json: bool) -> int:
    """Exit code 1 with any error; warnings alone are 0."""
    load(needs_shared_keys=False)
    from dashboard.installation.doctor.checks import examine
    from dashboard.installation.doctor.findings import Level

    findings = examine()
    if as_json:
        print(json.dumps({"findings": [_as_json(finding) for finding in findings]}, indent=1))
    else:
        _print(findings)
    return int(any(finding.level is Level.error for finding in findings))


def _as_json(finding: Finding) -> dict[str, object]:
    facts = {name: str(value) for name, value in finding.facts.items()}
    return {
        "check": finding.check,
        "level": finding.level,
        "code": finding.code,
        "message": doctor_messages.text_of(finding),
        "facts": facts,
    }


def _print(findings: Sequence[Finding]) -> None:
    for finding in findings:
        print(f"{finding.level:8} {finding.check:13} {doctor_messages.text_of(finding)}")
    print(doctor_messages.summary(findings))
