"""The form of a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.storage import messages
from dashboard.storage.kv import LONGEST_KEY

LEAST_TTL = 60


class FormInvalid(ValueError):
    """The message is for people; `field` is the one at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class ValueForm:
    """What was typed. `ttl` in seconds, "" for a key that does not expire; with `keep_expiration`
    the key's own expiration stays."""

    name: str = ""
    text: str = ""
    metadata: str = ""
    ttl: str = ""
    keep_expiration: bool = False

    @classmethod
    def typed(cls, sent: Mapping[str, str]) -> ValueForm:
        return cls(
            name=sent.get("name", ""),
            # Browsers send line breaks as CRLF.
            text=sent.get("value", "").replace("\r\n", "\n"),
            metadata=sent.get("metadata", "").strip(),
            ttl=sent.get("ttl", "").strip(),
            keep_expiration=sent.get("keep") == "1",
        )

    def check(self) -> tuple[Any, int | None]:
        """The metadata and the TTL. Raises `FormInvalid`."""
        if not 0 < len(self.name.encode()) <= LONGEST_KEY or self.name in (".", ".."):
            raise FormInvalid("name", messages.KEY_INVALID)
        try:
            metadata = json.loads(self.metadata) if self.metadata else None
        except ValueError:
            raise FormInvalid("metadata", messages.METADATA_NOT_JSON) from None
        if not self.ttl or self.keep_expiration:
            return metadata, None
        if not (self.ttl.isascii() and self.ttl.isdigit() and int(self.ttl) >= LEAST_TTL):
            raise FormInvalid("ttl", messages.TTL_INVALID)
        return metadata, int(self.ttl)
