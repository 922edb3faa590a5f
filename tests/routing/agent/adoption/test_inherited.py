"""What becomes of the processes that an earlier agent left."""

from msgspec.structs import replace

from routing.agent.adoption.inherited import classify
from routing.agent.base.process_notes import EnvoyNote, Note, VersionNote
from routing.process_identity import ProcessIdentity


def note(pid, *, version="", started="b.100", **fields):
    about = {"envoy": EnvoyNote(fingerprint="f", public=("127.0.0.1", 1), proof_port=2)}
    if version:
        about = {"version": version_note(version)}
    process = ProcessIdentity(pid, started)
    return Note(process=process, output="log/x.txt", **({"ready": True} | about | fields))


def version_note(version_id):
    return VersionNote(
        id=version_id,
        worker="shop",
        number=1,
        created_on="",
        compatibility_date="",
        exports=(),
        slot=0,
        fingerprint="f",
        listeners={},
    )


def test_what_serves_is_adopted():
    envoy, one, two = note(1), note(2, version="a"), note(3, version="b")
    found = classify([envoy, one, two], {1, 2, 3})
    assert (found.envoy, found.versions) == (envoy, (one, two))
    assert found.leaving == found.kill == found.ended == ()


def test_what_never_became_ready_is_killed_and_what_was_stopping_ends():
    half, leaving = note(2, version="a", ready=False), note(3, version="b", stopping=True)
    unknown = replace(note(4), envoy=None)
    found = classify([half, leaving, unknown], {2, 3, 4})
    assert (found.kill, found.leaving) == ((half, unknown), (leaving,))
    assert found.versions == () and found.envoy is None


def test_what_has_ended_is_not_adopted_even_when_its_id_is_used_again():
    gone = note(2, version="a")
    assert classify([gone], set()).ended == (gone,)
    assert not ProcessIdentity(1, "another boot.5").is_running()


def test_the_newer_of_two_goes_on_when_one_was_replacing_the_other():
    old, new = note(2, version="a", started="b.99"), note(3, version="a", started="b.100")
    before, after = note(4, started="b.9"), note(5, started="b.10")
    found = classify([new, old, after, before], {2, 3, 4, 5})
    assert (found.versions, found.envoy) == ((new,), after)
    assert set(n.process.pid for n in found.leaving) == {2, 4} and found.kill == ()


def test_a_successor_that_is_not_ready_gives_way():
    old, new = note(2, version="a", started="b.99"), note(3, version="a", ready=False)
    found = classify([new, old], {2, 3})
    assert (found.versions, found.kill) == ((old,), (new,))
