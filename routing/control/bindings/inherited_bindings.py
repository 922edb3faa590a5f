"""Bindings that an upload copies from the latest version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from routing.control import messages
from routing.models import Version
from routing.secret_encryption import DecryptionFailed, decrypt_binding
from routing.snapshot import BindingSpec
from routing.upload_draft import Draft, UploadRefused


def resolve(draft: Draft, latest: Version | None, keep: frozenset[str], strict: bool) -> Draft:
    """The draft with `inherit` bindings, and those of a type in `keep`, from the latest version."""
    stored = {b["name"]: b for b in latest.bindings} if latest else {}
    missing = tuple(b.name for b in draft.bindings if b.type == "inherit" and b.name not in stored)
    if missing and strict:
        raise UploadRefused("inherit", messages.nothing_to_inherit(missing), missing)
    named = {b.name for b in draft.bindings}
    inherited = [stored[b.name] for b in draft.bindings if b.type == "inherit" and b.name in stored]
    copied = [b for n, b in stored.items() if n not in named and b["type"] in keep]
    opened = _opened([*inherited, *copied])
    bindings = [
        opened[b.name] if b.type == "inherit" else b
        for b in draft.bindings
        if b.type != "inherit" or b.name in stored
    ]
    bindings += [opened[b["name"]] for b in copied]
    kept = latest if latest and draft.keep_runtime else None
    return replace(
        draft,
        bindings=tuple(bindings),
        runtime={**(kept.runtime if kept else {}), **draft.runtime},
        assets=draft.assets or (kept.assets_spec if kept else None),
    )


def _opened(rows: Sequence[Mapping[str, Any]]) -> dict[str, BindingSpec]:
    """Decrypted bindings by name. Raises `UploadRefused` naming all that cannot be decrypted."""
    opened, broken = {}, []
    for row in rows:
        try:
            opened[row["name"]] = decrypt_binding(row)
        except DecryptionFailed:
            broken.append(row["name"])
    if broken:
        raise UploadRefused("sealed", messages.cannot_copy(broken), tuple(broken))
    return opened
