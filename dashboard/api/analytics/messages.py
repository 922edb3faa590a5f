"""Texts of the analytics APIs."""

from __future__ import annotations

NOT_AUTHORIZED = "not authorized for that account"
NO_ACCOUNT = "accounts: expected filter: {accountTag: …}"
NO_RANGE = (
    "cannot tell minutes apart in a range longer than one day, or older than this server keeps"
)
BAD_LIMIT = "limit: expected 1 to 10000"
TOO_MANY_DATASETS = "expected at most 10 datasets in one query"

BAD_TIMEFRAME = "timeframe: from must be earlier than to."
BAD_GROUP = "filters: a group needs filters with key, operation, type and value."
TOO_DEEP = "filters: groups are nested at most 4 deep."
NO_REGEX = "needle: regular expressions are not supported here. Search for plain text."


def bad_time(name: str) -> str:
    return f"{name}: expected an ISO 8601 time with a zone"


def bad_operator(operator: str) -> str:
    return f"calculations: {operator[:40]} is not an operator."


def key_needed(operator: str) -> str:
    return f"calculations: {operator[:40]} needs a key."


def bad_number(operation: str) -> str:
    return f"filters: {operation} needs a number."


def bad_operation(operation: str) -> str:
    return f"filters: {operation[:40]} is not an operation here."
