"""Every operation under `/api/` × every scope of a token: a new one must say here what it takes."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from dashboard.accounts.models import Role, Token
from dashboard.api.http.auth import may_administer, may_deploy, may_read
from dashboard.api.sluice.api import api as served
from tests.dashboard.api.conftest import Api
from tests.factories import make_user, make_worker

pytestmark = pytest.mark.django_db

DEPLOY = {
    *("put_suite", "start_run", "stop_run", "save_plan", "rename_plan", "delete_plan"),
    *("save_plan_of_worker", "rename_plan_of_worker", "delete_plan_of_worker"),
    *("start_rollout", "change", "act", "decide", "share_version", "revoke_link"),
}
ADMIN = {"put_policy", "set_overrides", "export_entries"}
READ = {
    *("list_suites", "get_suite", "list_runs", "get_run", "list_plans", "list_plans_of_worker"),
    *("backtest", "list_all", "list_rollouts", "get_rollout", "get_record", "list_all_reviews"),
    *("list_reviews", "get_review", "get_policy", "get_overrides", "list_links", "list_entries"),
    "list_edges",
}
TAKES = dict.fromkeys(READ, may_read) | dict.fromkeys(DEPLOY, may_deploy)
TAKES |= dict.fromkeys(ADMIN, may_administer)

OPERATIONS = [
    (operation.view_func.__name__, operation.methods[0], path, operation.auth_callbacks)
    for _, router in served._routers
    for path, view in router.path_operations.items()
    for operation in view.operations
]


def address(path: str) -> str:
    known = {"name": "shop", "verb": "hold", "plan": "Slow", "path:suite": "smoke"}
    return re.sub(r"{([^}]+)}", lambda match: known.get(match[1], str(uuid4())), path)


def test_every_operation_states_the_scope_it_takes() -> None:
    assert OPERATIONS and {name for name, *_ in OPERATIONS} == set(TAKES)
    for name, method, _, found in OPERATIONS:
        assert found == [TAKES[name]], f"Say in this table which scope {name} takes."
        assert method == "GET" or name not in READ, f"{name} changes something."


@pytest.mark.parametrize(
    ("scope", "refused"), [("read", DEPLOY | ADMIN), ("deploy", ADMIN)], ids=["read", "deploy"]
)
def test_a_narrower_token_of_an_admin_is_refused(scope: str, refused: set[str]) -> None:
    make_worker("shop")
    narrow = Api(make_user("ada", Role.ADMIN), [scope], agent="curl/8")
    for name, method, path, _ in OPERATIONS:
        answer = narrow.raw(method, address(path), prefix="/api")
        assert (answer.status_code == 403) is (name in refused), (name, answer.content)


def test_a_token_of_another_worker_changes_nothing_here() -> None:
    make_worker("shop")
    other = Api(make_user("ada", Role.ADMIN), ["admin"], agent="curl/8")
    Token.objects.update(workers=["blog"])
    for name, method, path, _ in OPERATIONS:
        answer = other.raw(method, address(path), prefix="/api")
        assert (answer.status_code == 403) is (name not in READ), (name, answer.content)


def test_without_a_token_nothing_is_read() -> None:
    stranger = Api(make_user("eva"), [], agent="curl/8")
    stranger.headers = {}
    for name, method, path, _ in OPERATIONS:
        assert stranger.raw(method, address(path), prefix="/api").status_code == 400, name
