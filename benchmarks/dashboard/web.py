"""What a browser pays for each page: LCP, CLS, bytes and requests, in real Chromium.

A served demo with traffic, an empty cache for every page, and the connection of a desk (10 Mbit/s,
40 ms) or of a phone (1.6 Mbit/s, 150 ms), as Lighthouse's presets have them; the CPU is not slowed
down. A second visit to each page says what the cache saves. `--why` also prints what moved,
`--shots FOLDER` keeps a picture of each page.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.base import machine
from benchmarks.base.figures import table
from benchmarks.base.system import System, running

AIM_SHIFT = 0.02
AIM_BYTES = 120_000
SETTLE_MS = 1500
"""After `load`: the socket connects, and what it brings may move things."""
REQUESTS = 60

#: Path → what the table calls it. `hello` and `checkout` are Workers of the demo.
PAGES = {
    "/workers/": "Workers",
    "/workers/hello/": "one Worker",
    "/workers/hello/versions/": "versions",
    "/workers/hello/split/?percentage=25": "split form",
    "/workers/hello/edit/": "editor",
    "/workers/hello/invocations/": "invocations of one",
    "/workers/hello/log/": "live log",
    "/workers/hello/observability/": "observability of one",
    "/invocations/": "invocations",
    "/observability/": "observability",
    "/playground/?worker=hello": "playground",
    "/activity/": "activity",
    "/edges/": "edges",
    "/people/": "people & tokens",
}
WITH_EDITOR = {"editor"}

WATCH = """
window.paid = { lcp: 0, shift: 0, moved: [] };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.paid.lcp = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    window.paid.shift += entry.value;
    for (const { node, previousRect: a, currentRect: b } of entry.sources) {
      const text = (node?.outerHTML ?? node?.textContent ?? "gone").trim().slice(0, 90);
      const when = `${entry.value.toFixed(4)} at ${entry.startTime.toFixed(0)} ms`;
      window.paid.moved.push(`${when}: ${text}`
        + ` ${a.x},${a.y} ${a.width}x${a.height} to ${b.x},${b.y} ${b.width}x${b.height}`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass(frozen=True)
class Device:
    name: str
    width: int
    height: int
    megabits: float
    rtt_ms: float


DEVICES = (Device("desktop", 1440, 1000, 10.24, 40), Device("phone", 390, 844, 1.6, 150))


@dataclass
class Visit:
    """One load of one page. `shift` is the sum of all shifts: never less than CLS."""

    lcp_ms: float = 0.0
    shift: float = 0.0
    bytes: int = 0
    requests: int = 0
    moved: list[str] = field(default_factory=list)


def main() -> int:
    options = _options()
    environment = {"SLUICE_DEMO": "1", "SLUICE_ADMIN_PASSWORD": "correct horse battery"}
    with running(**environment) as system, chromium() as browser:
        send(system, REQUESTS)
        rows = [
            row
            for device in DEVICES
            for path, name in PAGES.items()
            if not options.only or name in options.only
            for row in [measure(browser, system, device, path, name, options)]
        ]
    head = ["page", "LCP ms", "CLS", "kB", "requests", "kB again", "requests again"]
    print(machine.conditions())
    print(table(head, rows))
    return 0


def measure(
    browser: Browser,
    system: System,
    device: Device,
    path: str,
    name: str,
    options: argparse.Namespace,
) -> list[object]:
    """A row of the table: the page with an empty cache, then once more with a full one."""
    size = {"width": device.width, "height": device.height}
    with signed_in(browser, system, size) as (context, page):
        channel = context.new_cdp_session(page)
        slow_down(channel, device)
        first = visit(page, channel, f"http://127.0.0.1:{system.http_port}{path}")
        if options.shots:
            page.screenshot(path=str(options.shots / f"{name}-{device.name}.png"))
        again = visit(page, channel, f"http://127.0.0.1:{system.http_port}{path}")
    if options.why:
        print("\n".join([f"{name}, {device.name}:", *first.moved]))
    shift = f"{first.shift:.3f}" + ("!" if first.shift > AIM_SHIFT else "")
    heavy = first.bytes > AIM_BYTES and name not in WITH_EDITOR
    weight = f"{first.bytes / 1000:.0f}" + ("!" if heavy else "")
    return [
        f"{name}, {device.name}",
        f"{first.lcp_ms:.0f}",
        shift,
        weight,
        first.requests,
        f"{again.bytes / 1000:.0f}",
        again.requests,
    ]


def visit(page: Page, channel: CDPSession, address: str) -> Visit:
    """Loads `address` and waits until it has settled. Bytes are those on the wire."""
    found = Visit()
    wire: dict[str, float] = {}
    channel.on(
        "Network.loadingFinished", lambda e: wire.update({e["requestId"]: e["encodedDataLength"]})
    )
    page.goto(address)
    page.wait_for_timeout(SETTLE_MS)
    paid = page.evaluate("window.paid")
    found.lcp_ms, found.shift, found.moved = paid["lcp"], paid["shift"], paid["moved"]
    sent = [size for size in wire.values() if size > 0]  # 0: from the cache
    found.bytes, found.requests = int(sum(sent)), len(sent)
    return found


def slow_down(channel: CDPSession, device: Device) -> None:
    bytes_a_second = device.megabits * 1_000_000 / 8
    channel.send("Network.enable")
    channel.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": device.rtt_ms,
            "downloadThroughput": bytes_a_second,
            "uploadThroughput": bytes_a_second,
        },
    )


@contextmanager
def signed_in(
    browser: Browser, system: System, size: dict[str, int]
) -> Iterator[tuple[BrowserContext, Page]]:
    """A browser with a session cookie and nothing in its cache."""
    context = browser.new_context(viewport={"width": size["width"], "height": size["height"]})
    address = f"http://127.0.0.1:{system.http_port}"
    context.add_cookies([{"name": "sessionid", "value": session(system), "url": address}])
    context.add_init_script(WATCH)
    yield context, context.new_page()
    context.close()


_sessions: dict[int, str] = {}


def session(system: System) -> str:
    """The session id of the admin, who signs in once."""
    if system.http_port not in _sessions:
        with httpx.Client(base_url=f"http://127.0.0.1:{system.http_port}") as http:
            http.get("/accounts/login/")
            form = {
                "username": "admin",
                "password": "correct horse battery",
                "csrfmiddlewaretoken": http.cookies["csrftoken"],
            }
            http.post("/accounts/login/", data=form)
            _sessions[system.http_port] = http.cookies["sessionid"]
    return _sessions[system.http_port]


def send(system: System, count: int) -> None:
    """Traffic for the charts and the invocations."""
    with httpx.Client(base_url=f"http://127.0.0.1:{system.edge_port}") as http:
        for _ in range(count):
            http.get("/", headers={"host": "hello.localhost"})


@contextmanager
def chromium() -> Iterator[Browser]:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    flags = ["--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    flags += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--why", action="store_true")
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--only", action="append", default=[])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
