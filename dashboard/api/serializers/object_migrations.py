"""Migrations of Durable Objects in upload metadata: one step, or `steps`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from routing.rules.object_migrations import Migration, Rename, Step, Transfer

STEPS, CLASSES = 1000, 100
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Names = Annotated[list[Name], Field(max_length=CLASSES)]
Tag = Annotated[str, StringConstraints(max_length=255)]


class RenameInput(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    source: Name = Field(alias="from")
    target: Name = Field(alias="to")


class TransferInput(RenameInput):
    from_script: Name


class StepInput(BaseModel):
    """One step; null means no classes."""

    model_config = ConfigDict(extra="ignore")

    new_sqlite_classes: Names | None = None
    new_classes: Names | None = None
    renamed_classes: Annotated[list[RenameInput], Field(max_length=CLASSES)] | None = None
    transferred_classes: Annotated[list[TransferInput], Field(max_length=CLASSES)] | None = None
    deleted_classes: Names | None = None

    def step(self) -> Step:
        return Step(
            created_sqlite=tuple(self.new_sqlite_classes or ()),
            created=tuple(self.new_classes or ()),
            renamed=tuple(Rename(r.source, r.target) for r in self.renamed_classes or ()),
            transferred=tuple(
                Transfer(t.from_script, t.source, t.target) for t in self.transferred_classes or ()
            ),
            deleted=tuple(self.deleted_classes or ()),
        )


class MigrationsInput(StepInput):
    """Leads from `old_tag` (absent before the first migration) to `new_tag`."""

    old_tag: Tag | None = None
    new_tag: Tag | None = None
    steps: Annotated[list[StepInput], Field(max_length=STEPS)] | None = None

    def migration(self) -> Migration:
        steps = self.steps if self.steps is not None else [self]
        return Migration(
            new_tag=self.new_tag, old_tag=self.old_tag, steps=tuple(s.step() for s in steps)
        )
