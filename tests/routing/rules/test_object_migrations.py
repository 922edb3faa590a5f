import itertools

import pytest

from routing.rules.object_migrations import (
    Migration,
    MigrationProblem,
    MigrationRefused,
    NamespaceClass,
    Rename,
    Step,
    Transfer,
    classes_after,
)

ROOM = NamespaceClass("a" * 32)
OLD = NamespaceClass("b" * 32, sqlite=False)
ELSEWHERE = {("chat", "Room"): ROOM}


def after(migration: Migration, tag: str = "", **classes: NamespaceClass):
    numbers = itertools.count(1)
    return classes_after(migration, tag, classes, ELSEWHERE, lambda: f"key-{next(numbers)}")


def problem(migration: Migration, tag: str = "", **classes: NamespaceClass):
    with pytest.raises(MigrationRefused) as refused:
        after(migration, tag, **classes)
    return refused.value.problem, refused.value.subject


def one(**step) -> Migration:
    return Migration(steps=(Step(**step),))


def test_new_classes_get_namespaces_of_their_kind_of_storage():
    assert after(one(created_sqlite=("A",), created=("B",))) == {
        "B": NamespaceClass("key-1", sqlite=False),
        "A": NamespaceClass("key-2", sqlite=True),
    }


def test_a_renamed_class_keeps_its_namespace_and_storage():
    assert after(one(renamed=(Rename("Old", "New"),)), Old=OLD) == {"New": OLD}


def test_a_transferred_class_comes_with_its_namespace():
    migration = one(transferred=(Transfer("chat", "Room", "Hall"),))
    assert after(migration) == {"Hall": ROOM}
    assert migration.transfers == (Transfer("chat", "Room", "Hall"),)


def test_steps_apply_in_order():
    steps = (
        Step(created_sqlite=("A",)),
        Step(renamed=(Rename("A", "B"),)),
        Step(deleted=("B",), created_sqlite=("C",)),
    )
    assert after(Migration("v3", None, steps)) == {"C": NamespaceClass("key-2")}


def test_two_classes_may_swap_their_names():
    steps = (Rename("A", "x"), Rename("B", "A"), Rename("x", "B"))
    assert after(one(renamed=steps), A=ROOM, B=OLD) == {"A": OLD, "B": ROOM}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"created_sqlite": ("A",)}, (MigrationProblem.created_exists, "A")),
        ({"created": ("B", "B")}, (MigrationProblem.created_exists, "B")),
        ({"deleted": ("B",)}, (MigrationProblem.deleted_missing, "B")),
        ({"renamed": (Rename("B", "C"),)}, (MigrationProblem.renamed_missing, "B")),
        ({"renamed": (Rename("A", "D"),)}, (MigrationProblem.renamed_exists, "D")),
        (
            {"transferred": (Transfer("chat", "No", "E"),)},
            (MigrationProblem.transferred_missing, "No"),
        ),
        (
            {"transferred": (Transfer("chat", "Room", "A"),)},
            (MigrationProblem.transferred_exists, "A"),
        ),
        (
            {"transferred": (Transfer("chat", "Room", "E"), Transfer("chat", "Room", "F"))},
            (MigrationProblem.transferred_missing, "Room"),
        ),
    ],
)
def test_what_cannot_be_applied(step, expected):
    assert problem(one(**step), A=OLD, D=NamespaceClass("d" * 32)) == expected


@pytest.mark.parametrize(
    ("old", "current", "fits"),
    [(None, "", True), ("", "", True), ("v1", "v1", True), (None, "v1", False), ("v1", "", False)],
)
def test_the_old_tag_must_be_the_current_one(old, current, fits):
    migration = Migration("v2", old, (Step(),))
    if fits:
        assert after(migration, current) == {}
    else:
        assert problem(migration, current) == (MigrationProblem.tag, current)
