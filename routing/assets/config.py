"""The `config` of an upload's assets: how paths become files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.assets import messages

HTML_HANDLING = (
    "auto-trailing-slash",
    "force-trailing-slash",
    "drop-trailing-slash",
    "none",
)
NOT_FOUND_HANDLING = ("none", "404-page", "single-page-application")
RULES_BYTES = 100 * 1024
"""Bytes of `_headers` or `_redirects`."""
RULES = 100
"""Patterns in `run_worker_first`, Cloudflare's limit."""


class ConfigInvalid(ValueError):
    """The message names the field."""


def check_config(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that have an effect. Others are ignored. Raises `ConfigInvalid`."""
    return {
        **_choice(raw, "html_handling", HTML_HANDLING),
        **_choice(raw, "not_found_handling", NOT_FOUND_HANDLING),
        **_run_worker_first(raw),
        **_rules(raw, "_headers"),
        **_rules(raw, "_redirects"),
    }


def _choice(raw: Mapping[str, Any], field: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    value = raw.get(field)
    if value is None:
        return {}
    if value not in allowed:
        raise ConfigInvalid(messages.config_invalid(field, ", ".join(allowed)))
    return {field: value}


def _run_worker_first(raw: Mapping[str, Any]) -> dict[str, Any]:
    value = raw.get("run_worker_first")
    if value is None:
        return {}
    is_list = isinstance(value, list) and len(value) <= RULES
    if isinstance(value, bool) or (is_list and all(isinstance(rule, str) for rule in value)):
        return {"run_worker_first": value}
    expected = f"true, false, or at most {RULES} paths"
    raise ConfigInvalid(messages.config_invalid("run_worker_first", expected))


def _rules(raw: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = raw.get(field)
    if value is None:
        return {}
    if not isinstance(value, str):
        raise ConfigInvalid(messages.config_invalid(field, "the text of the file"))
    if (size := len(value.encode())) > RULES_BYTES:
        raise ConfigInvalid(messages.rules_too_long(field, size, RULES_BYTES))
    return {field: value}
