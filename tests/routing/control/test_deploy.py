import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from routing.control.deploy import (
    DeployConflict,
    DeployRefused,
    active_deployment,
    delete_worker,
    deploy,
)
from routing.control.publish import publish
from routing.control.revision import current
from routing.control.signals import desired_state_changed
from routing.models import (
    AuditEntry,
    Deployment,
    RemovedWorker,
    Share,
    Version,
    Worker,
    deployable,
)
from routing.snapshot import BindingSpec, Secret
from tests.factories import make_deployment, make_draft, make_user, make_version, make_worker

pytestmark = pytest.mark.django_db


def attempt(worker, *shares, **given):
    return deploy(
        worker=worker,
        shares=[(str(v.id if isinstance(v, Version) else v), p) for v, p in shares],
        author=None,
        source="api",
        now=timezone.now(),
        **given,
    )


def test_a_deployment_keeps_the_listed_order_and_walks_newest_first():
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    deployment = attempt(worker, (old, 75), (new, 25))
    assert [s.version for s in deployment.shares.all()] == [old, new]
    assert [s.version_id for s in deployment.rule_shares()] == [str(new.id), str(old.id)]


def test_a_zero_percent_version_is_part_of_the_deployment():
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    assert [s.weight for s in attempt(worker, (new, 0), (old, 100)).shares.all()] == [0, 100_000]


@pytest.mark.parametrize(
    ("percentages", "code"),
    [([50, 49], "sum"), ([50], "single"), ([33.3333, 66.6667], "decimals"), ([-1, 101], "range")],
)
def test_a_broken_split_changes_nothing(percentages, code):
    worker = make_worker(versions=2)
    versions = list(worker.versions.newest_first())
    before = current()
    with pytest.raises(DeployRefused) as refused:
        attempt(worker, *zip(versions, percentages, strict=False))
    assert refused.value.code == code
    assert not worker.deployments.exists() and current() == before


def test_three_versions_are_one_too_many():
    worker = make_worker(versions=3)
    with pytest.raises(DeployRefused) as refused:
        attempt(worker, *((v, p) for v, p in zip(worker.versions.all(), (50, 30, 20), strict=True)))
    assert refused.value.code == "count"


def test_another_workers_version_is_named_with_its_owner():
    mine, theirs = make_worker("mine"), make_worker("theirs")
    with pytest.raises(DeployRefused, match="belongs to the Worker theirs"):
        attempt(mine, (theirs.versions.first(), 100))


@pytest.mark.parametrize("text", ["00000000-0000-4000-8000-000000000000", "no-uuid", ""])
def test_an_id_of_nothing_is_refused(text):
    with pytest.raises(DeployRefused) as refused:
        attempt(make_worker(), (text, 100))
    assert refused.value.code == "unknown_version"


def test_only_the_hundred_most_recent_versions_can_be_deployed():
    worker = make_worker(versions=101)
    oldest, second = worker.versions.order_by("number")[:2]
    with pytest.raises(DeployRefused) as refused:
        attempt(worker, (oldest, 100))
    assert refused.value.code == "too_old"
    assert attempt(worker, (second, 100)).number == 1


def test_a_stale_expectation_conflicts_and_says_who_deployed():
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    first = attempt(worker, (old, 100), expected=None)
    second = make_deployment(worker, (new, 0), (old, 100), author=make_user("bob"))
    with pytest.raises(DeployConflict, match="bob@example.test via dashboard") as conflict:
        attempt(worker, (new, 50), (old, 50), expected=first.id)
    assert conflict.value.active == second and active_deployment(worker) == second


def test_expecting_no_deployment_conflicts_once_there_is_one():
    worker = make_worker()
    make_deployment(worker)
    with pytest.raises(DeployConflict):
        attempt(worker, (worker.versions.get(), 100), expected=None)


def test_an_older_version_alone_is_a_rollback_and_a_newer_one_is_not():
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    assert not attempt(worker, (new, 100)).is_rollback
    assert attempt(worker, (old, 100)).is_rollback
    assert not attempt(worker, (new, 0), (old, 100)).is_rollback


@pytest.fixture
def rekeyed():
    """(old, new, newest): `new` came with another value of API_KEY, `newest` with the same."""
    secrets = [
        BindingSpec(name="API_KEY", type="secret_text", secret=Secret(value))
        for value in ("one", "two", "two")
    ]
    return [make_version("shop", make_draft(bindings=[secret])) for secret in secrets]


@pytest.mark.parametrize(
    ("active", "asked"),
    [
        ([(1, 100)], [(0, 100)]),
        ([(1, 100)], [(1, 99), (0, 1)]),
        ([(1, 100)], [(2, 1), (0, 99)]),
        ([(1, 10), (0, 90)], [(0, 100)]),
        ([(1, 10), (0, 90)], [(1, 5), (0, 95)]),
        ([(1, 100), (0, 0)], [(1, 99.999), (0, 0.001)]),
    ],
)
def test_traffic_to_an_older_version_with_other_secrets_needs_consent(rekeyed, active, asked):
    worker = rekeyed[0].worker
    make_deployment(worker, *((rekeyed[i], p) for i, p in active))
    shares = [(rekeyed[i], p) for i, p in asked]
    with pytest.raises(DeployRefused) as refused:
        attempt(worker, *shares)
    assert (refused.value.code, refused.value.names) == ("secrets_changed", ("API_KEY",))
    assert str(refused.value).endswith("The following secrets have changed: API_KEY")
    assert worker.deployments.count() == 1
    assert attempt(worker, *shares, force=True).number == 2


@pytest.mark.parametrize(
    ("active", "asked"),
    [
        ([(0, 100)], [(1, 100)]),  # forward
        ([(0, 100)], [(1, 1), (0, 99)]),
        ([(1, 10), (0, 90)], [(1, 20), (0, 80)]),  # a step up takes from the old version
        ([(1, 10), (0, 90)], [(2, 10), (0, 90)]),  # the same share, beside another candidate
        ([(1, 100)], [(1, 100), (0, 0)]),  # 0% is no traffic
        ([(2, 100)], [(1, 100)]),  # older, but with the same values
    ],
)
def test_forward_and_equal_secrets_need_none(rekeyed, active, asked):
    worker = rekeyed[0].worker
    make_deployment(worker, *((rekeyed[i], p) for i, p in active))
    assert attempt(worker, *((rekeyed[i], p) for i, p in asked)).number == 2


@pytest.fixture
def crowded(db):
    """#1 at 90% and #2 at 10%, then a hundred uploads and one more."""
    worker = make_worker(versions=2)
    one, two = worker.versions.order_by("number")
    make_deployment(worker, (one, 100))
    make_deployment(worker, (two, 10), (one, 90))
    make_worker(versions=101)
    return worker


@pytest.mark.parametrize(
    "asked", [[(1, 100)], [(2, 10), (1, 90)], [(2, 50), (1, 50)], [(2, 100)], [(103, 0), (1, 100)]]
)
def test_what_is_live_can_be_deployed_however_old(crowded, asked):
    by_number = {v.number: v for v in crowded.versions.all()}
    assert attempt(crowded, *((by_number[n], p) for n, p in asked)).number == 3
    edge = publish().workers[0]
    known = {v.id for v in edge.versions} | set(edge.other_versions)
    assert {str(v.id) for v in deployable([crowded])} == known


def test_what_had_everything_before_can_be_deployed_however_old(crowded):
    one, two = crowded.versions.order_by("number")[:2]
    newest = crowded.versions.newest_first().first()
    attempt(crowded, (two, 100))
    assert list(deployable([crowded]))[-2:] == [two, one]
    attempt(crowded, (newest, 100))
    with pytest.raises(DeployRefused, match="nor the last one that had 100%") as refused:
        attempt(crowded, (one, 100))
    assert refused.value.code == "too_old"
    assert attempt(crowded, (two, 100)).is_rollback


def test_the_window_is_each_workers_own():
    make_deployment(make_worker("shop"))
    workers = [make_worker(name, versions=n) for name, n in (("api", 101), ("shop", 100))]
    found = list(deployable(workers))
    assert [sum(v.worker == w for v in found) for w in workers] == [100, 101]


def test_every_deployment_raises_the_revision_and_tells_after_the_commit(
    django_capture_on_commit_callbacks,
):
    worker, heard = make_worker(), []

    def listener(**told):
        heard.append((told["revision"], told["worker"]))

    desired_state_changed.connect(listener)
    with django_capture_on_commit_callbacks() as callbacks:
        deployment = make_deployment(worker)
        assert not heard
    for callback in callbacks:
        callback()
    desired_state_changed.disconnect(listener)
    assert heard == [(deployment.revision, "shop")]
    assert Worker.objects.get().changed_revision == deployment.revision == current()


def test_versions_and_deployments_cannot_be_edited_through_the_orm_or_around_it():
    worker = make_worker()
    deployment = make_deployment(worker)
    version = worker.versions.get()
    version.tag = "changed"
    for row in (version, deployment):
        with pytest.raises(ValidationError, match="immutable"):
            row.save()
        with pytest.raises(ValidationError, match="cannot be deleted"):
            row.delete()
    for rows, change in (
        (Version.objects, {"tag": "changed"}),
        (Deployment.objects, {"message": "changed"}),
        (Share.objects, {"weight": 1}),
    ):
        with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
            rows.update(**change)


def test_deleting_a_worker_is_audited_and_told_to_the_edges():
    worker = make_worker()
    make_deployment(worker)
    before = current()
    delete_worker(worker=worker, author=make_user("root"), source="api", now=timezone.now())
    assert not Worker.objects.exists() and not Version.objects.exists()
    assert RemovedWorker.objects.get().revision == current() == before + 1
    entry = AuditEntry.objects.get(action="worker.delete")
    assert (entry.actor, entry.subject, entry.before["versions"]) == ("root", "shop", 1)


def test_the_audit_trail_has_before_and_after():
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    attempt(worker, (old, 100))
    attempt(worker, (new, 12.5), (old, 87.5))
    entry = AuditEntry.objects.filter(action="deployment.create").latest("id")
    assert entry.before == {str(old.id): 100.0}
    assert entry.after == {str(new.id): 12.5, str(old.id): 87.5}
