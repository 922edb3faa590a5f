"""Texts of overrides: why a change was refused, and toasts."""

from __future__ import annotations

NOTE_TOO_LONG = "A note has at most 200 characters."
PATH_INVALID = "A path starts with one “/” and has no spaces, such as /cart?item=1."
MAY_NOT_SHARE = "You may no longer share versions."
ENDED_BEFORE = "This link has already ended."


def no_candidate(worker: str) -> str:
    return f"{worker} has no candidate. Stage a version at 0%, or name one."


def unknown_version(worker: str, version_id: str) -> str:
    return f"{worker} has no version {version_id[:40]!r}."


def unknown_link(worker: str, link_id: str) -> str:
    return f"{worker} has no link {link_id[:40]!r}."


def too_many_links(worker: str, limit: int) -> str:
    return f"{worker} has {limit} active links, which is the most it can have."


def duration_outside(shortest: str, longest: str) -> str:
    return f"A link lasts {shortest} to {longest}."


def no_address(worker: str) -> str:
    return f"{worker} has no production address. Switch it on in its settings."


def not_in_deployment(number: int) -> str:
    return f"#{number} is not in the active deployment. Stage it at 0% first."


def revoked(number: int) -> str:
    return f"The link to #{number} no longer works."


def protection_changed(worker: str, on: bool) -> str:
    state = "now need a signed permission" if on else "are now open to anyone"
    return f"Overrides of {worker} {state}."


def key_rotated(worker: str, ended: int | None) -> str:
    """`ended`: links that ended with it; None if older permissions stay valid."""
    more = "" if ended is None else f" {ended} link{'' if ended == 1 else 's'} ended."
    return f"A new key signs permissions for {worker}.{more}"
