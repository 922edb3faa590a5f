"""Puts one batch where a job says: an HTTP endpoint, a bucket, a folder of this machine."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import httpx
from django.conf import settings
from httpx_auth import AWS4Auth

from dashboard.egress.client import EgressResponse, SendFailed, request
from dashboard.exports.jobs.destination import Destination, object_path

NDJSON = "application/x-ndjson"
PLAIN = "text/plain"


def deliver(
    destination: Destination, name: str, body: bytes, *, now: datetime, packed: bool = True
) -> None:
    """Stores `body` under `name`, or posts it; raises `SendFailed`. The same name is replaced."""
    if destination.kind == "file":
        _write(object_path(destination, name, now), body)
    elif destination.kind == "s3":
        _put(destination, object_path(destination, name, now), body, packed)
    else:
        _post(destination, name, body, packed)


def folder() -> Path:
    """Where exports to files go; nothing is written outside it."""
    path: Path = settings.DATA_DIR / "exports"
    path.mkdir(mode=0o700, exist_ok=True)
    return path.resolve()


def _post(destination: Destination, name: str, body: bytes, packed: bool) -> None:
    headers = {"Content-Type": NDJSON if packed else PLAIN, "User-Agent": "Sluice-Logpush"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    # The same batch sent again has the same name: receivers can tell.
    headers["Sluice-Batch"] = name
    own = {key.lower() for key, _ in destination.headers}
    kept = {key: value for key, value in headers.items() if key.lower() not in own}
    answer = request("POST", destination.url, headers=kept | dict(destination.headers), body=body)
    check_answer(answer, destination)


def _put(destination: Destination, path: str, body: bytes, packed: bool) -> None:
    token = {"security_token": destination.session_token} if destination.session_token else {}
    auth: httpx.Auth = AWS4Auth(
        destination.access_key, destination.secret_key, destination.region, "s3", **token
    )
    answer = request(
        "PUT",
        f"{destination.url}/{quote(path)}",
        headers={"Content-Type": "application/gzip" if packed else PLAIN},
        body=body,
        auth=auth,
    )
    check_answer(answer, destination)


def check_answer(answer: EgressResponse, destination: Destination) -> None:
    """Raises `SendFailed`, without secrets, unless the answer is a 2xx."""
    if answer.ok:
        return
    text = answer.text
    for secret in destination.secrets:
        text = text.replace(secret, "REDACTED")
    words = f"{destination.host} answered {answer.status}"
    if answer.redirects:
        raise SendFailed(f"{words}: redirects are not followed.")
    raise SendFailed(f"{words}{': ' + ' '.join(text.split())[:300] if text.strip() else ''}")


def _write(path: str, body: bytes) -> None:
    root = folder()
    target = root / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not target.parent.resolve().is_relative_to(root) or target.is_symlink():
            raise SendFailed(f"{path}: this leads out of the exports folder.")
        write_durably(target, body)
    except OSError as error:
        raise SendFailed(f"{path}: {error.strerror}.") from error


def write_durably(target: Path, body: bytes) -> None:
    """The whole file or none, also after a power cut."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(target)
