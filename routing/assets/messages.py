"""Texts for clients that upload static assets."""

from __future__ import annotations

TOKEN_INVALID = "The upload token is invalid or has expired. Start the upload again."
INCOMPLETE = "Not all files of the manifest were uploaded. Finish the upload first."
OTHER_WORKER = "The upload token belongs to another Worker."
NOT_BASE64 = "Send the files as base64, with ?base64=true."


def too_many_files(count: int, most: int) -> str:
    return f"The manifest has {count:,} files. A version may have {most:,}."


def path_invalid(path: str) -> str:
    return f"Invalid path in the manifest: {path[:200]!r}. Paths begin with / and have no . or .."


def path_conflict(path: str) -> str:
    return f"{path[:200]!r} is a file and a folder in the manifest."


def hash_invalid(path: str) -> str:
    return f"The hash of {path[:200]!r} is not 32 hexadecimal digits."


def file_too_large(path: str, size: int, most: int) -> str:
    return f"{path[:200]!r} has {size:,} bytes. A file may have {most:,}."


def sizes_differ(path: str) -> str:
    return f"{path[:200]!r} has the hash of another file with another size."


def unknown_hash(name: str) -> str:
    return f"{name[:64]!r} is not the hash of a file in this upload's manifest."


def wrong_size(path: str, size: int, declared: int) -> str:
    return f"{path[:200]!r} has {size:,} bytes, but {declared:,} in the manifest."


def not_base64(path: str) -> str:
    return f"{path[:200]!r} is not valid base64."


def config_invalid(field: str, allowed: str) -> str:
    return f"assets.config.{field}: expected {allowed}."


def rules_too_long(field: str, size: int, most: int) -> str:
    return f"assets.config.{field} has {size:,} bytes. It may have {most:,}."
