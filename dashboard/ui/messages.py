"""Words for people about what the frame and the error pages report."""

from __future__ import annotations

from dashboard.fleet.storage import Problem

_REASONS = {
    "full": "The disk is full, so nothing can be saved. Free some space, then try again.",
    "no_inodes": "The disk has no room for one more file. Remove files, then try again.",
    "read_only": "The disk or the database is read-only, so nothing can be saved.",
    "broken": "The disk reports errors, so nothing can be saved.",
    "away": "The database is busy or cannot be reached. Try again in a few seconds.",
    "bucket": "The object storage of SLUICE_S3_URL does not answer. Try again in a few seconds.",
}
_HEADLINES = {
    "full": "The disk is full",
    "no_inodes": "The disk is full",
    "read_only": "Nothing can be saved",
    "broken": "Nothing can be saved",
    "away": "The database does not answer",
    "bucket": "The object storage does not answer",
}


def reason_of(problem: Problem) -> str:
    """One or two sentences: what is in the way, and what to do."""
    return _REASONS[problem.state]


def headline_of(problem: Problem) -> str:
    return _HEADLINES[problem.state]
