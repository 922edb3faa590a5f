"""Rate limiting bindings: what is a valid one, and how pages show it."""

from __future__ import annotations

from typing import Any

import pytest

from routing.compile.workerd import config as workerd
from routing.compile.workerd.binding_types.rate_limits import as_text, from_text, problem_of
from routing.snapshot import BindingSpec
from tests.routing.compile.cases import CONTENTS, RUNTIME, make_version

OPTIONS: dict[str, Any] = {"namespace_id": "1001", "simple": {"limit": 100, "period": 60}}


def test_a_binding_leads_to_the_process_with_its_namespaces_capability() -> None:
    binding = BindingSpec(name="LIMIT", type="ratelimit", options=OPTIONS)
    version = make_version(bindings=(binding,))
    compiled = workerd.config(
        "w", version, CONTENTS, slot=0, runtime=RUNTIME, rate_limits=b"key of the edge"
    )
    [service] = [s for s in compiled["services"] if s["name"] == "rate-limit:LIMIT"]
    assert service["external"]["address"] == "unix:limits.sock"
    [header] = service["external"]["http"]["injectRequestHeaders"]
    assert header["value"].startswith("1001:") and len(header["value"]) == 69
    [bound] = compiled["services"][0]["worker"]["bindings"]
    texts = {b["name"]: b.get("text") for b in bound["wrapped"]["innerBindings"]}
    assert texts == {"fetcher": None, "limit": "100", "period": "60"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"namespace_id": "0"}, "namespace_id"),
        ({"namespace_id": "mine"}, "namespace_id"),
        ({"simple": None}, "simple"),
        ({"simple": {"limit": 0, "period": 60}}, "limit"),
        ({"simple": {"limit": 1.5, "period": 60}}, "limit"),
        ({"simple": {"limit": True, "period": 60}}, "limit"),
        ({"simple": {"limit": 1, "period": 30}}, "period"),
        ({"simple": {"limit": 1, "period": "60"}}, "period"),
    ],
)
def test_a_bad_one_names_its_field(changed: dict[str, Any], field: str) -> None:
    assert field in problem_of(OPTIONS | changed)
    binding = BindingSpec(name="LIMIT", type="ratelimit", options=OPTIONS | changed)
    with pytest.raises(workerd.VersionInvalid, match=field):
        workerd.config("w", make_version(bindings=(binding,)), CONTENTS, slot=0, runtime=RUNTIME)


def test_text_of_a_binding_goes_back_and_forth() -> None:
    assert not problem_of(OPTIONS)
    assert as_text(OPTIONS) == "1001 100/60s"
    assert from_text(as_text(OPTIONS)) == OPTIONS == from_text(" 1001  100 / 60 ")
    assert problem_of(from_text("100 per minute"))
