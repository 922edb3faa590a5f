"""Resources that are compiled change by change are those of the whole snapshot."""

import random
from dataclasses import replace

import pytest

from routing.agent.discovery.resources import Compiler, resource_of
from routing.compile import names
from routing.compile.envoy import config
from routing.compile.envoy.protobuf import SCOPE
from routing.rules.split import TOTAL, VersionWeight
from routing.snapshot import BindingSpec, DeploymentSpec, Overrides, Snapshot
from tests.routing.compile.cases import FETCH, SUMS, make_version, make_worker

ROUTES = ["example.com/*", "*.example.com/a*", "https://example.com/b", "a.example.com/*"]


def changed(draw, workers, number):
    """One Worker is deployed, protected, removed or added."""
    at = draw.randrange(len(workers))
    worker = workers[at]
    match draw.randrange(6):
        case 0 if len(workers) > 1:
            return workers[:at] + workers[at + 1 :]
        case 1:
            overrides = None if worker.overrides else Overrides(protected=True)
            return [*workers[:at], replace(worker, overrides=overrides), *workers[at + 1 :]]
        case 2:
            return [*workers, made(draw, f"w{number}", number)]
        case 3:
            return [*workers[:at], made(draw, worker.name, number), *workers[at + 1 :]]
        case 4:
            moved = replace(worker, routes=tuple(draw.sample(ROUTES, draw.randrange(3))))
            return [*workers[:at], moved, *workers[at + 1 :]]
    weight = draw.randrange(TOTAL)
    shares = tuple(
        VersionWeight(share.version_id, w)
        for share, w in zip(worker.deployment.shares, (weight, TOTAL - weight), strict=True)
    )
    deployed = replace(worker, deployment=DeploymentSpec(id=f"d{number}", shares=shares))
    return [*workers[:at], deployed, *workers[at + 1 :]]


def made(draw, name, number):
    called = f"w{draw.randrange(8)}"
    options = {"service": called, "entrypoint": draw.choice(["", "Sums"])}
    binding = BindingSpec(name="OTHER", type="service", options=options)
    new = make_version(2 * number, exports=draw.choice([(FETCH,), (FETCH, SUMS)]))
    old = make_version(2 * number + 1, bindings=(binding,))
    return make_worker(name, (new, 10), (old, TOTAL - 10))


@pytest.mark.parametrize("seed", range(5))
def test_changes_compile_as_the_whole(seed):
    draw, compiler = random.Random(seed), Compiler()
    workers = [made(draw, f"w{number}", number) for number in range(1, 5)]
    previous = {}
    for number in range(10, 60):
        workers = changed(draw, workers, number)
        snapshot = Snapshot(revision=number, workers=tuple(workers))
        slots = {
            v.id: draw.randrange(3) for w in workers for v in w.versions if draw.random() < 0.9
        }
        gone = make_version(3, exports=(FETCH, SUMS))
        leaving = {workers[0].name: [gone]} if draw.random() < 0.3 else {}
        coming = ["soon.localhost"] if draw.random() < 0.3 else []
        got = compiler.scopes(snapshot, slots, leaving, coming)
        whole = config.public_scopes(snapshot, coming)
        whole |= config.internal_scopes(snapshot, slots, leaving)
        assert got == {name: resource_of(SCOPE, value) for name, value in whole.items()}
        previous = apply(previous, got)
        assert previous == got
        versions = [version for worker in workers for version in worker.versions]
        renewals = {version.id: draw.randrange(2) for version in versions}
        clusters = compiler.clusters(versions, renewals)
        assert clusters == Compiler().clusters(versions, renewals)


def apply(before, after):
    """What an Envoy has after the difference."""
    update = {name: resource for name, resource in after.items() if before.get(name) != resource}
    return {name: r for name, r in (before | update).items() if name in after}


def test_a_step_of_a_worker_with_routes_changes_its_hosts_only():
    workers = [
        make_worker(f"w{n}", (make_version(n), TOTAL), routes=(f"w{n}.example.com/a/*",))
        for n in range(1, 9)
    ]
    compiler = Compiler()
    before = compiler.scopes(Snapshot(revision=1, workers=tuple(workers)), {}, {})
    workers[3] = replace(workers[3], deployment=replace(workers[3].deployment, id="other"))
    after = compiler.scopes(Snapshot(revision=2, workers=tuple(workers)), {}, {})
    changed_ones = {name for name in after if after[name] != before[name]}
    assert changed_ones == {"public|w4.localhost", "public|w4.example.com"}
    assert max(len(after[name].body) for name in changed_ones) < 2600


def test_one_percentage_changes_one_resource():
    workers = [make_worker(f"w{n}", (make_version(n), TOTAL)) for n in range(1, 9)]
    compiler = Compiler()
    before = compiler.scopes(Snapshot(revision=1, workers=tuple(workers)), {}, {})
    workers[3] = replace(workers[3], deployment=replace(workers[3].deployment, id="other"))
    after = compiler.scopes(Snapshot(revision=2, workers=tuple(workers)), {}, {})
    key = names.scope(names.PUBLIC, "w4.localhost")
    assert [name for name in after if after[name] != before[name]] == [key]
    assert all(after[name] is before[name] for name in after if name not in (key, "preview"))
