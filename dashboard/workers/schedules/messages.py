"""Texts of the Schedules tab."""

from __future__ import annotations

OUTCOMES = {
    "": ("Running", "The edge has it, and its handler has not returned yet."),
    "ok": ("OK", "The handler returned, and everything it waited for has ended."),
    "exception": ("Exception", "The handler threw an error, or a promise it waited for failed."),
    "exceededCpu": ("CPU limit", "It used more CPU time than it may."),
    "exceededMemory": ("Memory limit", "It used more memory than it may."),
    "canceled": ("Canceled", "It was canceled before it ended."),
    "noHandler": ("No handler", "The version exports no handler for this event."),
    "notDelivered": ("Not delivered", "No edge started it within a minute. It is not repeated."),
    "lost": ("Unknown", "The edge's agent stopped before it reported the end."),
    "late": ("Too long", "It took longer than 15 minutes."),
    "broken": ("Process ended", "The version's process ended before the handler returned."),
    "unknown_version": ("Not delivered", "No edge had the version. It is not repeated."),
    "unreachable": ("Not delivered", "The version's process did not start. It is not repeated."),
    "busy": ("Not delivered", "Too many events were in progress. It is not repeated."),
}
WAITING = ("Waiting", "No edge has taken it yet.")

CANNOT_START = {
    "no_deployment": "Nothing is deployed. Deploy a version, then run it.",
    "other_version": "This version is no longer in the deployment. Choose again.",
    "no_schedule": "This cron trigger was removed meanwhile.",
}


def changed(worker: str, count: int) -> str:
    plural = "" if count == 1 else "s"
    return f"{worker} has {count} cron trigger{plural}."


def outcome(code: str) -> tuple[str, str]:
    """A word, and a sentence."""
    return OUTCOMES.get(code, (code, ""))
