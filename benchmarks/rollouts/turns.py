"""Rollouts on a running system: traffic that says whose failures it met, the CLI and the API."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
import httpx

from benchmarks.base.peers import KEY
from benchmarks.base.system import HOME, System

OWN_FAILURE = "failed by itself"
"""Body of an answer that a bad candidate makes on purpose."""
_PATIENCE = 40.0


@dataclass
class Observation:
    """Answers by status, and the failures that are not the candidate's own: of stable, without an
    answer, or of the edge. `candidate` is whose failures are its own."""

    candidate: str = ""
    process_fails: bool = False
    statuses: Counter[int] = field(default_factory=Counter)
    own: int = 0
    others: Counter[str] = field(default_factory=Counter)

    def add(self, status: int, version: str, text: str) -> None:
        self.statuses[status] += 1
        if status < 500:
            return
        by_process = self.process_fails and version == self.candidate
        if OWN_FAILURE in text or by_process:
            self.own += 1
        else:
            self.others[f"{status} of {version or 'the edge'}: {text[:60]}"] += 1


class Traffic:
    """So many requests a second, each from another caller, whether or not earlier ones ended."""

    def __init__(self, system: System, worker: str, per_second: int) -> None:
        self._url, self._host = f"http://127.0.0.1:{system.edge_port}/", f"{worker}.localhost"
        self._per_second = per_second
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._send()))
        self._sent = 0
        self.seen = Observation()

    def __enter__(self) -> Traffic:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    async def _send(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_PATIENCE)
        connector = aiohttp.TCPConnector(limit=0)
        async with (
            aiohttp.ClientSession(timeout=timeout, connector=connector) as client,
            asyncio.TaskGroup() as group,
        ):
            began = time.monotonic()
            while not self._stop.is_set():
                group.create_task(self._one(client, self._sent))
                self._sent += 1
                await asyncio.sleep(began + self._sent / self._per_second - time.monotonic())

    async def _one(self, client: aiohttp.ClientSession, caller: int) -> None:
        seen = self.seen  # a request belongs to the measurement that it began in
        headers = {"Host": self._host, KEY: f"caller-{caller}"}
        try:
            async with client.get(self._url, headers=headers) as answer:
                text = await answer.text()
                seen.add(answer.status, answer.headers.get("x-sluice-version", ""), text)
        except (aiohttp.ClientError, TimeoutError) as error:
            seen.others[type(error).__name__] += 1


def manage(system: System, *words: str) -> str:
    """What `manage.py …` prints; a failed rollout is no failure of the command."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=HOME,
        env=system.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def rollout(system: System, *words: str) -> dict[str, Any]:
    """`manage.py rollout …`: the object in its last line."""
    return dict(json.loads(manage(system, "rollout", *words, "--json").splitlines()[-1]))


class Api:
    """Sluice's own API under `/api/`."""

    def __init__(self, system: System) -> None:
        token = (system.data_dir / "shown_token").read_text()
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{system.http_port}/api",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )

    def rollout(self, worker: str, rollout_id: str) -> dict[str, Any]:
        """With its events."""
        return self._json(self._http.get(f"/workers/{worker}/rollouts/{rollout_id}"))

    def act(self, worker: str, rollout_id: str, verb: str, **body: Any) -> dict[str, Any]:
        path = f"/workers/{worker}/rollouts/{rollout_id}/{verb}"
        return self._json(self._http.post(path, json=body))

    def until(
        self, worker: str, rollout_id: str, done: Callable[[dict[str, Any]], bool], seconds: float
    ) -> dict[str, Any]:
        """The rollout once it is as asked for, or as it is when time is up."""
        deadline = time.monotonic() + seconds
        while not done(now := self.rollout(worker, rollout_id)):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        return now

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code >= 400:
            sys.exit(f"{answer.request.url}: {answer.status_code} {answer.text}")
        return dict(answer.json())


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
