"""Texts for people about suites, edits and runs. Problems of a document are in `suites/`."""

from __future__ import annotations

from typing import Final

NO_CANDIDATE: Final = "There is no candidate to check. Stage a version at 0% first."
NOT_EDITABLE: Final = "Its assertions cannot be changed by themselves."
NEWER_EDIT: Final = "The suite was not changed: it has a newer edit."


def saved(suite: str, edit: int) -> str:
    return f"Saved as edit {edit} of {suite}."


def saved_edit(edit: int) -> str:
    return f"Saved as edit {edit}."


def unchanged(edit: int) -> str:
    return f"Nothing changed: edit {edit} is the newest."


def restored(edit: int, earlier: int) -> str:
    return f"Saved as edit {edit}: the same as edit {earlier}."


def not_restored(newest: int) -> str:
    return f"Not restored: edit {newest} was saved in the meantime."


def removed(check: str, edit: int) -> str:
    """`edit` still has the check."""
    return f"Removed “{check}”. Edit {edit} still has it."


def not_done(reason: object) -> str:
    return f"Not done. {reason}"


def not_started(reason: str) -> str:
    return f"Not started. {reason}"


def saved_meanwhile(author: str, edit: int) -> str:
    return f"Nothing changed: {author} saved edit {edit} in the meantime."


def suite_exists(worker: str) -> str:
    return f"{worker} already has a suite with this name."


def other_name(name: str) -> str:
    return f"this suite is called {name!r}"


def accepted(check: str) -> str:
    return f"Marked “{check}” as expected."


def counts_again(check: str) -> str:
    return f"“{check}” counts as failed again."
