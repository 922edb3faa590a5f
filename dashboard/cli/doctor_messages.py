"""Texts of `sluice doctor`: what is wrong, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.installation.doctor.findings import Finding

_EDGE_DISK = "{edge} cannot write to its disk: requests are answered, but not counted."
TEXTS = {
    ("settings", "ok"): "No connection to another machine is in clear text.",
    ("settings", "unsafe"): "{what} {hint}",
    ("keys", "ok"): "All machines can have the same keys.",
    ("keys", "not_shared"): (
        "{names} must be set to the same values on every machine, because others may use this "
        "PostgreSQL or Redis."
    ),
    ("redis", "ok"): "Redis answers.",
    ("redis", "away"): (
        "Redis does not answer ({why}). Pages update by polling. Start it, or check REDIS_URL."
    ),
    ("bucket", "ok"): "The bucket answers.",
    ("bucket", "away"): "{why} Check SLUICE_S3_URL and its keys.",
    ("static_files", "ok"): "Static files are collected.",
    ("static_files", "missing"): "There are no static files. Run: sluice setup",
    ("disk", "ok"): "{free} are free in {folder}.",
    ("disk", "almost_full"): "Only {free} are free in {folder}.",
    ("disk", "cannot_write"): "{folder} cannot be written: {state}.",
    ("database", "ok"): "The database answers ({vendor}) and has every migration.",
    ("database", "not_migrated"): "{count} migrations are missing ({first}…). Run: sluice setup",
    ("database", "away"): (
        "The database does not answer ({why}). Start it, or check DATABASE_URL. Checks that need "
        "it were skipped."
    ),
    ("clock", "ok"): "This machine's clock agrees with the database's.",
    ("clock", "off"): "This clock is {seconds} s off the database's. Run an NTP client on both.",
    ("admin", "ok"): "There is an admin.",
    ("admin", "none"): "There is no admin. Run: sluice setup, or sluice manage changepassword",
    ("secrets", "ok"): "All secrets can be decrypted.",
    ("secrets", "lost"): (
        "{count} values were encrypted with another SLUICE_SECRET_KEY. Edges do not get these "
        "Workers: {workers}. Restore that key, or set the secrets again."
    ),
    ("edges", "ok"): "No edge of {count} has a problem.",
    ("edges", "edge_silent"): "{edge} does not report. Is its agent running, and can it connect?",
    ("edges", "log_lines_lost"): "{edge} lost log lines lately: its counts are too low.",
    ("edges", "edge_disk_full"): _EDGE_DISK,
    ("edges", "edge_disk_no_inodes"): _EDGE_DISK,
    ("edges", "edge_disk_read_only"): _EDGE_DISK,
    ("edges", "edge_disk_broken"): _EDGE_DISK,
    ("edges", "envoy_crash"): "Envoy of {edge} crashed lately and was replaced.",
    ("edges", "envoy_hang"): "Envoy of {edge} hung lately and was replaced.",
    ("edges", "edge_clock_off"): "The clock of {edge} is {seconds} s off. Run an NTP client there.",
    ("edges", "edge_two_agents"): (
        "Two agents use the token of {edge} ({places}). Stop one, or rotate the token."
    ),
    ("edges", "plain_http"): (
        "{edge} connects over http: its token and all secrets can be read on the way. Use https."
    ),
}
"""(check, code) → text with the finding's facts."""


def text_of(finding: Finding) -> str:
    text = TEXTS.get((finding.check, finding.code), finding.code)
    return text.format(**finding.facts)


def summary(findings: Sequence[Finding]) -> str:
    counts = Counter(str(finding.level) for finding in findings)
    if counts["error"] or counts["warning"]:
        return f"\n{counts['error']} errors, {counts['warning']} warnings."
    return "\nNothing is wrong."
