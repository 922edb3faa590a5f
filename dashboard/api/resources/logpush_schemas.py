"""What Logpush's addresses take and answer."""

from __future__ import annotations

from typing import Any

from ninja import Schema

Json = dict[str, Any]


class JobInput(Schema):
    """A job, or what changes of it. `output_options` wins over the older `logpull_options`."""

    name: str | None = None
    dataset: str | None = None
    destination_conf: str | None = None
    ownership_challenge: str | None = None
    enabled: bool | None = None
    filter: str | None = None
    logpull_options: str | None = None
    output_options: Json | None = None
    max_upload_bytes: int | None = None
    max_upload_records: int | None = None
    max_upload_interval_seconds: int | None = None
    frequency: str | None = None
    kind: str | None = None


class JobItem(Schema):
    """A job. `sluice` is ours: what was sent, what waits, what was not taken."""

    id: int
    name: str | None
    dataset: str
    destination_conf: str
    enabled: bool
    filter: str | None
    kind: str
    frequency: str | None
    logpull_options: str | None
    output_options: Json | None
    max_upload_bytes: int
    max_upload_records: int
    max_upload_interval_seconds: int
    last_complete: str | None
    last_error: str | None
    error_message: str | None
    sluice: Json


class DestinationInput(Schema):
    destination_conf: str


class ChallengeInput(DestinationInput):
    ownership_challenge: str


class Deleted(Schema):
    id: int


class Challenge(Schema):
    filename: str
    message: str
    valid: bool


class Validity(Schema):
    valid: bool
    message: str


class OwnershipValidity(Schema):
    valid: bool


class Exists(Schema):
    exists: bool
