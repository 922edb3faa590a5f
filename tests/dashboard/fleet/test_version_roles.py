"""Who is stable and who the candidate, over the histories that can happen."""

import pytest

from dashboard.fleet.deployment_cache import forget, roles_of_deployment, roles_of_deployments
from dashboard.fleet.version_roles import Role, phrase
from routing.models import Deployment, Worker
from tests.factories import make_deployment, make_draft, make_version, make_worker

pytestmark = pytest.mark.django_db


def after(*deployments: tuple[tuple[int, float], ...]) -> list[tuple[int, Role]]:
    """(version number, role) in display order, after deployments of (number, percentage)."""
    worker = make_worker("shop", versions=4)
    by_number = {v.number: v for v in worker.versions.all()}
    for shares in deployments:
        made = make_deployment(worker, *((by_number[n], p) for n, p in shares))
    return roles(worker, made)


def roles(worker: Worker, deployment: Deployment) -> list[tuple[int, Role]]:
    return [(s.version.number, s.role) for s in roles_of_deployment(deployment)]


def test_one_version_is_stable():
    assert after([(1, 100)]) == [(1, Role.STABLE)]


def test_a_staged_version_is_a_hollow_candidate_and_comes_first():
    assert after([(1, 100)], [(1, 100), (2, 0)]) == [(2, Role.STAGED), (1, Role.STABLE)]


def test_stable_is_what_last_held_everything_even_below_half():
    history = [[(1, 100)], [(2, 0), (1, 100)], [(2, 90), (1, 10)]]
    assert after(*history) == [(2, Role.CANDIDATE), (1, Role.STABLE)]


def test_without_such_a_version_the_lower_number_is_stable():
    assert after([(2, 50), (1, 50)]) == [(2, Role.CANDIDATE), (1, Role.STABLE)]


def test_a_version_that_came_between_does_not_confuse():
    history = [[(1, 100)], [(3, 100)], [(2, 40), (1, 60)]]
    assert after(*history) == [(2, Role.CANDIDATE), (1, Role.STABLE)]


def test_the_old_version_kept_at_zero_after_promotion_is_previous():
    history = [[(1, 100)], [(2, 25), (1, 75)], [(2, 100), (1, 0)]]
    assert after(*history) == [(1, Role.PREVIOUS), (2, Role.STABLE)]


def test_a_candidate_stepped_down_to_zero_stays_a_candidate():
    history = [[(1, 100)], [(2, 25), (1, 75)], [(2, 0), (1, 100)]]
    assert after(*history) == [(2, Role.STAGED), (1, Role.STABLE)]


def test_an_older_version_staged_again_is_a_candidate():
    history = [[(1, 100)], [(2, 100)], [(1, 0), (2, 100)]]
    assert after(*history) == [(1, Role.STAGED), (2, Role.STABLE)]


def test_roles_of_old_deployments_are_those_of_their_time():
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    ramp = make_deployment(worker, (two, 25), (one, 75))
    make_deployment(worker, (two, 100))
    assert roles(worker, ramp) == [(2, Role.CANDIDATE), (1, Role.STABLE)]


def test_the_split_in_words():
    worker = make_worker("shop", versions=2)
    one, two = worker.versions.order_by("number")
    made = make_deployment(worker, (two, 33.333), (one, 66.667))
    assert phrase(roles_of_deployment(made)) == "Candidate #2 33.333%, stable #1 66.667%"


def test_a_tag_stays_as_it_was_written():
    old = make_version("shop", make_draft(tag="v1-RC"))
    assert phrase(roles_of_deployment(make_deployment(old.worker))) == "Stable #1 v1-RC 100%"


@pytest.mark.parametrize(
    ("history", "roles"),
    [
        # the fault: the bad one was called stable
        (
            [[(1, 100)], [(2, 10), (1, 90)], [(2, 100)], [(2, 10), (1, 90)]],
            [(2, Role.CANDIDATE), (1, Role.STABLE)],
        ),
        # kept at 0% after promotion, then given traffic again
        (
            [[(1, 100)], [(2, 100), (1, 0)], [(2, 90), (1, 10)]],
            [(2, Role.CANDIDATE), (1, Role.STABLE)],
        ),
        # two steps back
        (
            [[(1, 100)], [(2, 100)], [(3, 100)], [(3, 90), (1, 10)]],
            [(3, Role.CANDIDATE), (1, Role.STABLE)],
        ),
        # a version that was rolled back is nobody's predecessor
        (
            [[(1, 100)], [(2, 100)], [(1, 100)], [(3, 100)], [(3, 50), (2, 50)]],
            [(2, Role.CANDIDATE), (3, Role.STABLE)],
        ),
        # rolled back, then tried again
        (
            [[(2, 100)], [(1, 100)], [(2, 10), (1, 90)]],
            [(2, Role.CANDIDATE), (1, Role.STABLE)],
        ),
        # rolled back and left at 0%
        (
            [[(1, 100)], [(2, 100)], [(1, 100), (2, 0)]],
            [(2, Role.STAGED), (1, Role.STABLE)],
        ),
        # promoted again after a roll back: the next candidate stands beside it
        (
            [[(1, 100)], [(2, 100)], [(1, 100)], [(2, 100)], [(3, 10), (2, 90)]],
            [(3, Role.CANDIDATE), (2, Role.STABLE)],
        ),
    ],
)
def test_going_back_makes_the_predecessor_stable_again(history, roles):
    assert after(*history) == roles


def test_a_cold_process_reads_each_history_once(django_assert_num_queries):
    after(*[[(1, 100)], [(2, 10), (1, 90)], [(2, 100)], [(2, 10), (1, 90)]])
    made = list(Deployment.objects.all())
    forget()
    with django_assert_num_queries(2):
        roles_of_deployments(made)
    with django_assert_num_queries(0):
        roles_of_deployments(made)
