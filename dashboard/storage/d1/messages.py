"""Texts about D1 databases. Those marked are quoted from Cloudflare."""

from __future__ import annotations

NO_STATEMENT = "No SQL statements detected."  # Cloudflare's
NAME_INVALID = (
    "A database name has 1 to 64 letters, digits, dashes and underscores, and starts with a "
    "letter or a digit."
)
NO_REPLICATION = "Read replication is not supported here: every database has one copy."
NO_TIME_TRAVEL = (
    "D1 time travel is not supported here. Use wrangler d1 export for copies of one database, "
    "or sluice backup for all."
)
PARAMETERS_NEED_ONE = "params need exactly one statement. Send several as a batch."
PARAMETER_INVALID = "A parameter is a string, a number, a boolean, null or a list of bytes."
NOTHING_UPLOADED = "No file with this etag was uploaded in the last hour. Upload it first."
LINK_INVALID = "This link is not valid, or an hour old. Start again."
NOT_UTF8 = "The file is not UTF-8 text."
VIRTUAL_TABLES = "D1 Export error: cannot export databases with Virtual Tables (fts5)"
NO_ETAG = "etag is missing: the MD5 of the file, in hex."
NOTHING_TO_POLL = "Imports are complete when they are answered. There is nothing to poll."
ONLY_D1_DUMPS = "The only form of exports is d1."
NO_DUMP = "Nothing was exported."


def no_database(name: str) -> str:
    return f"The database {name[:64]} could not be found"  # Cloudflare's


def name_taken(name: str) -> str:
    return f"A database with the name '{name}' already exists."


def wrong_etag(expected: str, actual: str) -> str:
    return f"The file's MD5 is {actual}, not {expected}. Upload it again."


def import_too_large(limit_mb: int) -> str:
    return f"The file is too large to import: the limit is {limit_mb} MB. Split it."


def statement_too_long(number: int, limit: int) -> str:
    return f"Statement {number} is longer than {limit // 1000} KB."


def result(number: int) -> str:
    return f"Result {number}"
