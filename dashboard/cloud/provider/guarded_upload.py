"""Uploading where there is no condition: what became of a version. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.cloud.provider.values import UploadResult, UploadState, VersionSummary


def upload_outcome(based_on: str, marker: str, listed: Sequence[VersionSummary]) -> UploadResult:
    """What became of a version with `marker` that was uploaded while `based_on` was the newest.

    `listed` was read afterwards, newest first.
    """
    newer: list[VersionSummary] = []
    for version in listed:
        if version.id == based_on:
            break
        newer.append(version)
    ours = next((version for version in newer if version.marker == marker), None)
    if ours is None:
        return UploadResult(UploadState.UNSURE, None, tuple(newer))
    others = tuple(version for version in newer[newer.index(ours) + 1 :])
    state = UploadState.MIXED if others else UploadState.UPLOADED
    return UploadResult(state, ours, others)
