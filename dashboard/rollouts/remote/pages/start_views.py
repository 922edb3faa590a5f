"""The page that starts a rollout of a Worker of a connected account, with its earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, actor_of, permission, person
from dashboard.cloud import messages as cloud_messages
from dashboard.cloud.accounts.access import capabilities_of
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.pages.accounts import account_named, while_on
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.provider.roles import roles_of
from dashboard.cloud.provider.values import VersionSummary
from dashboard.cloud.worker_readings import deployments_of, versions_of
from dashboard.rollouts.decisions.plan import PRESETS, PlanError
from dashboard.rollouts.remote import messages
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.rollouts.remote.pages.start_form import StartForm
from dashboard.rollouts.remote.start import StartRefused, running_on, start
from dashboard.ui.page import page

LISTED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPage:
    """`versions` can be rolled out; `live_id` is what is live; `limits` are (what, how) of what
    cannot be judged or proved here."""

    account: CloudAccount
    name: str
    form: StartForm
    errors: Mapping[str, str]
    refused: str
    versions: Sequence[VersionSummary]
    stable: VersionSummary | None
    live_id: str
    problem: str
    running: RemoteRollout | None
    rows: Sequence[tuple[RemoteRollout, str]]
    presets: Sequence[tuple[str, str]]
    limits: Sequence[tuple[str, str]]
    can: Permission


@require_http_methods(["GET", "POST"])
@while_on
def of_worker(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    account = account_named(slug)
    if request.method == "GET":
        return _render(request, account, name, StartForm(version=request.GET.get("version", "")))
    return _start(request, account, name, StartForm.from_query(request.POST))


def _start(request: HttpRequest, account: CloudAccount, name: str, form: StartForm) -> HttpResponse:
    allowed = permission(request.user, Role.OPERATOR)
    if not allowed:
        return _render(request, account, name, form, refused=allowed.why, status=403)
    read = form.read()
    if read.plan is None:
        refused = next(iter(read.errors.values()), "")
        return _render(
            request, account, name, form, errors=read.errors, refused=refused, status=422
        )
    by, expected = actor_of(request), form.expected or None
    try:
        rollout = start(
            account, name, form.version, read.plan, by, expected=expected, suite=read.suite
        )
    except StartRefused as refused_:
        if refused_.rollout is not None:
            return redirect(refused_.rollout)
        return _render(request, account, name, form, refused=str(refused_), status=409)
    except (CloudError, PlanError) as error:
        return _render(request, account, name, form, refused=str(error), status=409)
    return redirect(rollout)


def _render(
    request: HttpRequest,
    account: CloudAccount,
    name: str,
    form: StartForm,
    *,
    errors: Mapping[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """At most two calls, shared by all viewers."""
    now = timezone.now()
    read = deployments_of(account, name, now)
    listed = read.value or ()
    versions = versions_of(account, name, listed, now)
    known = versions.value or ()
    roles = roles_of(listed, 0, {v.id: v.number for v in known}) if listed else None
    stable_id = roles.stable.version_id if roles else ""
    earlier = RemoteRollout.objects.with_account().filter(account=account, worker_name=name)
    context = StartPage(
        account=account,
        name=name,
        form=form,
        errors=errors or {},
        refused=refused,
        versions=[version for version in known if version.id != stable_id],
        stable=next((version for version in known if version.id == stable_id), None),
        live_id=listed[0].id if listed else "",
        problem=read.problem or versions.problem,
        running=running_on(account, name),
        rows=[
            (r, messages.title(r.state, r.percentage))
            for r in earlier.order_by("-started_at")[:LISTED]
        ],
        presets=list(PRESETS.items()),
        limits=_limits(account),
        can=permission(person(request), Role.OPERATOR),
    )
    return page(request, "rollouts/remote/start.html", context, status=status)


def _limits(account: CloudAccount) -> list[tuple[str, str]]:
    """What differs here from our own edges, as far as a rollout uses it."""
    table = capabilities_of(account)
    used = (
        Capability.COUNTS,
        Capability.SERVER_ERRORS,
        Capability.PROOF,
        Capability.SPREAD,
        Capability.CONDITIONAL_DEPLOY,
        Capability.APPROVALS,
    )
    return [
        (cloud_messages.CAPABILITIES[str(one)], cloud_messages.WHY[table[one].why])
        for one in used
        if table[one].why
    ]
