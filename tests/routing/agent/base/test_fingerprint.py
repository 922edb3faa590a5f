"""A process whose start would differ now is out of date."""

from dataclasses import replace

from routing.agent.adoption.edge_state import note_of, process_of
from routing.agent.adoption.unnamed import Unnamed
from routing.agent.base import fingerprint
from routing.agent.base.process_end import End, EndKind
from routing.agent.base.process_notes import Note
from routing.agent.state.state import Process, ProcessState
from routing.process_identity import ProcessIdentity
from routing.snapshot import BindingSpec, Preview, Secret, Snapshot, VersionSpec

VERSION = VersionSpec(
    id="a",
    number=1,
    created_on="",
    compatibility_date="2026-08-01",
    bindings=(BindingSpec(name="KEY", type="secret_text", secret=Secret("s3cret")),),
)
START = {"key": b"k", "runtime": {"tail.js": "1"}, "deny": ["10.0.0.1/32"], "tail": True}


def of(version=VERSION, slot=0, **changes):
    return fingerprint.of_version("shop", version, slot, **START | {"program": "1"} | changes)


def test_everything_that_a_process_is_started_with_counts():
    other = (BindingSpec(name="KEY", type="secret_text", secret=Secret("another")),)
    all_of_them = {
        of(),
        of(slot=1),
        of(program="2"),
        of(tail=False),
        of(deny=[]),
        of(runtime={"tail.js": "2"}),
        of(key=b"l"),
        of(replace(VERSION, bindings=other)),
    }
    assert len(all_of_them) == 8 and of() == of()


def test_what_is_noted_makes_the_same_process_without_its_secrets():
    process = Process(
        worker="shop",
        version=VERSION,
        slot=3,
        since=5.0,
        state=ProcessState.running,
        restarts=2,
        end=End(EndKind.crash, 4.0),
        starts=(1.0, 5.0),
    )
    about = note_of(process, "f")
    note = Note(process=ProcessIdentity(1, "x"), output="log/x", ready=True, version=about)
    assert "s3cret" not in repr(about)
    assert process_of(note, about) == replace(process, version=replace(VERSION, bindings=()))


def test_an_adopted_version_is_named_once_by_a_snapshot_or_a_preview():
    unnamed = Unnamed(lambda start: f"{start.version.id}{start.slot}")
    for version_id, mark in (("a", "a0"), ("b", "earlier")):
        version = replace(VERSION, id=version_id)
        process = Process(worker="shop", version=version, slot=0, since=0.0)
        unnamed.add(note_of(process, mark))
    assert unnamed.named([Snapshot(revision=1)], {}) == []
    previews = {key: Preview(worker="shop", version=replace(VERSION, id=key)) for key in "abc"}
    named = unnamed.named([], previews)
    assert [(s.version.id, s.version.bindings, same) for s, same in named] == [
        ("a", VERSION.bindings, True),
        ("b", VERSION.bindings, False),
    ]
    assert unnamed.named([], previews) == []
