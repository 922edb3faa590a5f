"""Texts of the playground on Workers of a connected account."""

from __future__ import annotations

from collections.abc import Mapping

FORECASTS: Mapping[str, tuple[str, str, str]] = {
    "applied": ("ok", "Should be applied", "is in the live deployment"),
    "absent": ("plain", "No override", "The percentages decide which version answers."),
    "not_addressed": ("warn", "The header names other Workers", "This one goes by percentage."),
    "not_in_deployment": (
        "warn",
        "Will be ignored",
        "is not in the live deployment. Stage it at 0% first.",
    ),
    "invalid_header": (
        "danger",
        "The header is invalid",
        "It is no Dictionary of RFC 9651, so Cloudflare ignores it.",
    ),
    "not_a_string": ("danger", "The version is not quoted", 'Expected name="version id".'),
    "unread": ("warn", "Unknown", "What is live could not be read."),
}
"""Tone, title and text by what an override will do to one Worker."""

OUTCOMES: Mapping[str, str] = {
    "absent": "No override was sent.",
    "applied": "At 0% only an override reaches this version, so it was applied.",
    "consistent": "It ran the version you asked for. Cloudflare does not say why.",
    "other": (
        "You asked for another version. This place may not have the deployment yet, or a rule of "
        "the zone removed the header."
    ),
    "unknown": "Whether the override was applied is unknown.",
}
"""By what became of an override."""

STEPS: Mapping[str, str] = {
    "tail": "The tail has the same ray and the same number, version",
    "logs": "Workers Logs has the same ray, version",
    "agrees": "The Worker’s own version id agrees",
    "disagrees": "The Worker’s own answer names another version. A cached answer does this.",
}
NO_SUCH_ACCESS_TOKEN = "Nothing was saved: this is not a service token of Cloudflare Access."
ACCESS_TOKEN_SAVED = "The service token is stored sealed and sent with each request."
ACCESS_TOKEN_REMOVED = "The service token is removed."
COMPARE_NEEDS_TWO = "There is no candidate to compare with: one version has all traffic."
NOT_LIVE_READ = "What is live could not be read, so nothing was compared."
