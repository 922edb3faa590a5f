"""Texts about queues. Those marked are quoted from Cloudflare."""

from __future__ import annotations

NAME_INVALID = (
    "A queue name has 1 to 63 lower-case letters, digits and dashes, and starts and ends with a "
    "letter or a digit."
)
NAME_STAYS = "A queue keeps its name, because bindings name it. Create another one."
BODY_INVALID = 'A body with content_type "text" is text.'
CONTENT_TYPE = 'content_type is "text" or "json".'
FULL = "The queue is full: 256 MB or a million messages wait. Consume or purge them."
TOO_LARGE = "A message has at most 128 KB, a batch at most 256 KB and 100 messages."
NO_SCRIPT = "A consumer of type worker needs script_name."


def consumer_exists(queue: str) -> str:
    return f"Queue '{queue}' already has a consumer. Remove it first."


def no_consumer(key: str) -> str:
    return f'The queue has no consumer "{key[:64]}".'


def not_between(setting: str, least: int, most: int) -> str:
    return f"{setting} is between {least} and {most}."


def no_queue(name: str) -> str:
    return f'Queue "{name[:64]}" does not exist.'


def name_taken(name: str) -> str:
    return f"Queue name '{name}' is already taken. Please use a different name and try again."


def out_of_range(setting: str, least: int, most: int) -> str:
    return f"{setting} is between {least} and {most} seconds."


def paused(name: str) -> str:
    return f"Delivery of {name} is paused. Messages wait."


def resumed(name: str) -> str:
    return f"Delivery of {name} is resumed."


def purged(name: str) -> str:
    return f"Deleted all messages of {name}."
