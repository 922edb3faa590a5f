"""The draft that a version was uploaded as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from routing.models import Version
from routing.secret_encryption import DecryptionFailed, decrypt_binding
from routing.snapshot import BindingSpec
from routing.upload_draft import Draft


def draft_of(version: Version) -> Draft:
    """The draft that `version` was uploaded as, secrets included, to base a copy on. A secret that
    cannot be decrypted becomes `inherit`: it can be set again, but not copied."""
    parts = version.modules.select_related("module")
    return Draft(
        main_module=version.main_module,
        body_part=version.body_part,
        compatibility_date=version.compatibility_date,
        compatibility_flags=tuple(version.compatibility_flags),
        parts=tuple(part.as_part() for part in parts),
        bindings=tuple(map(_open_or_inherit, version.bindings)),
        runtime=version.runtime,
        assets=version.assets_spec,
    )


def _open_or_inherit(row: Mapping[str, Any]) -> BindingSpec:
    try:
        return decrypt_binding(row)
    except DecryptionFailed:
        return BindingSpec(name=row["name"], type="inherit")
