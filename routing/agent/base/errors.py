"""Errors that more than one room of the agent raises."""

from __future__ import annotations


class EnvoyUnavailable(Exception):
    """Envoy does not answer: not running, not ready, or too busy."""
