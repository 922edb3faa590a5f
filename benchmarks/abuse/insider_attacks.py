"""What one signed-in person or token can try, each from many threads: a program for `insiders`.

`python -m benchmarks.abuse.insider_attacks NAME PORT SECONDS`, with the session and the token in
the environment. Loopback only. Prints how many requests were made and how many were refused (429).
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable

import httpx

SESSION, TOKEN, ACCOUNT = (
    os.environ.get(f"SLUICE_BENCH_{n}", "") for n in ("SESSION", "TOKEN", "ACCOUNT")
)
API = f"/client/v4/accounts/{ACCOUNT}/workers"
WORKER = "worker-0001"

Attack = Callable[[httpx.Client, int], httpx.Response]
"""One request; the number is the thread's."""


def curl_import(client: httpx.Client, _: int) -> httpx.Response:
    """220 KB of digits and arrows."""
    half = 110_000
    command = "curl http://a.b/ -d " + "1" * half + "a" + "<" * half
    return _post(client, "/playground/import/", {"worker": WORKER, "curl": command})


def slow_sends(client: httpx.Client, _: int) -> httpx.Response:
    """To a Worker that does not answer."""
    return _post(client, "/playground/", {"worker": WORKER, "path": "/"})


def pages(client: httpx.Client, _: int) -> httpx.Response:
    """The list of Workers, again and again."""
    return client.get("/workers/")


def api_requests(client: httpx.Client, _: int) -> httpx.Response:
    """Versions of the Worker that has most of them."""
    return client.get(f"{API}/scripts/worker-0000/versions", headers=_bearer())


def tails(client: httpx.Client, _: int) -> httpx.Response:
    """Opens tails and never listens."""
    return client.post(f"{API}/scripts/{WORKER}/tails", headers=_bearer(), json={"filters": []})


def comments(client: httpx.Client, _: int) -> httpx.Response:
    """Opens threads that mention everybody."""
    form = {"pin": "general", "text": "@operators @admins look"}
    return _post(client, f"/workers/{WORKER}/conversation/threads/", form)


def suite_of_numbers(client: httpx.Client, _: int) -> httpx.Response:
    """A suite whose schema has many parts."""
    keys = ", ".join(f"k{i}" for i in range(40_000))
    text = f"name: s\nchecks:\n- name: c\n  assert:\n  - {{schema: {{required: [{keys}]}}}}\n"
    return _post(client, f"/playground/checks/{WORKER}/import/", {"from": "yaml", "text": text})


#: Attack → threads.
ATTACKS: dict[str, tuple[Attack, int]] = {
    "curl_import": (curl_import, 4),
    "slow_sends": (slow_sends, 150),
    "pages": (pages, 50),
    "api_requests": (api_requests, 50),
    "tails": (tails, 8),
    "comments": (comments, 20),
    "suite_of_numbers": (suite_of_numbers, 4),
}


def _bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}"}


def _post(client: httpx.Client, path: str, form: dict[str, str]) -> httpx.Response:
    token = "a" * 32
    client.cookies["csrftoken"] = token
    return client.post(path, data=form | {"csrfmiddlewaretoken": token})


def _attack(attack: Attack, number: int, port: int, until: float, counts: Counter[str]) -> None:
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, cookies={"sessionid": SESSION}, timeout=30) as client:
        while time.monotonic() < until:
            try:
                status = attack(client, number).status_code
            except httpx.HTTPError:
                counts["failed"] += 1
                continue
            counts["made"] += 1
            counts["refused"] += status == 429
            if status == 429:
                time.sleep(0.1)


def main() -> None:
    name, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    attack, threads = ATTACKS[name]
    counts: Counter[str] = Counter()
    until = time.monotonic() + seconds
    for number in range(threads):
        given = (attack, number, port, until, counts)
        threading.Thread(target=_attack, args=given, daemon=True).start()
    time.sleep(seconds + 0.5)
    print(json.dumps(counts), flush=True)
    os._exit(0)  # without those that still wait for an answer


if __name__ == "__main__":
    main()
