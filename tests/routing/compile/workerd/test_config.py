"""Versions that are refused before workerd starts, and what never reaches a Worker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from routing.compile import names
from routing.compile.workerd import config as workerd, objects
from routing.compile.workerd.entry import FILE
from routing.snapshot import BindingSpec, VersionSpec
from tests.routing.compile.cases import (
    CONTENTS,
    EVERY_BINDING,
    INDEX,
    MODULE,
    RUNTIME,
    SERVICE_WORKER,
    SNAPSHOTS,
    WITH_OBJECTS,
    make_version,
    module,
)


def config(version: VersionSpec) -> dict[str, Any]:
    return workerd.config("w", version, CONTENTS, slot=0, runtime=RUNTIME)


def refusal(version: VersionSpec) -> workerd.VersionInvalid:
    with pytest.raises(workerd.VersionInvalid) as caught:
        config(version)
    return caught.value


@pytest.mark.parametrize("entrypoint", [names.OBJECTS, names.PROPS, names.TAIL])
def test_entrypoints_of_the_edge_are_bound_by_no_upload(entrypoint):
    options = {"service": "other", "entrypoint": entrypoint}
    binding = BindingSpec(name="API", type="service", options=options)
    assert refusal(make_version(bindings=(binding,))).kind == "binding"


@pytest.mark.parametrize(
    ("asked", "newest", "runs_with"),
    [
        ("2026-11-29", "2026-11-24", "2026-11-24"),
        ("2026-11-24", "2026-11-24", "2026-11-24"),
        ("2026-11-23", "2026-11-24", "2026-11-23"),
        ("2026-11-29", "", "2026-11-29"),
        ("soon", "2026-11-24", "soon"),
        ("2026-13-01", "2026-11-24", "2026-13-01"),
    ],
)
def test_a_version_runs_with_the_newest_date_that_the_runtime_takes(
    asked: str, newest: str, runs_with: str
) -> None:
    assert workerd.running_date(asked, newest) == runs_with
    version = make_version(compatibility_date=asked)
    compiled = workerd.config("w", version, CONTENTS, slot=0, runtime=RUNTIME, newest_date=newest)
    assert compiled["services"][0]["worker"]["compatibilityDate"] == runs_with


@pytest.mark.parametrize("kind", ["vectorize", "workflow"])
def test_an_unsupported_binding_is_refused_by_name(kind: str) -> None:
    error = refusal(make_version(bindings=(BindingSpec(name="STORE", type=kind),)))
    assert isinstance(error, workerd.BindingUnsupported)
    assert error.kind == "binding"
    assert f'Binding "STORE" has type "{kind}"' in str(error)
    assert all(supported in str(error) for supported in workerd.SUPPORTED)


@pytest.mark.parametrize(
    "binding, words",
    [
        (
            BindingSpec(name="A", type="text_blob", options={"part": "x"}),
            "service-worker syntax only",
        ),
        (BindingSpec(name="A", type="plain_text"), 'lacks "text"'),
        (BindingSpec(name="A", type="plain_text", options={"text": 5}), '"text" must be a string'),
        (BindingSpec(name="A", type="service", options={"service": ["w"]}), "must be a string"),
        (BindingSpec(name="A", type="json"), 'lacks "json"'),
        (BindingSpec(name="A", type="service"), 'lacks "service"'),
        (BindingSpec(name="A", type="secret_text"), "has no text"),
    ],
)
def test_a_broken_binding_is_refused(binding: BindingSpec, words: str) -> None:
    error = refusal(make_version(bindings=(binding,)))
    assert error.kind == "binding" and words in str(error)


def test_two_bindings_of_one_name_are_refused() -> None:
    binding = BindingSpec(name="A", type="plain_text", options={"text": ""})
    assert "used twice" in str(refusal(make_version(bindings=(binding, binding))))


@pytest.mark.parametrize("name", ["/etc/passwd", "../up.js", "a/../../b.js", "", "nul\0.js"])
def test_a_module_name_that_kills_workerd_is_refused(name: str) -> None:
    bad = module(name, "text/plain", MODULE)
    error = refusal(make_version(modules=(INDEX, bad)))
    assert error.kind == "module" and repr(name) in str(error)


@pytest.mark.parametrize(
    "content_type, words",
    [("text/x-python", "Python Workers are not supported"), ("image/png", 'type "image/png"')],
)
def test_an_unknown_content_type_is_refused(content_type: str, words: str) -> None:
    bad = module("a", content_type, MODULE)
    error = refusal(make_version(modules=(INDEX, bad)))
    assert error.kind == "module" and words in str(error)


def test_the_main_module_must_be_there_and_be_an_es_module() -> None:
    missing = refusal(make_version(main_module="nope.js"))
    assert (missing.kind, str(missing)) == ("main_module", 'No such module "nope.js".')
    text = make_version(main_module="a.txt", modules=(module("a.txt", "text/plain", MODULE),))
    assert str(refusal(text)) == "Main module must be an ES module."


def test_the_main_module_comes_first_and_source_maps_stay_out() -> None:
    entry, main, *others = config(EVERY_BINDING)["services"][0]["worker"]["modules"]
    assert (entry["name"], main["name"]) == (FILE, "src/index.js")
    assert "src/index.js.map" not in {part["name"] for part in others}


def test_a_secret_stays_out_of_the_inspected_names() -> None:
    assert "s3cret" not in repr(EVERY_BINDING)


def test_the_machine_and_its_tunnels_are_out_of_reach() -> None:
    compiled = workerd.config(
        "w", make_version(), CONTENTS, slot=0, runtime=RUNTIME, deny=["192.0.2.7/32"]
    )
    network = next(s["network"] for s in compiled["services"] if s["name"] == "internet")
    assert network["allow"] == ["public"]
    assert network["deny"] == ["64:ff9b::/96", "2002::/16", "2001::/32", "192.0.2.7/32"]


def test_a_binding_to_a_part_that_is_missing_is_refused() -> None:
    ghost = BindingSpec(name="GREETING", type="text_blob", options={"part": "ghost"})
    refused = refusal(replace(SERVICE_WORKER, bindings=(ghost,)))
    assert refused.kind == "module"


def test_where_objects_run_is_answered_by_what_versions_have_and_else_by_percentages() -> None:
    snapshot, path = SNAPSHOTS["objects"], objects.objects_path("counter")
    new, old = (version.id for version in snapshot.workers[0].versions)
    assert objects.objects_answer(snapshot, {old: 3}, path, "edge-1", {}) == {
        "ranges": [[None, 0, 10_000], [3, 10_000, 100_000]],
        "edge": "",
    }
    moving = {old: ((5_000, 100_000),)}
    assert objects.objects_answer(snapshot, {old: 3, new: 1}, path, "edge-1", moving) == {
        "ranges": [[3, 5_000, 100_000], [1, 0, 5_000]],
        "edge": "",
    }
    worker = replace(snapshot.workers[0], objects_edge=("edge-2",))
    elsewhere = replace(snapshot, workers=(worker,))
    answer = objects.objects_answer(elsewhere, {new: 1, old: 3}, path, "edge-1", {})
    assert answer == {"ranges": [], "edge": "edge-2"}
    nowhere = objects.objects_answer(snapshot, {}, objects.objects_path("x"), "", {})
    assert nowhere == {"ranges": [], "edge": ""}


def test_a_trial_of_objects_needs_no_folder() -> None:
    compiled = workerd.config(
        "w", WITH_OBJECTS, CONTENTS, slot=0, runtime=RUNTIME, stores_objects=False
    )
    assert compiled["services"][0]["worker"]["durableObjectStorage"] == {"inMemory": None}
    assert not any("disk" in service for service in compiled["services"])
