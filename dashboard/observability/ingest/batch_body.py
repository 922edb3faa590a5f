"""The body of a batch from an edge: JSON, perhaps gzipped, of bounded size."""

from __future__ import annotations

import zlib
from typing import TypeVar

import msgspec

from dashboard.observability import messages

LARGEST = 32 * 1024 * 1024
"""Bytes of one decompressed batch."""

Batch = TypeVar("Batch", bound=msgspec.Struct)


class BatchInvalid(ValueError):
    """The batch cannot be read. Nothing was stored."""


def decode(content: bytes, schema: type[Batch]) -> Batch:
    """Raises `BatchInvalid`."""
    try:
        return msgspec.json.decode(content, type=schema)
    except ValueError as error:
        raise BatchInvalid(str(error)) from error


def decompress(body: bytes) -> bytes:
    """The content of a gzip body, up to `LARGEST` bytes. Raises `BatchInvalid`."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(body, LARGEST)
    except zlib.error as error:
        raise BatchInvalid(f"gzip: {error}") from error
    if unpacker.unconsumed_tail:
        raise BatchInvalid(messages.batch_too_large(LARGEST))
    return content
