"""Texts about secrets stores."""

from __future__ import annotations

NO_STORE = "secrets store not found"
NO_SECRET = "secret not found"
NAME_STAYS = "A secret keeps its name, because bindings name it. Duplicate it instead."
NAME_INVALID = "A name has 1 to 255 letters, digits, underscores and dashes."
VALUE_EMPTY = "A secret needs a value."
COMMENT_TOO_LONG = "A comment has at most 1,024 characters."
NOT_FOR_WORKERS = 'The scopes must include "workers".'


def name_taken(name: str) -> str:
    return f"The store has a secret called {name} already."


def store_taken(name: str) -> str:
    return f"A secrets store called {name} exists already."


def value_too_long(most: int) -> str:
    return f"A value has at most {most:,} bytes."


def too_many(most: int) -> str:
    return f"A store has at most {most} secrets."


def created(name: str) -> str:
    return f"Created {name}."


def changed(name: str) -> str:
    return f"Changed {name}. Running versions read the new value within seconds."


def removed(name: str) -> str:
    return f"Deleted {name}."
