"""Migrations of Durable Objects: the classes that a Worker has after one.

A class keeps its namespace, and so its objects, when it is renamed or transferred. Steps apply in
order, so a class may come and go within one migration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class MigrationProblem(StrEnum):
    """Why a migration was refused."""

    tag = "tag"
    created_exists = "created_exists"
    renamed_exists = "renamed_exists"
    transferred_exists = "transferred_exists"
    renamed_missing = "renamed_missing"
    transferred_missing = "transferred_missing"
    deleted_missing = "deleted_missing"


class MigrationRefused(ValueError):
    """`subject` is the class at fault; for `tag`, the Worker's current tag."""

    def __init__(self, problem: MigrationProblem, subject: str) -> None:
        super().__init__(problem, subject)
        self.problem = problem
        self.subject = subject


@dataclass(frozen=True, slots=True)
class NamespaceClass:
    """A class with its namespace, `key`."""

    key: str
    sqlite: bool = True


@dataclass(frozen=True, slots=True)
class Rename:
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Takes the class `source` of the Worker `worker` over as `target`."""

    worker: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Step:
    """Parts apply in this order."""

    deleted: tuple[str, ...] = ()
    renamed: tuple[Rename, ...] = ()
    transferred: tuple[Transfer, ...] = ()
    created: tuple[str, ...] = ()
    created_sqlite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Migration:
    """Steps that lead from `old_tag` to `new_tag`; None: not given."""

    new_tag: str | None = None
    old_tag: str | None = None
    steps: tuple[Step, ...] = field(default_factory=tuple)

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        return tuple(transfer for step in self.steps for transfer in step.transferred)


Classes = dict[str, NamespaceClass]


def classes_after(
    migration: Migration,
    tag: str,
    classes: Mapping[str, NamespaceClass],
    elsewhere: Mapping[tuple[str, str], NamespaceClass],
    new_key: Callable[[], str],
) -> Classes:
    """The Worker's classes by name after `migration`.

    `tag` and `classes` are the current ones, `elsewhere` are those of other Workers by Worker and
    class name. Raises `MigrationRefused`.
    """
    if (migration.new_tag is not None or migration.old_tag) and (migration.old_tag or "") != tag:
        raise MigrationRefused(MigrationProblem.tag, tag)
    after = dict(classes)
    for step in migration.steps:
        _apply(step, after, elsewhere, new_key)
    return after


def _apply(
    step: Step,
    after: Classes,
    elsewhere: Mapping[tuple[str, str], NamespaceClass],
    new_key: Callable[[], str],
) -> None:
    for name in step.deleted:
        if after.pop(name, None) is None:
            raise MigrationRefused(MigrationProblem.deleted_missing, name)
    for rename in step.renamed:
        moved = after.pop(rename.source, None)
        if moved is None:
            raise MigrationRefused(MigrationProblem.renamed_missing, rename.source)
        _add(after, rename.target, moved, MigrationProblem.renamed_exists)
    for transfer in step.transferred:
        moved = elsewhere.get((transfer.worker, transfer.source))
        if moved is None or any(present.key == moved.key for present in after.values()):
            raise MigrationRefused(MigrationProblem.transferred_missing, transfer.source)
        _add(after, transfer.target, moved, MigrationProblem.transferred_exists)
    for names, sqlite in ((step.created, False), (step.created_sqlite, True)):
        for name in names:
            made = NamespaceClass(new_key(), sqlite)
            _add(after, name, made, MigrationProblem.created_exists)


def _add(after: Classes, name: str, added: NamespaceClass, problem: MigrationProblem) -> None:
    if name in after:
        raise MigrationRefused(problem, name)
    after[name] = added
