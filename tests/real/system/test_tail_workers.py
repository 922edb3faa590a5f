"""Tail Workers: deployed by unmodified wrangler, events of another Worker's process."""

from __future__ import annotations

import pytest

from tests.eventually import eventually
from tests.real.control_plane import write_project
from tests.real.tailing import tailing, wrangler

pytestmark = [pytest.mark.real, pytest.mark.in_order]
CONSUMER = """const seen = [];
export default {
  fetch() { return Response.json({ name: "VERSION", seen }); },
  async tail(events, env, ctx) {
    console.log("VERSION got", events.length);
    seen.push(...events);
    if (events.some((event) => event.event.request?.url.endsWith("/bad")))
      throw new Error("a bad event");
  },
};
"""
PRODUCER = """export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    console.log("visited", { pathname });
    if (pathname === "/bad") throw new TypeError("no such path");
    return new Response("ok");
  },
};
"""


@pytest.fixture(scope="module")
def versions(system, proxy, tmp_path_factory):
    """Ids of two versions of `collect`, which gets the events of `noisy`; the first has 100%."""
    folder = tmp_path_factory.mktemp("tails")
    first = write_project(folder / "one", "collect", CONSUMER.replace("VERSION", "one"))
    wrangler(system, first, proxy, "deploy")
    second = write_project(folder / "two", "collect", CONSUMER.replace("VERSION", "two"))
    wrangler(system, second, proxy, "versions", "upload")
    consumers = [{"service": "collect"}]
    project = write_project(folder / "noisy", "noisy", PRODUCER, tail_consumers=consumers)
    wrangler(system, project, proxy, "deploy")
    listed = system.api("GET", "/workers/scripts/collect/versions?deployable=true").json()
    ids = [item["id"] for item in reversed(listed["result"]["items"])]
    made = system.deploy("collect", (ids[0], 100), (ids[1], 0))
    system.wait_for(made["id"], "collect")
    return ids


def seen(system, path, version_id):
    """The event of a request to `path`, as a version of the Tail Worker got it."""
    header = {"Cloudflare-Workers-Version-Overrides": f'collect="{version_id}"'}

    def find():
        answer = system.get("collect", "/", **header).json()
        events = answer["seen"]
        return next((e for e in events if e["event"]["request"]["url"].endswith(path)), None)

    return eventually(find)


def test_a_tail_worker_gets_every_event(system, versions):
    eventually(lambda: system.get("noisy", "/hello?a=1").status_code == 200)
    event = seen(system, "/hello?a=1", versions[0])
    assert event["scriptName"] == "noisy" and event["outcome"] == "ok"
    assert event["scriptVersion"]["id"]
    assert [line["message"] for line in event["logs"]] == [["visited", {"pathname": "/hello"}]]
    assert event["event"]["response"]["status"] == 200 and event["wallTime"] >= 0
    assert not [n for n in event["event"]["request"]["headers"] if n.startswith("x-edge-")]
    assert system.get("noisy", "/bad").status_code == 500
    event = seen(system, "/bad", versions[0])
    assert event["exceptions"][0]["message"] == "no such path"


def test_its_version_is_chosen_by_its_split(system, versions):
    made = system.deploy("collect", (versions[0], 0), (versions[1], 100))
    system.wait_for(made["id"], "collect")
    system.get("noisy", "/second")
    assert seen(system, "/second", versions[1])
    header = {"Cloudflare-Workers-Version-Overrides": f'collect="{versions[0]}"'}
    assert "/second" not in system.get("collect", "/", **header).text


def test_its_own_events_say_whose_they_consumed(system, proxy, versions, tmp_path):
    with tailing(system, tmp_path, proxy, "collect", "--format", "json") as tail:
        system.get("noisy", "/third")
        tail.wait(lambda: any("consumedEvents" in (e["event"] or {}) for e in tail.events))
        event = next(e for e in tail.events if "consumedEvents" in e["event"])
        assert event["event"]["consumedEvents"] == [{"scriptName": "noisy"}]
        assert event["logs"][0]["message"] == ["two got", 1] and not event.get("entrypoint")


def test_requests_are_counted_without_the_events(system, versions):
    code = (
        "from routing.models import Invocation as C; "
        "print(C.objects.filter(worker='collect', hop='internal').count())"
    )
    assert system.manage("shell", "--no-imports", "-c", code).strip().splitlines()[-1] == "0"
