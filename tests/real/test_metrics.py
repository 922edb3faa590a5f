"""Prometheus' figures of a whole system: they agree with what was sent, and Grafana finds them."""

from __future__ import annotations

import base64
import gzip
import json
import re
import time

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bin.artifacts import expressions
from routing.agent.users.isolation import Kind, possible
from tests.eventually import eventually
from tests.running import OVERRIDES, System

pytestmark = [pytest.mark.real, pytest.mark.in_order]

TOKEN = "a-token-for-prometheus"


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    data = tmp_path_factory.mktemp("metrics") / "data"
    environment = {
        "SLUICE_METRICS_TOKEN": TOKEN,
        "SLUICE_AUDIT_WEBHOOK_URL": "http://127.0.0.1:9/",  # for its metrics: nothing listens
        "SLUICE_AUDIT_WEBHOOK_SECRET": "whsec_" + base64.b64encode(bytes(32)).decode(),
    }
    running = System(data, environment=environment).start()
    yield running
    running.stop()


def edge_url(system):
    status = json.loads((system.data_dir / "edge/status.json").read_text())
    return status["metrics_url"]


def scrape(url, token="none"):
    answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return list(text_string_to_metric_families(answer.text))


def scrape_both(system):
    control = f"http://127.0.0.1:{system.http_port}/metrics"
    return [*scrape(edge_url(system)), *scrape(control, TOKEN)]


def samples(families, name, **labels):
    return [
        s
        for family in families
        for s in family.samples
        if s.name == name and labels.items() <= s.labels.items()
    ]


def total(system, **labels):
    found = samples(scrape(edge_url(system)), "sluice_requests_total", worker="hello", **labels)
    return sum(sample.value for sample in found)


def test_every_request_is_counted_by_version_and_reason(system):
    shares = {v["percentage"]: v["version_id"] for v in system.active("hello")["versions"]}
    staged, stable = shares[0], shares[100]
    for _ in range(30):
        assert system.get("hello").status_code == 200
    for _ in range(7):
        system.get("hello", **{OVERRIDES: f'hello="{staged}"'})
    deployment = system.active("hello")["id"]
    plain = {"version": stable, "reason": "percentage", "status_class": "2xx", "edge": "local-1"}
    asked = {"version": staged, "reason": "override", "override": "applied"}
    eventually(lambda: total(system, deployment=deployment, **plain) == 30)
    eventually(lambda: total(system, deployment=deployment, **asked) == 7)
    families = scrape(edge_url(system))
    spans = samples(families, "sluice_request_duration_seconds_count", version=stable)
    assert [s.value for s in spans] == [30]
    [decided] = samples(families, "sluice_override_decisions_total", outcome="applied")
    assert decided.value == 7


def test_processes_and_revisions_are_told(system):
    families = scrape_both(system)
    ups = samples(families, "sluice_version_process_up", worker="hello")
    assert len(ups) == 2 and {s.value for s in ups} == {1}
    [desired] = samples(families, "sluice_desired_revision")
    [applied] = samples(families, "sluice_edge_applied_revision")
    assert applied.value == desired.value > 0
    [own] = samples(families, "sluice_edge_versions_isolated", edge="local-1")
    assert own.value == float(possible().kind is Kind.own)
    [lag] = samples(families, "sluice_edge_lag_revisions", edge="local-1")
    assert lag.value == 0


def test_every_figure_of_the_dashboard_and_the_alerts_exists(system):
    job = {"destination_conf": "file:///all", "enabled": True, "name": "all"}
    assert system.api("POST", "/logpush/jobs", json=job).status_code == 200
    system.get("hello", **{OVERRIDES: "hello=nonsense"})
    eventually(lambda: total(system, override="not_a_string") == 1)
    families = scrape_both(system)
    known = {s.name: set() for f in families for s in f.samples}
    known |= {f"{f.name}_total": set() for f in families if f.type == "counter"}
    for family in families:
        for sample in family.samples:
            known[sample.name] |= set(sample.labels)
    text = "\n".join(expression for _, expression in expressions())
    used = re.findall(r"(sluice_\w+)(?:\{([^}]*)\})?", text)
    assert len({name for name, _ in used}) > 25
    assert {name for name, _ in used} - set(known) == set()
    for name, matchers in used:
        asked = set(re.findall(r'(\w+)(?:=~|!=|=)"', matchers))
        assert asked <= known[name] or not known[name], (name, asked - known[name])


def test_an_export_of_a_running_system_arrives_with_the_version_that_ran(system):
    deadline = time.monotonic() + 20
    files = []
    while not files and time.monotonic() < deadline:
        files = list((system.data_dir / "exports/all").glob("*.log.gz"))
        time.sleep(0.2)
    record = json.loads(gzip.decompress(files[0].read_bytes()).splitlines()[0])
    live = {v["version_id"] for v in system.active("hello")["versions"]}
    assert record["ScriptName"] == "hello" and record["ScriptVersion"]["id"] in live
    assert record["ScriptVersion"]["tag"] and record["Sluice"]["Edge"] == "local-1"
