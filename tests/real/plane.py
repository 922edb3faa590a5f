"""A started edge with Workers that call each other, shared by the tests of the data plane."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from urllib.parse import quote

from routing.compile.names import OVERRIDES
from routing.rules.split import TOTAL
from tests.real.edge import Edge, Reply
from tests.real.uploads import METADATA, Upload, service, upload
from tests.real.workers import CALLER, ECHO, ODD

GIVEN = {"most": 3, "text": 'é "\n', "list": [{"deep": None}]}


@dataclass
class Plane:
    """`echo` has two versions, `caller` calls it."""

    edge: Edge
    old: Upload
    new: Upload
    caller: Upload

    @property
    def old_id(self) -> str:
        return self.old.version.id

    @property
    def new_id(self) -> str:
        return self.new.version.id

    def split(self, new: int) -> None:
        self.edge.deploy("echo", (self.new, new), (self.old, TOTAL - new))
        self.edge.publish()

    def override(self, version_id: str, worker: str = "echo") -> dict[str, str]:
        return {OVERRIDES: f'{worker}="{version_id}"'}

    def draws(self, count: int = 400, **headers: str) -> Counter[str]:
        return Counter(self.edge.get("echo", headers=headers).json["id"] for _ in range(count))

    def call(
        self, path: str, calls: int = 0, headers: dict[str, str] | None = None, **more: str
    ) -> Reply:
        query = f"{path}?calls={calls}&headers={quote(json.dumps(headers or {}))}"
        for name, value in more.items():
            query += f"&{name}={value}"
        return self.edge.get("caller", query)


def start_plane(edge: Edge) -> Plane:
    """Its processes die with the thread that calls this."""
    old, new = (edge.run("echo", upload(ECHO, number=n, bindings=[METADATA])) for n in (1, 2))
    bindings = [
        METADATA,
        service("ECHO", "echo"),
        service("SUMS", "echo", "Sums"),
        service("GHOST", "ghost"),
        service("WITH_PROPS", "echo", props=GIVEN),
        service("SUMS_WITH_PROPS", "echo", "Sums", props={"a": 1}),
        service("PLAIN_WITH_PROPS", "odd_name", props={"who": "plain with props"}),
        service("NOPE", "echo", "Nope"),
        service("ODD", "odd_name", "we ird/é"),
        service("FRESH", "odd_name", "Fresh"),
    ]
    odd = edge.run("odd_name", upload(ODD, bindings=[METADATA]))
    more = ODD + "export class Fresh extends Odd {}"
    odder = edge.run("odd_name", upload(more, number=2, bindings=[METADATA]))
    edge.deploy("odd_name", (odder, 50_000), (odd, 50_000))
    caller = edge.run("caller", upload(CALLER, bindings=bindings))
    edge.deploy("caller", (caller, TOTAL))
    edge.deploy("echo", (new, 30_000), (old, 70_000))
    edge.start()
    return Plane(edge, old, new, caller)
