"""Texts of the Schedules tab."""

from __future__ import annotations

from routing.event_delivery import EventKind

NOT_DELIVERED = "Not delivered"
OUTCOMES = {
    "": ("Running", "The handler has not returned yet."),
    "ok": ("OK", "The handler returned, and all of its waitUntil() promises settled."),
    "exception": ("Exception", "The handler threw an error, or a promise was rejected."),
    "exceededCpu": ("CPU limit", "It used more CPU time than the limit."),
    "exceededMemory": ("Memory limit", "It used more memory than the limit."),
    "canceled": ("Canceled", "It was canceled before it ended."),
    "noHandler": ("No handler", "The version exports no handler for this event."),
    "notDelivered": (NOT_DELIVERED, "No edge started it within a minute."),
    "lost": ("Unknown", "The edge's agent stopped before it reported the end."),
    "late": ("Too long", "It took longer than 15 minutes."),
    "broken": ("Process ended", "The version's process ended before the handler returned."),
    "unknown_version": (NOT_DELIVERED, "No edge had the version."),
    "unreachable": (NOT_DELIVERED, "The version's process did not start."),
    "busy": (NOT_DELIVERED, "Too many events were in progress."),
}
AFTER_NOT_DELIVERED = {
    EventKind.scheduled: "It is not repeated.",
    EventKind.queue: "Its messages are delivered again.",
}
WAITING = ("Waiting", "No edge has started it yet.")

CANNOT_START = {
    "no_deployment": "Nothing is deployed. Deploy a version, then run it.",
    "other_version": "This version is no longer in the deployment. Choose again.",
    "no_schedule": "This cron trigger has been removed.",
}


def changed(worker: str, count: int) -> str:
    plural = "" if count == 1 else "s"
    return f"{worker} has {count} cron trigger{plural}."


def outcome(code: str, kind: EventKind = EventKind.scheduled) -> tuple[str, str]:
    """A title, and one or two sentences."""
    title, text = OUTCOMES.get(code, (code, ""))
    return title, f"{text} {AFTER_NOT_DELIVERED[kind]}" if title == NOT_DELIVERED else text
