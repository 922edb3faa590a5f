"""Request bodies that are no JSON, described for the API's documentation."""

from __future__ import annotations

from typing import Any

from dashboard.api.serializers.upload_metadata import SettingsInput, UploadMetadata

UPLOAD_BODY: dict[str, Any] = {
    "required": True,
    "description": (
        "`metadata` is JSON; every other part is a module, named by its file name (or, without "
        "one, by its part name). At most 25 MB in all."
    ),
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"metadata": UploadMetadata.model_json_schema()},
                "additionalProperties": {"type": "string", "format": "binary"},
            }
        }
    },
}
CONTENT_BODY: dict[str, Any] = {
    **UPLOAD_BODY,
    "description": "As an upload; of `metadata` only `main_module` or `body_part` has an effect.",
}
SETTINGS_BODY: dict[str, Any] = {
    "required": True,
    "description": (
        "One part, `settings`, in which every field is optional. Of `bindings`, one with a type "
        "and name only stays unchanged, one with a value is set; others are dropped."
    ),
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"settings": SettingsInput.model_json_schema()},
            }
        }
    },
}
