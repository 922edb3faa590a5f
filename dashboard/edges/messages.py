"""Errors that agents get and log."""

from __future__ import annotations

WRONG_TOKEN = (
    "This is not the token of an edge. Create one on the control plane: "
    "manage.py edge create --name NAME"
)
NOT_WAITING = "No request waits for this answer."
NUL_IN_PATH = "The path holds a NUL character."
CANNOT_DECRYPT = "This version cannot run: its secrets cannot be decrypted with the current key."


def not_a_revision(since: str) -> str:
    return f"since={since!r}: expected a revision number."


def no_module(sha256: str) -> str:
    return f"No module has the hash {sha256}."


def not_loopback(proof_url: str) -> str:
    return f"proof_url={proof_url!r}: expected http://<loopback address>."
