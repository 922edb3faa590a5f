"""The log format of all processes: UTC, one entry per line.

Messages may include client input (CWE-117), so control characters are escaped and lines of a
traceback are indented: only an entry starts at the beginning of a line. Used by the dashboard and
the edge agent, so without Django.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FORMATS = ("text", "json")
FACTS = "facts"
"""Attribute of a record with structured data: `log.info(…, extra={FACTS: {…}})`."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


class TextFormatter(logging.Formatter):
    """`2026-11-30T03:10:00.123Z WARNING routing.control.deploy: message key="value"`."""

    def format(self, record: logging.LogRecord) -> str:
        facts = "".join(f" {key}={json.dumps(value)}" for key, value in facts_of(record).items())
        head = f"{time_of(record)} {record.levelname} {record.name}: "
        traceback = traceback_of(self, record)
        more = "".join(f"\n    {escaped(line)}" for line in _BREAKS.split(traceback) if line)
        return head + escaped(record.getMessage()) + facts + more


class JsonFormatter(logging.Formatter):
    """One JSON object per line: `time`, `level`, `logger`, `message`, the facts, `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": time_of(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {key: value for key, value in facts_of(record).items() if key not in entry}
        if traceback := traceback_of(self, record):
            entry["exception"] = traceback
        return json.dumps(entry, default=str)


def formatter_for(form: str) -> logging.Formatter:
    """The formatter of a SLUICE_LOG_FORMAT."""
    return JsonFormatter() if form == "json" else TextFormatter()


def log_to_stderr(form: str) -> None:
    """Configures logging for a process without Django's settings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter_for(form))
    logging.basicConfig(handlers=[handler], level=logging.INFO)


def time_of(record: logging.LogRecord) -> str:
    """RFC 3339 with milliseconds, in UTC."""
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def facts_of(record: logging.LogRecord) -> Mapping[str, Any]:
    facts = getattr(record, FACTS, None)
    return facts if isinstance(facts, Mapping) else {}


def traceback_of(form: logging.Formatter, record: logging.LogRecord) -> str:
    text = form.formatException(record.exc_info) if record.exc_info else record.exc_text or ""
    return f"{text}\n{record.stack_info}" if record.stack_info else text


def escaped(text: str) -> str:
    r"""Control characters and line breaks as `\n`, `\x1b` or `\u2028`."""
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], text)
