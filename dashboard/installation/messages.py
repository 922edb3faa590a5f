"""Why a backup was not written or restored, and what to do."""

from __future__ import annotations

from pathlib import Path

NOT_A_BACKUP = "This file is no backup of Sluice, or it is damaged."
NO_DATABASE = "The backup has no database."
IN_USE = "This database already has users. --force replaces everything in it with the backup."


def file_exists(file: object) -> str:
    return f"{file} exists. Choose another name, or add --force."


def cannot_write(file: object, why: object) -> str:
    return f"{file} cannot be written: {why}."


def cannot_restore(file: object, why: object) -> str:
    return f"{file} cannot be restored: {why}."


def other_vendor(of_backup: str, of_database: str) -> str:
    return f"The backup is of a {of_backup} database, and DATABASE_URL is {of_database}."


def newer_release(version: str, migration: str) -> str:
    return (
        f"The backup is of release {version}, newer than this one ({migration} is unknown here). "
        "Restore it with that release."
    )


def database_damaged(why: str) -> str:
    return f"The database in the backup is damaged: {why}."


def program_missing(program: str) -> str:
    return f"{program} is missing. Install PostgreSQL's client programs."


def program_failed(program: str, printed: str) -> str:
    return f"{program} failed: {printed}"


def state_unreadable(folder: Path, why: object) -> str:
    return f"{folder} cannot be copied: {why}."


def state_runs(folder: Path) -> str:
    return f"`sluice state` runs in {folder}. Stop it first."
