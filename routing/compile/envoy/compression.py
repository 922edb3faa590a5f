"""Responses to clients, compressed by brotli or gzip if they accept it, as on Cloudflare.

Streams of events stay as they are: a compressor would hold them back. Envoy leaves out responses
that are encoded already, or that say `no-transform`, and adds `vary: accept-encoding`.
"""

from __future__ import annotations

from typing import Any

from routing.compile.envoy.clusters import TYPE

SMALLEST = 256
"""Bytes of a body below which compression saves nothing."""

CONTENT_TYPES = (
    "application/javascript",
    "application/json",
    "application/ld+json",
    "application/manifest+json",
    "application/rss+xml",
    "application/wasm",
    "application/x-javascript",
    "application/xhtml+xml",
    "application/xml",
    "font/otf",
    "font/ttf",
    "image/svg+xml",
    "image/x-icon",
    "text/css",
    "text/html",
    "text/javascript",
    "text/markdown",
    "text/plain",
    "text/x-component",
    "text/xml",
)

_X = f"{TYPE}envoy.extensions."
_Object = dict[str, Any]


def compressors() -> list[_Object]:
    """Brotli is preferred by the order, gzip for clients without it."""
    brotli = {"@type": f"{_X}compression.brotli.compressor.v3.Brotli", "quality": 4}
    gzip = {
        "@type": f"{_X}compression.gzip.compressor.v3.Gzip",
        "compression_level": "COMPRESSION_LEVEL_4",
    }
    return [_compressor("brotli", brotli, choose_first=True), _compressor("gzip", gzip)]


def _compressor(name: str, library: _Object, *, choose_first: bool = False) -> _Object:
    common = {"min_content_length": SMALLEST, "content_type": list(CONTENT_TYPES)}
    config = {
        "@type": f"{_X}filters.http.compressor.v3.Compressor",
        "response_direction_config": {
            "common_config": common,
            # A strong ETag would promise the same bytes as without compression.
            "weaken_etag_on_compress": True,
            # A range is one of the uncompressed bytes.
            "uncompressible_response_codes": [206],
        },
        "compressor_library": {"name": name, "typed_config": library},
        "choose_first": choose_first,
    }
    return {"name": name, "typed_config": config}
