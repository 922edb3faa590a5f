"""Limits of requests."""

from __future__ import annotations

from dashboard.settings.environment import variables

#: Requests that one person may send from the playground in a minute. SLUICE_PLAYGROUND_PER_MINUTE.
PLAYGROUND_PER_MINUTE = variables.number("SLUICE_PLAYGROUND_PER_MINUTE", 1200, 1_000_000)
#: Requests that one API token may make in a minute. SLUICE_API_PER_MINUTE.
API_PER_MINUTE = variables.number("SLUICE_API_PER_MINUTE", 1200, 1_000_000)
#: Largest upload the API takes, in bytes (spec of the API: 25 MB).
UPLOAD_LIMIT = 25 * 1024 * 1024
# Larger bodies go to disk while they arrive.
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# Uploads are parsed by dashboard.api (PUT and nested file names); asgi.py enforces the size.
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT + 1024 * 1024
