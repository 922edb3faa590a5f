"""Pages that follow what is live, on a whole running system: server, socket, edge and Chromium."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.system.conftest import ids, two_versions
from tests.browser.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.real]


def share(system, percentage):
    found = ids(system, "hello")
    system.deploy("hello", (found[2], percentage), (found[1], 100 - percentage))


def shown(page, phrase):
    page.locator(f'#live .split-large[aria-label="{phrase}"]').wait_for()


#: A page whose socket is silent polls for the first time after this many seconds.
POLLS_AFTER = 5


def test_two_browsers_are_updated_over_their_sockets(visit, system):
    share(system, 0)
    maya, jonas = visit().open("/workers/hello/"), visit().open("/workers/")
    maya.locator("[data-connection]", has_text="Connected").wait_for()
    jonas.locator("[data-connection]", has_text="Connected").wait_for()
    before = maya.locator("#live").bounding_box()
    began = time.monotonic()
    share(system, 10)
    shown(maya, "Candidate #2 v2 10%, stable #1 v1 90%")
    jonas.locator("#w-hello", has_text="Ramping 10%").wait_for()
    assert time.monotonic() - began < POLLS_AFTER
    maya.locator("#meter", has_text="1/1 edge on revision").wait_for()
    maya.locator("#announce", has_text="candidate #2 v2 10%").wait_for(state="attached")
    maya.locator("#history", has_text="0% to 10%").wait_for()
    maya.get_by_role("link", name="Step up to 25%").first.wait_for()
    assert maya.locator("#live").bounding_box()["y"] == before["y"]


def test_two_people_know_of_each_other_and_nothing_moves_for_it(visit, system):
    system.manage(
        *("shell", "-v0", "-c"),
        "from dashboard.accounts.models import User; User.objects.create_user("
        "'jonas', 'jonas@example.test', 'correct horse battery', role='operator')",
    )
    visitor = visit()
    maya = visitor.open("/workers/hello/")
    maya.locator("[data-connection]", has_text="Connected").wait_for()
    before = [
        maya.locator(name).bounding_box() for name in ("h1", ".page-head-end .button >> nth=0")
    ]
    jonas = visit("jonas", viewport={"width": 390, "height": 844}).open("/workers/hello/split/")
    maya.get_by_text("jonas is here too").wait_for()
    assert before == [
        maya.locator(name).bounding_box() for name in ("h1", ".page-head-end .button >> nth=0")
    ]
    assert visitor.axe() == []
    jonas.goto(jonas.url.replace("split/", ""))
    jonas.get_by_text("admin is here too").wait_for()
    jonas.close()
    maya.get_by_text("jonas is here too").wait_for(state="hidden")


def test_what_has_the_focus_is_not_swapped(visit, system):
    share(system, 1)
    page = visit().open("/workers/hello/")
    page.locator("[data-connection]", has_text="Connected").wait_for()
    page.get_by_role("button", name="As command").click()
    share(system, 25)
    shown(page, "Candidate #2 v2 25%, stable #1 v1 75%")
    expect(page.get_by_role("dialog", name="As command")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Step up to 50%").first.wait_for()


SOCKETS = """
    window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(address) {
            super(address);
            window.sockets.push(this);
        }
    };
"""


def test_without_a_socket_the_page_says_so_and_comes_back(visit, system):
    share(system, 1)
    visitor = visit()
    visitor.context.add_init_script(SOCKETS)
    page = visitor.open("/workers/hello/")
    page.locator("[data-connection]", has_text="Connected").wait_for()
    visitor.context.set_offline(True)
    page.evaluate("sockets.at(-1).close()")
    page.locator("#stale", has_text="Live updates stopped").wait_for()
    assert page.locator("#live .live").text_content() == "Last known"
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#stale")).to_be_visible()
    share(system, 5)
    visitor.context.set_offline(False)
    shown(page, "Candidate #2 v2 5%, stable #1 v1 95%")
    page.locator("#stale").wait_for(state="hidden")
    assert page.locator("#live .live").text_content() == "LIVE"


def test_every_page_about_a_worker_follows(visit, system):
    share(system, 0)
    found = ids(system, "hello")
    made = system.active("hello")["id"]
    shown_by = {
        f"versions/{found[2]}/": ".page-head .chip:has-text('Live 10%')",
        "versions/": "[data-version='2']:has-text('Live 10%')",
        "deployments/": "#history-page .entry-live:has-text('0% to 10%')",
        f"deployments/{made}/": ".page-head .chip:has-text('no longer live')",
        f"diff/{found[1]}...{found[2]}/": "#live-strip:has-text('10%')",
        "edit/": "#overtaken:visible",
        "split/": "#overtaken:visible",
    }
    visitor = visit()
    pages = {path: visitor.context.new_page() for path in shown_by}
    for path, page in pages.items():
        page.goto(f"{visitor.address}/workers/hello/{path}")
        page.locator("[data-connection]", has_text="Connected").wait_for()
        page.evaluate(WATCH)
    share(system, 10)
    for path, page in pages.items():
        page.locator(shown_by[path]).first.wait_for()
    for path in (f"versions/{found[2]}/", f"diff/{found[1]}...{found[2]}/", f"deployments/{made}/"):
        assert pages[path].evaluate("shifts.reduce((a, b) => a + b, 0)") < 0.01, path


def test_an_upload_is_said_in_an_open_editor(visit, system):
    page = visit().open("/workers/hello/edit/")
    page.locator("[data-connection]", has_text="Connected").wait_for()
    system.upload("hello", "export default { fetch() { return new Response('other'); } };")
    uploaded = page.locator("#uploaded", has_text="A newer version was uploaded")
    uploaded.wait_for()
    assert uploaded.is_visible()


def test_stage_step_conflict_roll_back_between_two_browsers(visit, system):
    two_versions(system, "disputed")  # rolled back below, which the pages of hello would show
    visitor = visit()
    maya, jonas = visitor.open("/workers/disputed/"), visit().open("/workers/disputed/")
    for page in (maya, jonas):
        page.get_by_role("link", name="Set percentages").click()
        page.locator("dialog[open]").wait_for()
    assert visitor.axe() == []
    jonas.get_by_role("link", name="5%", exact=True).click()
    jonas.get_by_role("button", name="Deploy 5% / 95%").click()
    jonas.locator(".toast", has_text="Live: candidate #2 5%, stable #1 95%.").wait_for()
    jonas.locator(".toast", has_text="1/1 edge in").wait_for()

    maya.get_by_text("admin deployed just now.").wait_for()
    maya.get_by_role("link", name="10%", exact=True).click()
    maya.get_by_role("button", name="Deploy 10% / 90%").click()
    maya.get_by_text("Not deployed. admin deployed").wait_for()
    assert visitor.axe() == []
    maya.get_by_role("link", name="Start again from the live split").click()
    maya.get_by_role("button", name="Deploy 10% / 90%").click()
    maya.locator(".toast", has_text="Live: candidate #2 10%, stable #1 90%.").wait_for()

    shown(jonas, "Candidate #2 10%, stable #1 90%")
    maya.get_by_role("link", name="Roll back").first.click()
    maya.get_by_label("Reason").fill("Too slow")
    maya.get_by_role("button", name="Roll back to #1").click()
    maya.locator(".toast", has_text="Live: stable #1 100%.").wait_for()
    # Nothing brings the version back by itself: neither the toast nor the next step.
    expect(maya.locator(".toast").get_by_role("link")).to_have_count(0)
    jonas.locator("#history", has_text="Too slow").wait_for()


def test_a_process_that_crashes_again_and_again_is_shown_and_spoken_once(visit, system):
    share(system, 20)
    version = ids(system, "hello")[2]
    page = visit().open("/workers/hello/")
    page.locator("[data-connection]", has_text="Connected").wait_for()
    page.evaluate(WATCH)
    for _ in range(4):
        os.kill(process_of(system, version), signal.SIGKILL)
        page.wait_for_timeout(700)
    until(page, "heard.some(words => words.includes('Crash loop'))")
    until(page, "told.some(words => words.includes('Unhealthy: crash loop.'))")
    assert page.evaluate("told.filter(words => words.includes('crash loop')).length") == 1


#: What is spoken, which health chips were seen, and how much moved without anybody doing anything.
WATCH = """() => {
  window.told = []; window.heard = []; window.shifts = [];
  const voice = document.getElementById("announce");
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) told.push(node.textContent);
  }).observe(voice, { childList: true });
  new MutationObserver(() => {
    for (const chip of document.querySelectorAll(".health")) heard.push(chip.innerText);
  }).observe(document.body, { childList: true, subtree: true });
  new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => entry.value)))
    .observe({ type: "layout-shift" });
}"""


def process_of(system, version):
    """The workerd that listens for this version; waits until there is one."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        lines = Path("/proc/net/unix").read_text().splitlines()
        sockets = {f"socket:[{line.split()[6]}]" for line in lines if f"{version}.http" in line}
        for pid in map(int, os.listdir(system.data_dir / "edge/pids")):
            with contextlib.suppress(OSError):
                held = {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()}
                if held & sockets:
                    return pid
        time.sleep(0.02)
    raise AssertionError("no process answers for this version")


SUITE = "name: smoke\nchecks: [{name: home, assert: [{status: 200}]}]"


def start_rollout(visitor, worker, steps):
    """From the form, which a link has filled in."""
    plan = f"steps={steps}&final_bake=1s&min_sample=0&min_callers=0"
    page = visitor.open(f"/workers/{worker}/rollouts/?{plan}")
    page.get_by_role("button", name="Start: stage at 0%").click()
    return page


def test_a_rollout_is_led_from_its_page_over_the_socket(visit, system):
    two_versions(system, "led")
    suite = system.data_dir / "suite.yaml"
    suite.write_text(SUITE)
    system.manage("smoke", "import", "--worker", "led", str(suite))
    visitor = visit(viewport={"width": 1440, "height": 1000})
    page = start_rollout(visitor, "led", "20:2s,100")
    title = page.locator("#state-title")
    page.get_by_role("button", name="Confirm, start the ramp").wait_for(timeout=60_000)
    expect(page.locator("#rollout-story")).to_contain_text("passed", use_inner_text=True)
    page.get_by_role("button", name="Confirm, start the ramp").click()
    expect(page.get_by_role("button", name="Confirm, start the ramp")).to_have_count(0)
    page.wait_for_load_state()  # the next page, whose end has the element below
    page.evaluate("""() => {
        window.announced = [];
        new MutationObserver((changes) => {
            const added = changes.flatMap((change) => [...change.addedNodes]);
            window.announced.push(...added.map((sentence) => sentence.textContent));
        }).observe(document.getElementById("announce"), { childList: true });
    }""")
    title.filter(has_text="Done").wait_for(timeout=60_000)
    page.get_by_role("button", name="Undo, back to").wait_for()
    until(page, "window.announced.includes('Done.')", timeout=30)
    said = page.evaluate("window.announced")
    assert len(said) == len(set(said)), "a state is announced once, not each second"
    assert visitor.axe() == []


def test_a_rollout_is_aborted_on_a_phone_without_scripts(visit, system):
    two_versions(system, "ended")
    phone = visit(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = start_rollout(phone, "ended", "20:1h,100")
    look_again(page, "Waiting for a confirmation")
    page.get_by_role("button", name="Confirm, start the ramp").click()
    look_again(page, "Ramping at 20%")
    page.locator("#rollout-bar").get_by_role("button", name="Abort and roll back").click()
    page.locator("#ask-abort [name=reason]").fill("prices are wrong")
    page.locator("#ask-abort").get_by_role("button").click()
    look_again(page, "Rolled back")
    expect(page.locator("#rollout-story")).to_contain_text("prices are wrong", use_inner_text=True)


def look_again(page, title):
    """Until the state is there: this page does not follow by itself."""
    deadline = time.monotonic() + 60
    while title not in page.locator("#state-title").inner_text():
        assert time.monotonic() < deadline, page.locator("#state-title").inner_text()
        page.get_by_role("link", name="Look again").click()
        page.wait_for_timeout(200)


def test_the_policy_lets_pages_reach_only_this_server(visit, system):
    visitor = visit()
    page = visitor.open("/workers/hello/")
    said = page.evaluate(
        """() => new Promise(done => {
            document.addEventListener("securitypolicyviolation", e => done(e.violatedDirective));
            try { new WebSocket("ws://127.0.0.1:9/"); } catch { done("threw"); }
        })"""
    )
    assert said in {"connect-src", "threw"}
    visitor.complaints.clear()
