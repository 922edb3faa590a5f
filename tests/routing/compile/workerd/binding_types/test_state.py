"""Bindings to namespaces of the state process."""

from __future__ import annotations

import pytest

from routing.compile.workerd import config as workerd
from routing.compile.workerd.binding_types.state import STATE_BINDINGS
from routing.snapshot import BindingSpec, Secret
from tests.routing.compile.cases import CONTENTS, RUNTIME, make_version


def binding(kind: str, secret: Secret | None) -> BindingSpec:
    options = {STATE_BINDINGS[kind].option: "0123"}
    return BindingSpec(name="DATA", type=kind, options=options, secret=secret)


@pytest.mark.parametrize("kind", STATE_BINDINGS)
@pytest.mark.parametrize("secret", [Secret("kv:0123:aa"), None])
def test_a_binding_leads_to_the_socket_with_its_own_header(
    kind: str, secret: Secret | None
) -> None:
    version = make_version(bindings=(binding(kind, secret),))
    compiled = workerd.config("w", version, CONTENTS, slot=0, runtime=RUNTIME)
    [service] = [s for s in compiled["services"] if s["name"] == "state:DATA"]
    header = {"name": "x-sluice-state", "value": secret.reveal() if secret else ""}
    assert service["external"]["address"] == "unix:state.sock"
    assert service["external"]["http"]["injectRequestHeaders"] == [header]
    [bound] = compiled["services"][0]["worker"]["bindings"]
    assert bound["name"] == "DATA" and "state:DATA" in str(bound)


@pytest.mark.parametrize("kind", STATE_BINDINGS)
def test_a_binding_without_a_namespace_is_refused(kind: str) -> None:
    version = make_version(bindings=(BindingSpec(name="DATA", type=kind),))
    with pytest.raises(workerd.VersionInvalid, match=STATE_BINDINGS[kind].option):
        workerd.config("w", version, CONTENTS, slot=0, runtime=RUNTIME)
