"""Uploads a version through an account's provider. Nothing becomes live."""

from __future__ import annotations

import secrets

from dashboard.accounts.actor import Actor
from dashboard.cloud.accounts.access import guarded, provider_of
from dashboard.cloud.changes.deploy import subject
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.provider.values import UploadDraft, UploadResult, UploadState
from dashboard.cloud.readings import forget


def upload(
    account: CloudAccount, worker: str, draft: UploadDraft, *, based_on: str, by: Actor
) -> UploadResult:
    """Adds a version if `based_on` is the newest. Raises `CloudError`: nothing was sent, or the API
    refused it."""
    marker = secrets.token_hex(6)
    about = {"based_on": based_on, "modules": [m.name for m in draft.modules], "tag": draft.tag}
    by.record("cloud.upload", subject(account, worker), after=about)

    def send() -> UploadResult:
        return provider_of(account).upload(worker, draft, based_on=based_on, marker=marker)

    result = guarded(account, send, by.now)
    forget(account, f"versions.{worker}")
    if result.state is not UploadState.STALE:
        version_id = result.version.id if result.version else ""
        done = {"state": str(result.state), "version": version_id}
        by.record("cloud.uploaded", subject(account, worker), after=done)
    return result
