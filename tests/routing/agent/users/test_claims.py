"""One id for one process, until it has ended."""

import os

import pytest

from routing.agent.users import claims
from routing.agent.users.claims import NoUserFree, Users
from routing.agent.users.isolation import NOBODY, Isolation, Kind, User

UIDS = range(70_001, 70_006)


@pytest.fixture(autouse=True)
def nothing_lives(monkeypatch):
    living = set()
    monkeypatch.setattr(claims, "user_ids", lambda: set(living))
    return living


@pytest.fixture
def make(tmp_path):
    isolation = Isolation(kind=Kind.own, group=70_000, uids=UIDS)
    return lambda group=70_000: Users(isolation, group=group, locks=tmp_path / "locks")


def uid(claim):
    assert claim.user is not None and claim.is_own
    return claim.user.uid


def test_no_two_have_the_same_and_a_used_one_comes_last(make):
    users = make()
    given = [users.claim() for _ in UIDS]
    assert {uid(claim) for claim in given} == set(UIDS)
    with pytest.raises(NoUserFree, match="70001 to 70005 are in use"):
        users.claim()
    given[3].release()
    assert uid(users.claim()) == uid(given[3])


def test_released_twice_is_released_once(make):
    users = make()
    first = users.claim()
    first.release()
    rest = [users.claim() for _ in UIDS]
    first.release()
    with pytest.raises(NoUserFree):
        users.claim()
    assert len(rest) == len(UIDS)


def test_two_programs_of_one_machine_share_a_range(make):
    one, other = make(), make()
    state = {uid(one.claim()) for _ in range(3)}
    free = {uid(other.claim()) for _ in range(2)}
    assert not state & free
    with pytest.raises(NoUserFree):
        other.claim()


def test_the_id_of_a_living_process_is_left_alone(make, nothing_lives):
    nothing_lives |= {*UIDS} - {70_004}
    assert uid(make().claim()) == 70_004


def test_an_adopted_process_keeps_its_id(make, nothing_lives):
    users = make()
    adopted = users.adopt(70_002)
    assert adopted.user == User(70_002, 70_000) and adopted.is_own
    assert 70_002 not in {uid(users.claim()) for _ in range(4)}
    adopted.release()
    assert uid(users.claim()) == 70_002
    assert not users.adopt(NOBODY).is_own


def test_without_a_group_each_has_its_own(make):
    claim = make(group=None).claim()
    assert claim.user is not None and claim.user.gid == claim.user.uid


def test_where_there_is_no_place_for_locks_ids_are_still_one_each(make, tmp_path):
    (tmp_path / "locks").write_text("a file")
    users = make()
    assert {uid(users.claim()) for _ in UIDS} == set(UIDS)


@pytest.mark.parametrize(
    ("kind", "user"), [(Kind.shared, User(NOBODY, NOBODY)), (Kind.agent, None)]
)
def test_what_cannot_be_own_says_so(kind, user):
    claim = Users(Isolation(kind=kind, reason="why")).claim()
    assert claim.user == user and not claim.is_own
    claim.release()


def test_the_ids_of_living_processes_are_seen(monkeypatch):
    monkeypatch.undo()
    assert os.geteuid() in claims.user_ids()
