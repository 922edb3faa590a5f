import pytest
from django.utils import timezone

from routing import snapshot
from routing.control.deploy import delete_worker, deploy
from routing.control.publish import publish, target, withheld_workers
from routing.control.revision import current
from routing.control.subdomain import set_subdomain
from routing.models import Edge, Worker
from routing.snapshot import BindingSpec, Secret
from tests.factories import T0, make_deployment, make_draft, make_version, make_worker

pytestmark = pytest.mark.django_db


def test_a_worker_without_a_deployment_is_not_published():
    make_worker()
    assert publish().workers == ()


def test_the_snapshot_holds_the_deployment_newest_first_and_survives_json():
    worker = make_worker(versions=3)
    new, middle, old = worker.versions.newest_first()
    deployment = make_deployment(worker, (old, 75), (new, 25))
    published = publish()
    (shop,) = published.workers
    assert shop.hostnames == ("shop.localhost",)
    assert shop.deployment.id == str(deployment.id)
    assert [s.version_id for s in shop.deployment.shares] == [str(new.id), str(old.id)]
    assert [v.number for v in shop.versions] == [3, 1]
    assert shop.other_versions == (str(middle.id),)
    assert snapshot.from_json(snapshot.to_json(published)) == published


def test_how_a_rollouts_deployment_is_counted_reaches_the_edge():
    spec = snapshot.CountSpec(block_seconds=2, fine_until=120, slow_p95_us=50_000)
    worker = make_worker()
    version = str(worker.versions.get().id)
    deploy(worker=worker, shares=[(version, 100)], author=None, source="x", now=T0, counts=spec)
    published = snapshot.from_json(snapshot.to_json(publish()))
    assert published.workers[0].deployment.counts == spec


def test_a_snapshot_of_an_earlier_release_is_read():
    make_deployment(worker := make_worker(), (worker.versions.get(), 100))
    raw = snapshot.to_json(publish()).replace(b',"counts":null', b"")
    assert b"counts" not in raw
    assert snapshot.from_json(raw).workers[0].deployment.counts is None


def test_a_worker_whose_name_is_switched_off_is_published_without_one():
    deployment = make_deployment(make_worker())
    before = publish()
    set_subdomain(
        worker=deployment.worker,
        enabled=False,
        previews=False,
        author=None,
        source="wrangler",
        now=timezone.now(),
    )
    change = publish(before.revision)
    assert change.revision == before.revision + 1
    assert [(w.name, w.hostnames) for w in change.workers] == [("shop", ())]


def test_secrets_travel_but_never_show_themselves():
    secret = BindingSpec(name="KEY", type="secret_text", secret=Secret("s3cret"))
    make_deployment(make_version("shop", make_draft(bindings=[secret])).worker)
    published = publish()
    assert "s3cret" not in repr(published)
    assert b"s3cret" in snapshot.to_json(published)


def test_a_change_since_a_revision_merges_into_what_was_held():
    for name in ("a", "b", "c"):
        make_deployment(make_worker(name))
    held = publish()
    make_version("b")
    make_deployment(Worker.objects.get(name="b"))
    delete_worker(
        worker=Worker.objects.get(name="c"), author=None, source="api", now=timezone.now()
    )
    change = publish(held.revision)
    assert [w.name for w in change.workers] == ["b"] and change.removed == ("c",)
    merged = snapshot.merge(held, change)
    assert merged == publish()


def test_a_revision_from_the_future_gets_the_whole_state():
    make_deployment(make_worker())
    assert publish(since=current() + 5).base is None


def test_a_worker_that_comes_back_is_no_longer_removed():
    make_deployment(make_worker())
    held = publish()
    delete_worker(worker=Worker.objects.get(), author=None, source="api", now=timezone.now())
    make_deployment(make_worker())
    change = publish(held.revision)
    assert [w.name for w in change.workers] == ["shop"] and change.removed == ()


def test_publishing_takes_the_same_queries_for_3_and_30_workers(django_assert_num_queries):
    def build(names):
        for name in names:
            worker = make_worker(name, versions=2)
            new, old = worker.versions.newest_first()
            make_deployment(worker, (new, 10), (old, 90))

    build(f"a{i}" for i in range(3))
    with django_assert_num_queries(11):
        publish()
    build(f"b{i}" for i in range(27))
    with django_assert_num_queries(11):
        assert len(publish().workers) == 30


def test_an_edge_that_lags_decides_by_the_deployment_it_has():
    worker = make_worker(versions=2)
    new, old = worker.versions.newest_first()
    first = make_deployment(worker, (old, 100))
    edge = Edge.objects.create(
        name="e", token_sha256="x", created_on=timezone.now(), applied_revision=first.revision
    )
    second = make_deployment(worker, (new, 0), (old, 100))
    late = target(worker, second, edge=edge)
    assert late.deployment_id == str(first.id)
    assert late.pending == {str(new.id)} and late.weight(str(new.id)) is None
    assert target(worker, second).weight(str(new.id)) == 0


def test_a_target_knows_whose_a_foreign_id_is():
    mine, theirs = make_worker("mine"), make_worker("theirs")
    other = str(theirs.versions.get().id)
    deployment = make_deployment(mine)
    found = target(mine, deployment, requested=[other, "no-uuid"])
    assert found.foreign == {other: "theirs"}
    assert found.workers == {"mine", "theirs"}


def sealed_worker(name):
    secret = BindingSpec(name="KEY", type="secret_text", secret=Secret("s3cret"))
    return make_deployment(make_version(name, make_draft(bindings=[secret])).worker)


def test_a_broken_seal_keeps_back_one_worker_and_says_why(settings, caplog):
    sealed_worker("shop")
    make_deployment(make_worker("open"))
    settings.SECRET_KEY = "another key than the one that sealed it"
    published = publish()
    assert [w.name for w in published.workers] == ["open"]
    assert list(published.withheld) == ["shop"]
    why = "The secret KEY was encrypted with another SLUICE_SECRET_KEY"
    assert why in published.withheld["shop"]
    assert withheld_workers() == published.withheld and "left out" in caplog.text
    assert snapshot.from_json(snapshot.to_json(published)) == published


def test_an_edge_keeps_what_it_has_of_a_worker_that_is_withheld(settings):
    sealed_worker("shop")
    make_deployment(make_worker("open"))
    held = publish()
    key, settings.SECRET_KEY = settings.SECRET_KEY, "another key than the one that sealed it"
    whole = snapshot.merge(held, publish())
    assert whole.workers == held.workers and list(whole.withheld) == ["shop"]
    fresh = snapshot.merge(snapshot.EMPTY, publish())
    assert [w.name for w in fresh.workers] == ["open"]
    make_deployment(make_worker("more"))
    change = snapshot.merge(whole, publish(whole.revision))
    assert [w.name for w in change.workers] == ["more", "open", "shop"]
    assert list(change.withheld) == ["shop"]
    settings.SECRET_KEY = key
    assert snapshot.merge(change, publish()).withheld == {}
    delete_worker(
        worker=Worker.objects.get(name="shop"), author=None, source="api", now=timezone.now()
    )
    gone = snapshot.merge(change, publish(change.revision))
    assert [w.name for w in gone.workers] == ["more", "open"] and gone.withheld == {}
