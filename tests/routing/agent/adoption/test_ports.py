"""The ports of an edge."""

import os
import socket
from types import SimpleNamespace

import msgspec
import pytest

from routing.agent.adoption import ports
from routing.agent.adoption.ports import PortInUse, free_port, serves_on, with_ports
from routing.agent.base.process_notes import EnvoyNote
from routing.agent.config import Config
from routing.process_identity import identify
from tests.routing.agent.adoption.test_inherited import note


@pytest.fixture
def settings(monkeypatch):
    monkeypatch.setattr(
        ports, "replace", lambda old, **new: SimpleNamespace(**{**vars(old), **new})
    )

    def make(**given) -> Config:
        fields = {"host": "127.0.0.1", "port": free_port(), "proof_port": 0, "metrics_port": None}
        fields |= {"metrics_host": "127.0.0.1", "tls_port": None}
        return SimpleNamespace(**{**fields, **given})

    return make


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_ports_that_are_left_open_are_chosen(settings):
    found = with_ports(settings(metrics_port=0), None)
    assert found.proof_port and found.metrics_port
    assert with_ports(settings(), None).metrics_port is None


@pytest.mark.parametrize(
    ("field", "variable"),
    [
        ("port", "SLUICE_EDGE_PORT"),
        ("proof_port", "SLUICE_EDGE_PROOF_PORT"),
        ("metrics_port", "SLUICE_EDGE_METRICS_PORT"),
    ],
)
def test_a_port_in_use_is_named(settings, taken, field, variable):
    with pytest.raises(PortInUse, match=f"{variable}={taken}: another program uses this port"):
        with_ports(settings(**{field: taken}), None)


def test_those_of_an_adopted_envoy_stay(settings, taken):
    about = EnvoyNote(
        fingerprint="f", public=("127.0.0.1", taken), proof_port=taken, metrics_port=free_port()
    )
    found = with_ports(settings(port=taken, metrics_port=0), note(1, envoy=about))
    assert (found.proof_port, found.metrics_port) == (taken, about.metrics_port)
    in_use = msgspec.structs.replace(about, metrics_port=taken)
    found = with_ports(settings(port=taken, metrics_port=0), note(1, envoy=in_use))
    assert found.metrics_port != taken


def test_an_edge_that_serves_on_is_recognized(tmp_path):
    (tmp_path / "pids").mkdir()
    me = identify(os.getpid())
    about = EnvoyNote(fingerprint="f", public=("127.0.0.1", 8787), proof_port=1)
    content = msgspec.json.encode(note(me.pid, started=me.started, envoy=about))
    (tmp_path / "pids" / str(me.pid)).write_bytes(content)
    assert serves_on(tmp_path, 8787) and not serves_on(tmp_path, 8788)
