"""Texts of Sluice's own API."""

from __future__ import annotations

from collections.abc import Iterable

UNEXPECTED = "An unexpected error. The server's log says more."
REVIEW_DELETED = "The review was deleted with its Worker."
NO_RECORD_YET = "A rollout has a record once it has ended."
TOKENS_CHANGE_NO_POLICY = (
    "API tokens change no policy. A person does, under Policies or with manage.py policy."
)
BODY_EMPTY = "The body is empty."
SUITE_IS_OBJECT = "A suite is an object with name and checks."


def nothing_at(path: str) -> str:
    return f"Nothing is at {path[:200]}."


def worker_unknown(name: str) -> str:
    return f"There is no Worker called {name[:100]}."


def no_suite(worker: str, suite: str) -> str:
    return f"{worker} has no suite called {suite[:100]!r}."


def no_run(worker: str) -> str:
    return f"{worker} has no run with this id."


def no_rollout(worker: str) -> str:
    return f"{worker} has no rollout with this id."


def no_review(worker: str) -> str:
    return f"{worker} has no review with this id."


def no_plan(worker: str, plan: str) -> str:
    """`worker` is "" for plans of all Workers."""
    return f"{worker or 'The account'} has no plan called {plan[:60]!r}."


def plan_for_all_workers(plan: str) -> str:
    return f"{plan[:60]!r} is for all Workers: its address is /api/plans/."


def unknown_verb(verb: str, verbs: Iterable[str]) -> str:
    return f"{verb[:40]!r} is not one of {', '.join(verbs)}."


def other_suite_in_path(suite: str) -> str:
    return f"name: the path says {suite!r}."
