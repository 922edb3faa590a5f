"""Texts about Workers' mail."""

from __future__ import annotations

GONE = "The message is no longer stored."


def not_composed(error: Exception) -> str:
    return f"The message cannot be written as an e-mail: {str(error)[:200]}"


def refused(error: Exception) -> str:
    return f"The mail server refused it: {str(error)[:300]}"


def not_taken(error: Exception) -> str:
    return f"The mail server did not take it: {str(error)[:300]}"


def not_written(error: Exception) -> str:
    return f"The folder cannot be written: {str(error)[:300]}"
