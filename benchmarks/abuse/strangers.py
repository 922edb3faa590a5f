"""What a signed-in person notices while strangers abuse the dashboard's listener; loopback only.

One web process with 200 Workers. Each attack of `attacks` runs for some seconds from a process of
its own; meanwhile one person opens a page, alternately over a kept connection and a new one. The
first and last row are the same without an attack. The web process starts with 1,024 files, as many
machines have it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.abuse.attacks import ATTACKS
from benchmarks.base import machine
from benchmarks.base.figures import percentile, table
from benchmarks.base.rows import Size

AIM_MS = 500.0
FILES = 1024
SETTLE_SECONDS, GIVE_BACK_SECONDS, GAP_SECONDS = 3.0, 4.0, 0.1
PATIENCE_SECONDS = 15.0
BASE = "nothing"
PERSON, PASSWORD = "noor", "correct horse battery"
NONE = float("nan")


@dataclass
class Row:
    """What was measured during one attack; times in ms, memory in MB."""

    name: str
    times: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    sign_ins: list[float] = field(default_factory=list)
    errors: int = 0
    rss: float = 0.0
    rss_after: float = 0.0
    files: int = 0
    log_kb: float = 0.0

    def cells(self) -> list[object]:
        late = self.times or [NONE]
        return [
            self.name,
            len(self.times),
            self.errors,
            f"{percentile(late, 50):.0f}",
            f"{percentile(late, 95):.0f}",
            f"{max(late):.0f}",
            f"{max(self.health or [NONE]):.0f}",
            f"{max(self.sign_ins or [NONE]):.0f}",
            f"{self.rss:.0f}",
            f"{self.rss_after:.0f}",
            self.files,
            f"{self.log_kb:.0f}",
        ]


@dataclass(frozen=True)
class Web:
    """The process under attack, and a person's session in it."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    session: str
    token: str
    account: str


def main() -> int:
    options = _options()
    chosen = options.only or [BASE, *ATTACKS, BASE]
    with tempfile.TemporaryDirectory(prefix="sluice-strangers-") as folder, web(folder) as server:
        print(machine.conditions())
        rows = [measured(server, name, options.seconds) for name in chosen]
        print(machine.conditions())
    head = ["attack", "pages", "errors", "p50 ms", "p95 ms", "max ms"]
    head += [
        "/healthz max ms",
        "sign-in max ms",
        "peak RSS MB",
        "RSS after",
        "most files",
        "log kB",
    ]
    print(table(head, [row.cells() for row in rows]))
    slow = [row.name for row in rows if row.errors or percentile(row.times, 95) > AIM_MS]
    print(f"Aim, p95 under {AIM_MS:.0f} ms and no error: {', '.join(slow) or 'met'}.")
    return 0


def measured(server: Web, name: str, seconds: float) -> Row:
    """One row: the person's pages while the attack runs."""
    row, done = Row(name), threading.Event()
    before = server.log.stat().st_size
    watcher = threading.Thread(target=_watch, args=(server.process.pid, row, done))
    watcher.start()
    attack = _start(server, name, seconds + SETTLE_SECONDS)
    time.sleep(SETTLE_SECONDS)
    _open_pages(server, row, time.monotonic() + seconds)
    if attack is not None:
        attack.wait()
    done.set()
    watcher.join()
    time.sleep(GIVE_BACK_SECONDS)
    row.rss_after = _rss(server.process.pid)
    row.log_kb = (server.log.stat().st_size - before) / 1000
    return row


def _start(server: Web, name: str, seconds: float) -> subprocess.Popen[bytes] | None:
    if name == BASE:
        return None
    path = f"/client/v4/accounts/{server.account}/workers/scripts"
    needed = {"SLUICE_BENCH_UPLOAD": path, "SLUICE_BENCH_TOKEN": server.token}
    command = [
        sys.executable,
        "-m",
        "benchmarks.abuse.attacks",
        name,
        str(server.port),
        str(seconds),
    ]
    return subprocess.Popen(command, env=os.environ | needed)


def _open_pages(server: Web, row: Row, until: float) -> None:
    with _client(server) as kept:
        while time.monotonic() < until:
            _open(kept, row)
            with _client(server) as fresh:
                _open(fresh, row)
            with _stranger(server) as stranger:
                row.health.append(_timed(stranger, row, "GET", "/healthz"))
                if len(row.times) % 20 == 2:
                    row.sign_ins.append(_sign_in(stranger, row))
            time.sleep(GAP_SECONDS)


def _stranger(server: Web) -> httpx.Client:
    """Not signed in, at an address of its own."""
    return httpx.Client(
        base_url=f"http://127.0.0.1:{server.port}",
        timeout=PATIENCE_SECONDS,
        transport=httpx.HTTPTransport(local_address="127.0.0.99"),
    )


def _client(server: Web) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://127.0.0.1:{server.port}",
        cookies={"sessionid": server.session},
        timeout=PATIENCE_SECONDS,
    )


def _open(client: httpx.Client, row: Row) -> None:
    row.times.append(_timed(client, row, "GET", "/workers/"))


def _sign_in(client: httpx.Client, row: Row) -> float:
    """With the right password, from an address of its own that no attack uses."""
    token = "a" * 32
    form = {"username": PERSON, "password": PASSWORD, "csrfmiddlewaretoken": token}
    client.cookies.set("csrftoken", token)
    return _timed(client, row, "POST", "/accounts/login/", form, expected=302)


def _timed(
    client: httpx.Client,
    row: Row,
    method: str,
    path: str,
    form: dict[str, str] | None = None,
    *,
    expected: int = 200,
) -> float:
    """Milliseconds until the whole answer is there; another status than `expected` is an error."""
    began = time.perf_counter()
    try:
        answer = client.request(method, path, data=form)
        row.errors += answer.status_code != expected
    except httpx.HTTPError:
        row.errors += 1
    return 1000 * (time.perf_counter() - began)


def _watch(pid: int, row: Row, done: threading.Event) -> None:
    while not done.wait(0.1):
        row.rss = max(row.rss, _rss(pid))
        row.files = max(row.files, len(os.listdir(f"/proc/{pid}/fd")))


def _rss(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


@contextmanager
def web(folder: str) -> Iterator[Web]:
    """The web process on a folder with 200 Workers, and a signed-in person."""
    port = machine.free_port()
    os.environ |= {
        "SLUICE_DATA_DIR": folder,
        "SLUICE_HTTP_PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }
    os.environ.pop("DATABASE_URL", None)
    session, token, account = _fill()
    log = Path(folder) / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.run.web"],
            stdout=output,
            stderr=output,
            preexec_fn=_few_files,
        )
    try:
        machine.wait_until_web_answers(port)
        yield Web(process, port, log, session, token, account)
    finally:
        process.terminate()
        process.wait(20)


def _fill() -> tuple[str, str, str]:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections
    from django.test import Client

    from benchmarks.base import rows
    from dashboard.accounts.tokens import create_token

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    person = rows.fill(Size(workers=200, versions=4, few=3, edges=2, minutes=20))
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person)
    type(person).objects.create_user(PERSON, password=PASSWORD)
    _, token = create_token(user=person, name="uploads", scopes=["deploy"])
    connections.close_all()
    return client.cookies["sessionid"].value, token, settings.ACCOUNT_ID


def _few_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, most))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=25.0, help="of each attack")
    parser.add_argument("--only", action="append", choices=[BASE, *ATTACKS])
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
