"""Texts of `wrangler tail`."""

from __future__ import annotations

NO_TAIL = "This tail does not exist."
TAIL_SHOWS_ALL = "Tail is showing every event again."
SAMPLING_RATE = "filters: sampling_rate must be from 0 to 1."
HEADER_FILTER_KEY = "filters: a header filter needs a 'key'."


def tail_samples(missed: int) -> str:
    return f"Tail is currently in sampling mode: {missed} events were left out."


def too_many_filters(most: int) -> str:
    return f"filters: at most {most} of them."


def filter_invalid(name: str) -> str:
    return f"filters: {name[:40]!r} is unknown or has an invalid value."


def tails_of_worker_and_person(most: int) -> str:
    return f"At most {most} tails of one Worker for one person. {_END_ONE}"


def tails_of_person(most: int) -> str:
    return f"At most {most} tails at a time for one person. {_END_ONE}"


def tails_of_worker(most: int) -> str:
    return f"At most {most} tails of one Worker at a time. {_END_ONE}"


_END_ONE = "End one, then try again."
