"""Cron and queue events: deployed by unmodified wrangler, delivered to the version that the split
picks."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from tests.eventually import eventually
from tests.real.control_plane import ID
from tests.real.tailing import tailing, wrangler

pytestmark = [pytest.mark.real, pytest.mark.in_order]
CODE = """let runs = 0;
export default {
  async fetch(request, env) {
    const path = new URL(request.url).pathname;
    const html = { headers: { "content-type": "text/html" } };
    if (path === "/page") return new Response('<script src="app-NAME.js"></script>', html);
    const status = path === "/app-NAME.js" ? 200 : 404;
    if (path.endsWith(".js")) return new Response("", { status });
    if (path === "/send") await env.JOBS.sendBatch([{ body: { n: 1 } }, { body: { n: 2 } }]);
    return new Response("NAME " + runs);
  },
  async queue(batch) {
    for (const message of batch.messages) {
      console.log("NAME", batch.queue, message.body.n, message.attempts);
      if (message.body.n === 2) message.retry();
    }
  },
  async scheduled(controller, env, ctx) {
    runs++;
    console.log("NAME", controller.cron, typeof controller.scheduledTime);
    ctx.waitUntil(scheduler.wait(50));
    if (controller.cron !== "0 0 1 1 *") return;
    controller.noRetry();
    throw new Error("it is New Year");
  },
};
"""
PAGE = "/workers/cron/schedules/"
NOW = (
    "from django.utils import timezone as t; from dashboard.events.due import start_due; "
    "n = t.now(); start_due(n.replace(second=0, microsecond=0), n, lambda: {draw})"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cron")


@pytest.fixture(scope="module")
def browser(system):
    """An admin, signed in."""
    base = f"http://127.0.0.1:{system.http_port}"
    cookies = {"sessionid": system.session("admin")}
    with httpx.Client(base_url=base, cookies=cookies, headers={"Referer": base}) as client:
        client.get("/workers/")
        yield client


def deploy(system, folder, proxy, name, *arguments, **config):
    (folder / "index.js").write_text(CODE.replace("NAME", name))
    settings = {"name": "cron", "main": "index.js", "compatibility_date": "2026-08-01", **config}
    (folder / "wrangler.json").write_text(json.dumps(settings))
    printed = wrangler(system, folder, proxy, *arguments)
    return printed, re.findall(rf"Version ID: ({ID})", printed)[0]


def crons(system):
    found = system.api("GET", "/workers/scripts/cron/schedules").json()["result"]["schedules"]
    return [item["cron"] for item in found]


def run_now(browser, cron, version=""):
    """The page of the run, once it has ended and its console lines have arrived."""
    page = browser.get(PAGE).text
    entry = page[page.index(f'data-schedule="{cron}"') :]
    action = re.search(r'action="([^"]*/run/)"', entry)[1]
    form = {"version": version, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    answer = browser.post(action, data=form)
    assert answer.status_code == 302, answer.text

    def ended():
        text = browser.get(answer.headers["Location"]).text
        return text if 'data-outcome=""' not in text and "Console of" in text else None

    return eventually(ended, 20)


def test_each_run_goes_to_one_version_and_is_recorded(system, folder, proxy, browser):
    triggers = {"crons": ["* * * * *", "0 0 1 1 *"]}
    printed, one = deploy(system, folder, proxy, "one", "deploy", triggers=triggers)
    assert "schedule: * * * * *" in printed
    assert crons(system) == triggers["crons"]
    _, two = deploy(system, folder, proxy, "two", "versions", "upload")
    system.wait_for(system.deploy("cron", (two, 50), (one, 50))["id"], "cron")
    for version, name in ((one, "one"), (two, "two")):
        page = run_now(browser, "* * * * *", version)
        assert 'data-outcome="ok"' in page and f"{name} * * * * * number" in page
    failed = run_now(browser, "0 0 1 1 *", two)
    assert 'data-outcome="exception"' in failed and "it is New Year" in failed
    assert "noRetry()" in failed
    with tailing(system, folder, proxy, "cron", "--format=json") as tail:
        run_now(browser, "* * * * *", one)
        event = tail.wait(lambda: next((e for e in tail.events if "cron" in e["event"]), None))
    assert event["event"]["cron"] == "* * * * *" and event["outcome"] == "ok"
    assert isinstance(event["event"]["scheduledTime"], int)


def scheduled_runs(browser):
    """(minute, outcome) of the runs of `* * * * *` that nobody started by hand."""
    rows = re.findall(r"<tr data-run=.*?</tr>", browser.get(PAGE).text, re.DOTALL)
    by_schedule = [row for row in rows if "* * * * *" in row and "by admin" not in row]
    return [
        (re.search(r"(\d\d:\d\d)</a>", row)[1], re.search(r'data-outcome="(\w*)"', row)[1])
        for row in by_schedule
    ]


def test_a_due_minute_runs_once_however_many_look(system, browser):
    """This process and `work` draw differently; the first event that is stored counts."""
    for draw in (0.0, 0.9):
        system.manage("shell", "-c", NOW.format(draw=draw))
    runs = eventually(lambda: (r := scheduled_runs(browser)) and all(o for _, o in r) and r, 20)
    minutes = [minute for minute, _ in runs]
    assert len(set(minutes)) == len(minutes) and {outcome for _, outcome in runs} == {"ok"}


def test_a_skew_check_lists_the_files_that_the_other_version_lacks(system, folder):
    suite = folder / "skew.yaml"
    suite.write_text(
        "name: skew\nchecks:\n  - {name: page, request: {path: /page}, assert: [{no_skew: {}}]}\n"
    )
    system.manage("smoke", "import", str(suite), "--worker", "cron")
    given = ("--suite", "skew", "--worker", "cron", "--json")
    printed, code = system.commands.ended("smoke", "run", *given)
    assert code == 1
    [check] = json.loads(printed.splitlines()[-1])["checks"]
    [skew] = [a for a in check["results"] if a["kind"] == "no_skew"]
    assert "2 of 2 files missing" in skew["actual"]
    assert "lacks /app-one.js" in skew["actual"] and "lacks /app-two.js" in skew["actual"]


def test_no_request_reaches_the_handler(system):
    headers = {"x_edge_worker": "events", "x_edge_version": "events", "x_edge_cluster": "events"}
    for path in ("/scheduled", "/cdn-cgi/handler/scheduled", "/queue"):
        for given in ({}, headers):
            answer = system.get("cron", path, **given)
            assert answer.text.split()[0] in ("one", "two")  # by fetch()


def test_schedules_survive_a_deploy_that_does_not_mention_them(system, folder, proxy):
    deploy(system, folder, proxy, "three", "deploy")
    assert crons(system) == ["* * * * *", "0 0 1 1 *"]
    deploy(system, folder, proxy, "four", "deploy", triggers={"crons": []})
    assert crons(system) == []


def test_a_queue_is_consumed_by_its_worker(system, folder, proxy):
    jobs = {"queue": "jobs", "max_batch_timeout": 0, "max_retries": 1, "dead_letter_queue": "dead"}
    for name in ("jobs", "dead"):
        assert system.api("POST", "/queues", json={"queue_name": name}).status_code == 200
    producers = [{"queue": "jobs", "binding": "JOBS"}]
    queues = {"producers": producers, "consumers": [jobs]}
    printed, _ = deploy(system, folder, proxy, "five", "deploy", queues=queues)
    assert "Consumer for jobs" in printed
    with tailing(system, folder, proxy, "cron", "--format=json") as tail:
        assert eventually(lambda: system.get("cron", "/send").text.startswith("five"), 20)

        def lines():
            logs = [log["message"] for e in tail.events for log in e["logs"]]
            return sorted(line[1:] for line in logs if line[0] == "five")

        expected = [["jobs", 1, 1], ["jobs", 2, 1], ["jobs", 2, 2]]
        tail.wait(lambda: lines() == expected)
    [dead] = system.api("GET", "/queues?name=dead").json()["result"]
    pull = f"/queues/{dead['queue_id']}/messages/pull"
    [letter] = eventually(lambda: system.api("POST", pull, json={}).json()["result"]["messages"])
    assert letter["attempts"] == 1
