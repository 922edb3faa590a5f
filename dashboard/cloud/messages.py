"""Texts of Cloudflare accounts."""

from __future__ import annotations

import math

BAD_BASE_URL = "Expected an API address such as https://api.cloudflare.com/client/v4."
HTTPS_ONLY = "The API address must begin with https://."
NOT_LOOPBACK = "This address leads back to this machine, where no account can be."
RATE_LIMITED = "Cloudflare’s rate limit is reached. It answers nothing for a few minutes."
NO_WORKER = "There is no Worker of this name."
NO_VERSION = "There is no such version of this Worker."
UNREADABLE = "The API’s answer cannot be read."


def host_not_allowed(host: str) -> str:
    return (
        f"Nothing may be sent to {host[:100]}: it is not in SLUICE_CLOUD_HOSTS. "
        "Ask an administrator of this system to add it."
    )


def over_budget(wait: float) -> str:
    return f"Sluice’s own limit of 300 calls in 5 minutes is reached. {again_in(wait)}"


def again_in(wait: float) -> str:
    seconds = max(1, math.ceil(wait))
    return f"Try again in {seconds} second{'' if seconds == 1 else 's'}."


def server_error(status: int) -> str:
    return f"The API answered with {status}."


def refused(message: str, code: int, status: int) -> str:
    """Cloudflare's own message where there is one."""
    return f"{message or f'The API refused this with {status}.'}{f' (code {code})' if code else ''}"
