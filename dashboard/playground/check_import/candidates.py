"""A check of an import, before it is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class CannotImport(ValueError):
    """Nothing can be imported; the message names the field or entry and what is wrong there."""


@dataclass(frozen=True, slots=True)
class FoundCheck:
    """`data` is the check as YAML has it; `notes` say what was left out; `taken` preselects it;
    `suite` is the name of the suite that it comes from."""

    data: dict[str, Any]
    notes: tuple[str, ...] = ()
    host: str = ""
    taken: bool = True
    where: str = field(default="")
    suite: str = ""
