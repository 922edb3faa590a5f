"""Every role × every address that changes something: a new one must say here who may use it.

The table is the one on the help page, *Who may do what*. Rights by row (one's own token, one's own
comment, an approval) have tests in their rooms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dashboard.accounts.models import RANK, Role
from routing.models import AuditEntry
from tests.factories import make_deployment, make_user, make_version

pytestmark = pytest.mark.django_db

#: Changes only what is a person's own, or only reads: everybody who is signed in.
EVERYBODY = {
    *("account_logout", "logout", "change-password", "end-browser", "account_reauthenticate"),
    *("mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn"),
    *("mfa_generate_recovery_codes", "mfa_reauthenticate_webauthn", "mfa_remove_webauthn"),
    *("mfa_edit_webauthn", "mfa_download_recovery_codes", "mfa_view_recovery_codes"),
    *("inbox:read", "inbox:preferences", "inbox:follow", "inbox:test", "inbox:open"),
    *("people:make-token", "people:end-token", "?"),
    *("discussion:open", "discussion:reply", "discussion:resolve", "discussion:looked"),
    *("discussion:edit", "discussion:delete"),
    # With GET and HEAD; the playground's own tests have the methods.
    *("playground:playground", "playground:verdict", "playground:import", "playground:export"),
    *("playground:save", "playground:forget", "playground:many", "playground:stop"),
    *("playground:compare", "playground:keys"),
    # Sending from it is for operators: `cloud.egress.admission` and its tests.
    *("cloud_playground:playground", "cloud_playground:verdict", "cloud_playground:export"),
    # Who may start or approve there is decided in the view; the room's tests have the roles.
    *("rollouts:remote-start", "rollouts:remote-decide"),
    # *Try this policy* changes nothing; saving has a test of its own.
    *("policies:account", "policies:worker"),
}
OPERATOR = {
    *("observability:acknowledge", "rollouts:worker", "rollouts:remove-forgotten"),
    *("rollouts:rename-plan", "rollouts:delete-plan", "rollouts:hooks", "rollouts:hook"),
    "rollouts:remote-act",
    *("rollouts:hook-act", "rollouts:change-plan", "rollouts:act"),
    *("discussion:hand-over", "discussion:take-over", "discussion:attention"),
    *("reviews:try", "reviews:again", "reviews:decide"),
    *("smoketests:checks", "smoketests:new", "smoketests:suite", "smoketests:move"),
    *("smoketests:yaml", "smoketests:restore", "smoketests:start", "smoketests:accept"),
    *("smoketests:withdraw", "smoketests:stop", "playground:import_checks"),
    *("overrides:share", "overrides:revoke", "workers:new", "workers:edit", "workers:address"),
    *("workers:add-address", "workers:remove-address"),
    *("workers:split", "workers:rollback", "workers:addresses", "workers:previews"),
    "workers:tails",
    *("playground:stage", "playground:variables", "workers:add-schedule"),
    *("workers:edit-schedule", "workers:remove-schedule", "workers:run-schedule"),
    *("storage:create", "storage:rename", "storage:kv-value", "storage:kv-content"),
    *(
        "storage:kv-save",
        "storage:kv-delete",
        "storage:d1-query",
        "storage:queue-change",
        "storage:dataset-query",
        "storage:mail",
        "storage:mail-content",
        "storage:secret-create",
        "storage:secret-change",
        "storage:secret-remove",
    ),
    *("cloud_playground:many", "cloud_playground:compare", "cloud_versions:upload"),
    *("cloud:deploy", "cloud:settle", "cloud:verify"),
    *("storage:r2-content", "storage:r2-upload", "storage:r2-delete"),
}
ADMIN = {
    *("cloud:connect", "cloud:check", "cloud:token", "cloud:follow", "cloud:disconnect"),
    "cloud_playground:access",
    *("people:invite", "people:act", "exports:create", "exports:act"),
    *("notifications:create", "notifications:again", "notifications:act"),
    *("overrides:protect", "overrides:key", "workers:delete", "workers:groups"),
    *("edges:add", "edges:revoke-join-token", "edges:rename", "edges:move", "edges:drain"),
    *("edges:renew-token", "edges:rotate-token", "edges:join-again", "edges:remove"),
    *("storage:delete", "add-zone", "remove-zone"),
}
#: These look up the row first, so a row that is not there is 404 for everybody.
LOOKS_FIRST = {"rollouts:change-plan", "reviews:decide", "smoketests:suite", "smoketests:yaml"}


def routes(resolver: Any = None, prefix: str = "", spaces: tuple[str, ...] = ()) -> Iterator[Any]:
    """(address with placeholders, name, view) of every page."""
    for entry in (resolver or get_resolver()).url_patterns:
        place = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, place, (*spaces, *filter(None, [entry.namespace])))
        elif not place.startswith(("client/", "api/", "edge/v1/")):  # these sign in by token
            assert isinstance(entry, URLPattern)
            yield place, ":".join([*spaces, entry.name or "?"]), entry.callback


PAGES = [(place, name) for place, name, view in routes() if getattr(view, "login_required", True)]


@pytest.fixture
def address():
    version = make_version()
    deployment = make_deployment(version.worker)
    known = {
        **dict.fromkeys(["name", "worker"], "shop"),
        **dict.fromkeys(["version_id", "left", "right"], str(version.id)),
        "deployment_id": str(deployment.id),
        "verb": "hold",
        "form": "csv",
    }

    def of(place: str) -> str:
        def fill(match: re.Match[str]) -> str:
            return known.get(match[2], "1" if match[1] == "int" else str(uuid4()))

        return "/" + re.sub(r"<(?:(\w+):)?(\w+)>", fill, place)

    return of


def test_a_stranger_reaches_no_page_and_changes_nothing(client, address):
    before = AuditEntry.objects.count()
    for place, name in PAGES:
        for answer in (client.get(address(place)), client.post(address(place))):
            assert answer.status_code == 302, (name, answer.status_code)
            assert answer["Location"].startswith("/accounts/login/"), name
    assert AuditEntry.objects.count() == before


def test_every_address_that_changes_something_says_who_may(address):
    ada = Client(raise_request_exception=True)
    ada.force_login(make_user("ada", Role.ADMIN))
    listed = EVERYBODY | OPERATOR | ADMIN
    for place, name in PAGES:
        if name in listed:
            continue
        assert ada.post(address(place)).status_code == 405, f"Say in this table who may {name}."
    assert listed <= {name for _, name in PAGES}, "The table names an address that is gone."


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.REVIEWER])
def test_a_lower_role_is_refused(address, role):
    client = Client()
    client.force_login(make_user("lower", role))
    for place, name in PAGES:
        least = Role.ADMIN if name in ADMIN else Role.OPERATOR if name in OPERATOR else Role.VIEWER
        if RANK[role] >= RANK[least]:
            continue
        refusals = {403, 404} if name in LOOKS_FIRST else {403}
        assert client.post(address(place)).status_code in refusals, name


def test_nobody_meets_an_error_of_ours(address):
    """An empty form, an unknown row: each gets an answer that was meant."""
    ada = Client(raise_request_exception=True)
    ada.force_login(make_user("ada", Role.ADMIN))
    for place, name in PAGES:
        if name in ("account_logout", "logout", "workers:delete"):
            continue
        assert ada.get(address(place)).status_code < 500, name
        assert ada.post(address(place)).status_code < 500, name
