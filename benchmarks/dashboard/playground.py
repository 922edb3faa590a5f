"""What a send from the playground costs over a plain request, and how long 1,000 sends take.

`python -m benchmarks.dashboard.playground [--quick]`. All ask the same Worker through the same
edge, in turns, each request on a connection of its own. A playground send is one POST of the
page's form: it predicts, sends, waits for the edge's log line, keeps the answer and shows it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx

from benchmarks.base import figures, machine, system as systems
from benchmarks.base.system import System

WORKER, PASSWORD = "bench", "correct horse battery"
SOURCE = "export default { fetch() { return Response.json({ hello: 'world' }); } };"


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.dashboard.playground", description=__doc__)
    options.add_argument("--quick", action="store_true", help="a fifth of the rounds")
    rounds = 20 if options.parse_args().quick else 100
    given = {"SLUICE_ADMIN_PASSWORD": PASSWORD, "SLUICE_PLAYGROUND_PER_MINUTE": "1000000"}
    with systems.running(**given) as system:
        stable = system.upload(WORKER, SOURCE, live=True)
        new = system.upload(WORKER, "// 2\n" + SOURCE)
        system.wait_for(WORKER, system.deploy(WORKER, (new, 25), (stable, 75)))
        print(machine.conditions(), flush=True)
        with closing(signed_in(system)) as client:
            print(one_by_one(system, client, rounds), end="\n\n", flush=True)
            print(thousand(system, client, 1 if rounds < 100 else 3), flush=True)
    print(machine.conditions())


def signed_in(system: System) -> httpx.Client:
    """A browser's session of the first admin."""
    client = httpx.Client(base_url=f"http://127.0.0.1:{system.http_port}", timeout=60)
    client.get("/accounts/login/")
    sent = {"username": "admin", "password": PASSWORD}
    answer = client.post("/accounts/login/", data=sent | token(client))
    assert answer.status_code == 302, answer.text
    return client


def token(client: httpx.Client) -> dict[str, str]:
    return {"csrfmiddlewaretoken": client.cookies["csrftoken"]}


def one_by_one(system: System, client: httpx.Client, rounds: int) -> str:
    """curl (its own clock, without its start), httpx and the playground in turns; the whole page
    waits for the edge's log line."""
    asks: dict[str, Callable[[], float]] = {
        "curl": lambda: by_curl(system),
        "httpx": lambda: timed(lambda: by_httpx(system)),
        "the page's send": lambda: by_playground(client),
        "the whole page": lambda: timed(lambda: by_playground(client)),
    }
    took: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(rounds + 3):
        for name, ask in asks.items():
            ms = ask()
            if number >= 3:
                took[name].append(ms)
    curl = figures.percentile(took["curl"], 50)
    rows = [
        [name, *(f"{figures.percentile(ms, p):.1f}" for p in (50, 95)),
         f"{figures.percentile(ms, 50) - curl:+.1f}"]
        for name, ms in took.items()
    ]  # fmt: skip
    return figures.table(["One send, ms", "p50", "p95", "over curl"], rows)


def thousand(system: System, client: httpx.Client, rounds: int) -> str:
    """1,000 sends by a run of the playground, log confirmed, and by httpx in as many threads."""
    rows = []
    for at_once in (8, 32):
        runs, plain = [], []
        for _ in range(rounds):
            plain.append(timed(lambda n=at_once: by_threads(system, n)) / 1000)  # type: ignore[misc]
            runs.append(timed(lambda n=at_once: by_run(client, n)) / 1000)  # type: ignore[misc]
        row = [f"{at_once} at once", figures.median(runs), figures.median(plain)]
        rows.append([row[0], *(f"{seconds:.2f}" for seconds in row[1:])])
    return figures.table(["1,000 sends, s", "playground", "httpx"], rows)


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def by_curl(system: System) -> float:
    address = f"http://127.0.0.1:{system.edge_port}/"
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{time_total}", "-H", host(), address]
    return float(subprocess.run(command, capture_output=True, check=True).stdout) * 1000


def by_httpx(system: System, client: httpx.Client | None = None) -> None:
    name, _, value = host().partition(": ")
    get = client.get if client else httpx.Client(trust_env=False, verify=False).get
    headers = {name: value, "Connection": "close"}
    answer = get(f"http://127.0.0.1:{system.edge_port}/", headers=headers)
    assert answer.status_code == 200, answer.text


def by_threads(system: System, at_once: int) -> None:
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=0)
    with (
        httpx.Client(trust_env=False, verify=False, limits=limits, timeout=60) as client,
        ThreadPoolExecutor(at_once) as pool,
    ):
        list(pool.map(lambda _: by_httpx(system, client), range(1000)))


def by_playground(client: httpx.Client) -> float:
    """Milliseconds of the send alone, as the page tells them, from connecting to the last byte."""
    sent = {"worker": WORKER, "path": "/"} | token(client)
    answer = client.post("/playground/", data=sent, headers={"HX-Request": "true"})
    assert "As predicted" in answer.text, answer.text[:2000]
    found = re.search(r"Together</th><td[^>]*><b>([0-9.]+) ms", answer.text)
    assert found, "The page shows no time"
    return float(found[1])


def by_run(client: httpx.Client, at_once: int) -> None:
    """Until the page says that all are sent and the log has been asked."""
    sent = {"worker": WORKER, "count": "1000", "at_once": str(at_once)} | token(client)
    place = client.post("/playground/many/", data=sent).headers["location"]
    while True:
        html = client.get(place, headers={"HX-Request": "true"}).text
        if 'data-state="running"' not in html:
            break
        time.sleep(0.2)
    assert re.search(r"confirms 1,000 of 1,000", html), html[:2000]


def host() -> str:
    return f"Host: {WORKER}.localhost"


if __name__ == "__main__":
    main()
