"""The configuration of the state process."""

from __future__ import annotations

import json
from pathlib import Path

from routing.agent.base.capnp_config import encode
from routing.state_access import capability, header_value, state_key
from routing.storage.config import config, folders
from routing.storage.kinds import KINDS
from routing.storage.server import sources

KEY = state_key("s" * 32)


def test_every_kind_has_a_worker_that_only_the_front_can_reach() -> None:
    compiled = config([KEY], sources(Path("/data")))
    names = [service["name"] for service in compiled["services"]]
    assert set(KINDS) < set(names) and len(names) == len(set(names))
    [socket] = compiled["sockets"]
    assert socket["service"] == {"name": "front"}
    front = compiled["services"][0]["worker"]
    assert {b["name"] for b in front["bindings"]} >= {*KINDS, "KEYS", "REGISTRY"}
    assert encode(compiled)


def test_disks_are_folders_of_the_root_that_the_server_makes() -> None:
    made = sources(Path("/data"))
    disks = [s["disk"]["path"] for s in config([KEY], made)["services"] if "disk" in s]
    assert sorted(disks) == sorted(f"/data/{name}" for name in folders(made))


def test_the_configuration_does_not_depend_on_namespaces_but_on_keys() -> None:
    front = config([KEY, b"\0" * 32], sources(Path("/data")))["services"][0]["worker"]
    [keys] = [json.loads(b["json"]) for b in front["bindings"] if b["name"] == "KEYS"]
    assert keys == [KEY.hex(), "00" * 32]


def test_a_capability_is_for_one_namespace_of_one_kind() -> None:
    made = {capability(KEY, kind, name) for kind in ("kv", "d1") for name in ("a", "b")}
    assert len(made) == 4
    assert capability(state_key("t" * 32), "kv", "a") not in made
    assert header_value(KEY, "kv", "a") == f"kv:a:{capability(KEY, 'kv', 'a')}"
