"""Texts about namespaces."""

from __future__ import annotations

from dashboard.storage.client import StateRefused

UNAVAILABLE = "The state process does not answer. `sluice state` must run; its log says more."
NO_KV_NAMESPACE = "namespace not found"  # Cloudflare's
TITLE_TAKEN = "a namespace with this account ID and title already exists"  # Cloudflare's
TITLE_INVALID = "A name has 1 to 512 characters."
NO_KEY = "key not found"  # Cloudflare's
DURABLE_OBJECTS = "Durable Objects"
DISK_FULL = "The disk of the state process is full. Nothing was stored."
FAILED = "The state process failed. Its log says more."


def created(title: str) -> str:
    return f"Created {title}."


def renamed(title: str) -> str:
    return f"Renamed to {title}."


def deleted(title: str) -> str:
    return f"Deleted {title} and all its data."


def key_stored(key: str) -> str:
    return f"Stored {key}."


def key_deleted(key: str) -> str:
    return f"Deleted {key}."


VALUE_MISSING = "The body has no part called value."
METADATA_INVALID = "The part metadata is not JSON."


def key_too_long(size: int, most: int) -> str:
    """Cloudflare's text."""
    return f"UTF-8 encoded length of {size} exceeds key length limit of {most}."


def too_many_pairs(count: int, most: int) -> str:
    return f"{count} keys; one request takes at most {most}."


BUCKET_NAME = (
    "A bucket's name has 3 to 63 lower-case letters, digits and dashes. "
    "It cannot begin or end with a dash."
)
NO_BUCKET = "The specified bucket does not exist."  # Cloudflare's
BUCKET_EXISTS = "The bucket you tried to create already exists, and you own it."  # Cloudflare's
NO_OBJECT = "The specified key does not exist."  # Cloudflare's
NO_JURISDICTION = "Jurisdictions are not supported here: the data stays on this installation."


def bucket_not_empty(name: str) -> str:
    """Cloudflare's text."""
    return f"The bucket you tried to delete ({name}) is not empty. Delete its objects first."


# --- Pages --------------------------------------------------------------------------------------

KEY_INVALID = "A key has 1 to 512 bytes, and is not . or .. ."
METADATA_NOT_JSON = 'Metadata must be JSON, such as {"type": "user"}.'
TTL_INVALID = "Seconds, at least 60. Leave it empty for a key that does not expire."


def type_the_title(title: str) -> str:
    return f"Nothing was deleted: type {title} to confirm."


def state_problem(error: Exception) -> str:
    """`StateUnavailable` or `StateRefused`, for a page."""
    return str(error) if isinstance(error, StateRefused) else UNAVAILABLE


NO_FILE = "Choose a file."
