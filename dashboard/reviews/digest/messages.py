"""The digest as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.reviews.digest.findings import Finding

KINDS = {
    "stale_split": "{worker}: {version} has been at {share} since {since:%Y-%m-%d} ({by}). "
    "Promote it or roll it back.",
    "forgotten": "{worker}: {version} has waited at 0% since {since:%Y-%m-%d} ({by}). "
    "Step it up or take it out.",
    "unreviewed": "{worker}: {by} deployed {version} at {share} on {since:%Y-%m-%d} without a "
    "review.",
}
MOST = 40
NOTHING = "No stale split, no forgotten version, no unreviewed deployment."


def line(finding: Finding) -> str:
    """One finding."""
    return KINDS[finding.kind].format(
        worker=finding.worker,
        version=finding.version,
        share=finding.share,
        since=finding.since,
        by=finding.by,
    )


def text(findings: Sequence[Finding]) -> str:
    """The whole digest, one line for each finding."""
    lines = [line(finding) for finding in findings[:MOST]]
    more = len(findings) - len(lines)
    if more > 0:
        lines.append(f"And {more} more.")
    return "\n".join(lines) or NOTHING


def count(findings: Sequence[Finding]) -> str:
    """ "3 things"."""
    return f"{len(findings)} thing{'' if len(findings) == 1 else 's'}"
