"""One shape from its first deploy to 100% of its second version."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from tests.eventually import eventually
from tests.public_workers.events import EVENTS
from tests.public_workers.project import RELEASE, Project
from tests.public_workers.shape import Check, Shape
from tests.running import OVERRIDES, System

DRAWS = 80
"""At 50%, both versions answer within these but once in 10^23 runs."""


class WrongAnswer(Exception):
    """An answer that is not what `shape.json` expects."""


@dataclass
class Rollout:
    project: Project

    @property
    def shape(self) -> Shape:
        return self.project.shape

    @property
    def system(self) -> System:
        return self.project.system

    def run(self) -> None:
        one = self._first_version()
        two = self._second_version()
        self._step((two, 0), (one, 100))
        self._expect_release(one, "one")
        self._prove(two, "two")
        self._check_all("two", self._override(two))
        self._step((two, 50), (one, 50))
        self._expect_both({one: "one", two: "two"})
        for version, release in ((one, "one"), (two, "two")):
            self._prove(version, release)
        self._step((two, 100))
        self._expect_release(two, "two")
        self._check_all("two", {})
        for name in self.shape.events:
            EVENTS[name](self.system, self.shape.name, "two")

    def _first_version(self) -> str:
        self.project.write("one")
        self.project.install()
        self.project.build()
        for folder in self.shape.first:
            self.project.wrangler("deploy", inside=folder)
        if self.shape.secrets:
            self.project.make_store()
        for command in self.shape.before:
            self.project.wrangler(*command)
        version = self.project.upload("deploy")
        for command in self.shape.after:
            self.project.wrangler(*command)
        active = self.system.active(self.shape.name)
        self._wait(str(active["id"]))
        newest = str(active["versions"][0]["version_id"])  # a secret makes another version
        self._check_all("one", {})
        return version if version == newest else newest

    def _second_version(self) -> str:
        self.project.write("two")
        self.project.build()
        return self.project.upload("versions", "upload")

    def _step(self, *shares: tuple[str, float]) -> None:
        self._wait(str(self.system.deploy(self.shape.name, *shares)["id"]))

    def _wait(self, deployment: str) -> None:
        def decides() -> bool:
            answer = self.send(self.shape.checks[0], {})
            return answer.headers.get("x-sluice-deployment") == deployment

        try:
            eventually(decides, 30)
        except AssertionError:
            answer = self.send(self.shape.checks[0], {})
            raise WrongAnswer(f"not deployed on the edge: {_shown(answer)}") from None

    def _override(self, version: str) -> dict[str, str]:
        return {OVERRIDES: f'{self.shape.name}="{version}"'}

    def _prove(self, version: str, release: str) -> None:
        """The edge confirms the override, and the code is that version's."""
        answer = self._expect_release(version, release, self._override(version))
        if answer.headers.get("x-sluice-override") != "applied":
            raise WrongAnswer(f"override not applied: {dict(answer.headers)}")

    def _expect_release(
        self, version: str, release: str, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        answer = self._check(self.shape.checks[0], release, headers or {})
        if answer.headers.get("x-sluice-version") != version:
            raise WrongAnswer(f"expected version {version}: {dict(answer.headers)}")
        return answer

    def _expect_both(self, releases: Mapping[str, str]) -> None:
        seen: set[str] = set()
        for _ in range(DRAWS):
            answer = self.send(self.shape.checks[0], {})
            version = answer.headers["x-sluice-version"]
            _compare(self.shape.checks[0], releases[version], answer)
            seen.add(version)
            if len(seen) == len(releases):
                return
        raise WrongAnswer(f"at 50% only {seen} answered {DRAWS} requests")

    def _check_all(self, release: str, headers: Mapping[str, str]) -> None:
        for check in self.shape.checks:
            self._check(check, release, headers)

    def _check(self, check: Check, release: str, headers: Mapping[str, str]) -> httpx.Response:
        ends = time.monotonic() + (20 if check.repeat_until else 0)
        while True:
            answer = self.send(check, headers)
            try:
                _compare(check, release, answer)
                return answer
            except WrongAnswer:
                if time.monotonic() >= ends:
                    raise
            time.sleep(0.2)

    def send(self, check: Check, headers: Mapping[str, str]) -> httpx.Response:
        url = f"http://127.0.0.1:{self.system.edge_port}{check.path}"
        host = check.host or f"{self.shape.name}.localhost"
        lines = {"Host": host, **check.send, **headers}
        for _ in range(4):
            answer = self.system.client.request(
                check.method, url, headers=lines, content=check.body.encode()
            )
            if answer.headers.get("x-sluice-override") != "unavailable":
                break  # else a busy machine missed the 250 ms that Envoy waits for a decision
        return answer


def _compare(check: Check, release: str, answer: httpx.Response) -> None:
    wrong = [text for text in check.contains if text.replace(RELEASE, release) not in answer.text]
    for name, value in check.headers.items():
        if value.replace(RELEASE, release) not in answer.headers.get(name, ""):
            wrong.append(f"{name}: {value}")
    if answer.status_code != check.status:
        wrong.append(f"status {check.status}")
    if wrong:
        raise WrongAnswer(
            f"{check.method} {check.path} ({release}): no {wrong} in {_shown(answer)}"
        )


def _shown(answer: httpx.Response) -> str:
    return f"{answer.status_code} {dict(answer.headers)} {answer.text[:300]}"
