"""What a person notices while another signed-in person, or a token, takes all that it can.

One web process with 200 Workers and an edge whose Worker never answers. Each attack of
`insider_attacks` runs for some seconds from a process of its own; meanwhile another person opens a
page and a tail. The first row is the same without an attack; the last one is 100 people who look at
one Worker. Loopback only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import websockets

from benchmarks.abuse.insider_attacks import ATTACKS, WORKER
from benchmarks.base import machine
from benchmarks.base.figures import percentile, table
from benchmarks.base.rows import Size

AIM_MS = 500.0
SETTLE_SECONDS, GAP_SECONDS, PATIENCE_SECONDS = 2.0, 0.1, 20.0
BASE, VIEWERS = "nothing", "viewers"
CROWD = 100


@dataclass
class Row:
    """What the honest person saw; times in ms. `attack` is what the attacker counted."""

    name: str
    times: list[float] = field(default_factory=list)
    errors: int = 0
    tails_refused: int = 0
    attack: dict[str, int] = field(default_factory=dict)
    cpu: float = 0.0

    def cells(self) -> list[object]:
        late = self.times or [float("nan")]
        return [
            self.name,
            len(self.times),
            self.errors,
            *(f"{value:.0f}" for value in (percentile(late, 50), percentile(late, 95), max(late))),
            self.tails_refused,
            self.attack.get("made", 0),
            self.attack.get("refused", 0),
            f"{self.cpu:.1f}",
        ]


@dataclass(frozen=True)
class Web:
    """The web process; sessions and tokens of the attacker and of somebody else."""

    process: subprocess.Popen[bytes]
    port: int
    account: str
    attacker: tuple[str, str]
    honest: tuple[str, str]
    crowd: list[str]


def main() -> int:
    options = _options()
    chosen = options.only or [BASE, *ATTACKS, VIEWERS]
    with tempfile.TemporaryDirectory(prefix="sluice-insiders-") as folder, web(folder) as server:
        print(machine.conditions())
        rows = [measured(server, name, options.seconds) for name in chosen]
    head = ["attack", "pages", "errors", "p50 ms", "p95 ms", "max ms"]
    print(
        table([*head, "tails refused", "made", "refused", "CPU s"], [row.cells() for row in rows])
    )
    slow = [r.name for r in rows if r.errors or r.tails_refused or percentile(r.times, 95) > AIM_MS]
    print(f"Aim, p95 under {AIM_MS:.0f} ms and nothing refused: {', '.join(slow) or 'met'}.")
    return 0


def measured(server: Web, name: str, seconds: float) -> Row:
    """One row: the honest person's pages and tails while the attack runs."""
    row, before = Row(name), machine.cpu_seconds([server.process.pid])
    attack = _start(server, name, seconds + SETTLE_SECONDS)
    time.sleep(SETTLE_SECONDS)
    _work(server, row, time.monotonic() + seconds)
    if attack is not None:
        output, _ = attack.communicate()
        row.attack = json.loads(output or b"{}")
    row.cpu = machine.cpu_seconds([server.process.pid]) - before
    return row


def _start(server: Web, name: str, seconds: float) -> subprocess.Popen[bytes] | None:
    if name == VIEWERS:
        threading.Thread(target=asyncio.run, args=(_look(server, seconds),), daemon=True).start()
    if name not in ATTACKS:
        return None
    session, token = server.attacker
    needed = {
        "SLUICE_BENCH_SESSION": session,
        "SLUICE_BENCH_TOKEN": token,
        "SLUICE_BENCH_ACCOUNT": server.account,
    }
    arguments = [name, str(server.port), str(seconds)]
    command = [sys.executable, "-m", "benchmarks.abuse.insider_attacks", *arguments]
    return subprocess.Popen(command, env=os.environ | needed, stdout=subprocess.PIPE)


async def _look(server: Web, seconds: float) -> None:
    """The crowd comes, one after another, looks at one Worker, and goes."""
    origin = f"http://127.0.0.1:{server.port}"
    url = f"ws://127.0.0.1:{server.port}/live/?topic=worker:{WORKER}"

    async def one(number: int) -> None:
        await asyncio.sleep(seconds / 2 * number / CROWD)
        headers = {"Cookie": f"sessionid={server.crowd[number]}", "Origin": origin}
        with suppress(websockets.WebSocketException, OSError, TimeoutError):
            async with websockets.connect(url, additional_headers=headers) as talk:
                async for _ in talk:
                    pass

    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(one(number) for number in range(CROWD)))


def _work(server: Web, row: Row, until: float) -> None:
    session, token = server.honest
    url = f"http://127.0.0.1:{server.port}"
    tails = f"/client/v4/accounts/{server.account}/workers/scripts/{WORKER}/tails"
    bearer = {"Authorization": f"Bearer {token}"}
    cookies = {"sessionid": session}
    with httpx.Client(base_url=url, cookies=cookies, timeout=PATIENCE_SECONDS) as client:
        for number in range(1_000_000):
            if time.monotonic() > until:
                return
            _open(client, row)
            if number % 20 == 0:
                _tail(client, row, tails, bearer)
            time.sleep(GAP_SECONDS)


def _open(client: httpx.Client, row: Row) -> None:
    began = time.perf_counter()
    try:
        row.errors += client.get("/workers/").status_code != 200
    except httpx.HTTPError:
        row.errors += 1
    row.times.append(1000 * (time.perf_counter() - began))


def _tail(client: httpx.Client, row: Row, path: str, bearer: dict[str, str]) -> None:
    try:
        answer = client.post(path, headers=bearer, json={"filters": []})
        row.tails_refused += answer.status_code != 200
        if answer.status_code == 200:
            client.delete(f"{path}/{answer.json()['result']['id']}", headers=bearer)
    except httpx.HTTPError:
        row.tails_refused += 1


@contextmanager
def web(folder: str) -> Iterator[Web]:
    """The web process on a folder with 200 Workers, and an edge that never answers."""
    port = machine.free_port()
    os.environ |= {
        "SLUICE_DATA_DIR": folder,
        "SLUICE_HTTP_PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }
    os.environ.pop("DATABASE_URL", None)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as silent:
        account, people = _fill(silent.getsockname()[1])
        with (Path(folder) / "web.log").open("wb") as output:
            command = [sys.executable, "-m", "dashboard.run.web"]
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            machine.wait_until_web_answers(port)
            crowd = [session for session, _ in people[2:]]
            yield Web(process, port, account, people[0], people[1], crowd)
        finally:
            process.terminate()
            process.wait(20)


def _fill(edge_port: int) -> tuple[str, list[tuple[str, str]]]:
    """The account's id, and a session and a token of each person."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections
    from django.utils import timezone

    from benchmarks.base import rows
    from dashboard.accounts.models import Role, User
    from routing.models import Edge

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    rows.fill(Size(workers=200, versions=4, few=3, edges=2, minutes=20))
    Edge.objects.update(proof_url=f"http://127.0.0.1:{edge_port}", last_seen_on=timezone.now())
    people = [
        User.objects.create(username=f"person-{n}", role=Role.OPERATOR) for n in range(2 + CROWD)
    ]
    found = [_credentials(person, n < 2) for n, person in enumerate(people)]
    connections.close_all()
    return settings.ACCOUNT_ID, found


def _credentials(person: Any, with_token: bool) -> tuple[str, str]:
    from django.test import Client

    from dashboard.accounts.tokens import create_token

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person)
    token = create_token(user=person, name="bench", scopes=["read"])[1] if with_token else ""
    return client.cookies["sessionid"].value, token


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=12.0, help="of each attack")
    parser.add_argument("--only", nargs="+", choices=[BASE, *ATTACKS, VIEWERS])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
