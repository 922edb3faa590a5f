"""How long rows stay."""

from __future__ import annotations

from dashboard.settings.environment import variables
from dashboard.settings.stores import DATABASE_URL


def _days(name: str, default: int, least: int = 1) -> int:
    return variables.number(name, default, 36_500, "a number of days", least=least)


#: Rollups by minute, hour and day. SLUICE_KEEP_MINUTES, SLUICE_KEEP_HOURS, SLUICE_KEEP_DAYS.
KEEP_MINUTES = _days("SLUICE_KEEP_MINUTES", 2)
KEEP_HOURS = _days("SLUICE_KEEP_HOURS", 35)
KEEP_DAYS = _days("SLUICE_KEEP_DAYS", 400)
#: Single requests and their console lines, in hours. SLUICE_KEEP_REQUESTS_HOURS.
KEEP_REQUESTS_HOURS = variables.number(
    "SLUICE_KEEP_REQUESTS_HOURS", 168, 876_000, "a number of hours", least=1
)
#: The greatest number of single requests, which guards the disk: 0.7 kB each with its indexes.
#: SLUICE_KEEP_REQUESTS_ROWS.
KEEP_REQUESTS_ROWS = variables.number(
    "SLUICE_KEEP_REQUESTS_ROWS",
    200_000 if DATABASE_URL.startswith("sqlite") else 10_000_000,
    10_000_000_000,
    "a number of rows",
    least=1_000,
)
#: Lines of ended rollouts. SLUICE_KEEP_ROLLOUTS.
KEEP_ROLLOUTS = _days("SLUICE_KEEP_ROLLOUTS", 400)
#: Entries of the audit trail; 0 for ever. SLUICE_KEEP_AUDIT.
KEEP_AUDIT = _days("SLUICE_KEEP_AUDIT", 0, least=0)
#: Runs of checks, and the answers they received. SLUICE_KEEP_CHECK_RUNS,
#: SLUICE_KEEP_CHECK_EVIDENCE.
KEEP_CHECK_RUNS = _days("SLUICE_KEEP_CHECK_RUNS", 400)
KEEP_CHECK_EVIDENCE = _days("SLUICE_KEEP_CHECK_EVIDENCE", 30)
#: Days after which a version at 0% counts as forgotten. SLUICE_EXPIRE_STAGED_DAYS.
EXPIRE_STAGED_DAYS = _days("SLUICE_EXPIRE_STAGED_DAYS", 7)
