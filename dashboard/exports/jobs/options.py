"""Which fields, how many, in which form: Cloudflare's `output_options`. Pure.

https://developers.cloudflare.com/logs/logpush/logpush-job/log-output-options/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import xxhash

FIELDS: Mapping[str, str] = {
    "DispatchNamespace": "string",
    "Entrypoint": "string",
    "Event": "object",
    "EventTimestampMs": "int",
    "EventType": "string",
    "Exceptions": "array[object]",
    "Logs": "array[object]",
    "Outcome": "string",
    "ScriptName": "string",
    "ScriptTags": "array[string]",
    "ScriptVersion": "object",
    "CPUTimeMs": "int",
    "WallTimeMs": "int",
    "Sluice": "object",
}
"""Cloudflare's fields of `workers_trace_events`, and ours. Fields without a value here are null."""

_FORMATS: Mapping[str, Callable[[datetime], int | str]] = {
    "unixnano": lambda t: round(t.timestamp() * 1_000_000) * 1000,
    "unix": lambda t: int(t.timestamp()),
    "rfc3339": lambda t: _iso(t, "seconds"),
    "rfc3339ms": lambda t: _iso(t, "milliseconds"),
    "rfc3339ns": lambda t: _iso(t, "microseconds")[:-1] + "000Z",
}
_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "batch_prefix": ("",),
    "batch_suffix": ("",),
    "field_delimiter": ("", ","),
    "merge_subrequests": (False,),
    "record_delimiter": ("", "\n"),
    "record_prefix": ("", "{"),
    "record_suffix": ("", "}\n", "}"),
    "record_template": ("",),
}
"""Settings of other forms than ours, with the values that change nothing."""


class OptionsInvalid(ValueError):
    """The options ask for what there is not; the message names it."""


@dataclass(frozen=True, slots=True)
class Options:
    """`sample_rate` is greater than 0 and at most 1."""

    fields: tuple[str, ...] = tuple(FIELDS)
    sample_rate: float = 1.0
    timestamp_format: str = "unixnano"
    no_lookups: bool = False

    def takes(self, request_id: str) -> bool:
        """Is this request in the sample? A retry asks again and gets the same answer."""
        if self.sample_rate >= 1:
            return True
        return xxhash.xxh64_intdigest(request_id.encode()) < self.sample_rate * 2**64

    def stamp(self, moment: datetime) -> int | str:
        """A time as the job wants it."""
        return _FORMATS[self.timestamp_format](moment)


def parse_options(given: Mapping[str, Any]) -> Options:
    """The options in `given`; raises `OptionsInvalid`."""
    known = {*_DEFAULTS, "field_names", "output_type", "sample_rate", "timestamp_format"}
    for name, value in given.items():
        if name not in {*known, "CVE-2021-44228"}:
            raise OptionsInvalid(f"output_options has no {name[:40]!r}.")
        if name in _DEFAULTS and value is not None and value not in _DEFAULTS[name]:
            raise OptionsInvalid(f"output_options.{name}: records are plain JSON lines here.")
    if given.get("output_type") not in (None, "ndjson"):
        raise OptionsInvalid("output_options.output_type: only ndjson is supported.")
    return Options(
        fields=_fields(given.get("field_names")),
        sample_rate=_rate(given.get("sample_rate")),
        timestamp_format=_format(given.get("timestamp_format")),
        no_lookups=bool(given.get("CVE-2021-44228")),
    )


def from_logpull(text: str) -> dict[str, Any]:
    """Options in the older form, `fields=A,B&timestamps=rfc3339&sample=0.1`, as the newer one."""
    given = parse_qs(text.rpartition("?")[2])
    parsed: dict[str, Any] = {}
    if "fields" in given:
        parsed["field_names"] = [name for name in given["fields"][-1].split(",") if name]
    if "timestamps" in given:
        parsed["timestamp_format"] = given["timestamps"][-1]
    if "sample" in given:
        try:
            parsed["sample_rate"] = float(given["sample"][-1])
        except ValueError as error:
            raise OptionsInvalid("logpull_options: sample is no number.") from error
    return parsed


def _fields(given: Any) -> tuple[str, ...]:
    if given is None or given == []:
        return tuple(FIELDS)
    if not isinstance(given, list):
        raise OptionsInvalid("output_options.field_names: expected a list.")
    for name in given:
        if name not in FIELDS:
            raise OptionsInvalid(
                f"output_options.field_names: there is no field {str(name)[:40]!r}."
            )
    return tuple(dict.fromkeys(given))


def _rate(given: Any) -> float:
    if given is None:
        return 1.0
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= 1:
        raise OptionsInvalid("output_options.sample_rate: greater than 0 and at most 1.")
    return float(given)


def _format(given: Any) -> str:
    if given is None:
        return "unixnano"
    if given not in _FORMATS:
        raise OptionsInvalid(f"output_options.timestamp_format: one of {', '.join(_FORMATS)}.")
    return str(given)


def _iso(moment: datetime, precision: str) -> str:
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
