"""Texts for people about export jobs. Reasons for which a destination, a filter or an option is
refused are where each is parsed."""

from __future__ import annotations

from dashboard.exports.models import Job

SAMPLE_INVALID = "Sample: a percentage, greater than 0 and at most 100."


def created(job: Job) -> str:
    return f"{job} was created. It exports requests from now on."


def paused(job: Job) -> str:
    return f"{job} is paused."


def resumed(job: Job) -> str:
    return f"{job} continues from its last position."


def retrying(job: Job, count: int) -> str:
    return f"{count} batch{'' if count == 1 else 'es'} of {job} will be sent again."


def deleted(job: Job) -> str:
    return f"{job} and its dead letters were deleted. Delivered records stay at the destination."
