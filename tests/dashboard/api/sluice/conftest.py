"""A client of Sluice's own API under `/api/`."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.accounts.models import Role
from tests.dashboard.api.conftest import Api
from tests.dashboard.rollouts.conftest import Scene, scene  # noqa: F401
from tests.factories import make_user

SUITE = """# how it came
name: smoke
checks:
  - name: home
    assert: [{status: 200}]
"""


class OwnApi(Api):
    """Answers are (status, body)."""

    def __call__(self, method: str, path: str, body: Any = b"", **extra: Any) -> Any:
        answer = self.raw(method, path, body, prefix="/api/workers/checkout", **extra)
        is_json = "json" in answer["Content-Type"]
        return answer.status_code, answer.json() if is_json else answer.content.decode()

    def put_yaml(self, text: str = SUITE, name: str = "smoke") -> Any:
        return self("PUT", f"/suites/{name}", text.encode(), content_type="application/yaml")

    def start(self, scene: Scene, **given: Any) -> Any:  # noqa: F811
        body = {"version_id": str(scene.candidate.id), "steps": "20:10s,50:10s,100", "auto": True}
        return self("POST", "/rollouts", body | given)

    def verb(self, scene: Scene, verb: str, **given: Any) -> Any:  # noqa: F811
        rollout = scene.rollout()
        believed = {"deployment_id": rollout.deployment_id, "step": rollout.step}
        return self("POST", f"/rollouts/{rollout.pk}/{verb}", believed | given)


@pytest.fixture
def ci(scene: Scene) -> OwnApi:  # noqa: F811
    return OwnApi(make_user("ci", Role.OPERATOR), ["read", "deploy"], agent="curl/8")


@pytest.fixture
def ramping(ci: OwnApi, scene: Scene) -> Scene:  # noqa: F811
    """At 20%."""
    assert ci.start(scene)[0] == 201
    for _ in range(3):
        scene.look()
    return scene
