"""Many sends of one request, and comparisons: started, and looked at later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.messages import NOT_CONFIRMED_BECAUSE, RANKS
from dashboard.cloud.models import CloudAccount, FollowedWorker
from dashboard.cloud.pages.accounts import account_named, while_on
from dashboard.comparison.compare import compare as compare_sides
from dashboard.fleet.version_roles import Role as VersionRole
from dashboard.limits.answers import waiting
from dashboard.limits.limits import SENDS
from dashboard.limits.messages import no_place
from dashboard.limits.places import NoPlace
from dashboard.playground.cloud import many as runs, messages
from dashboard.playground.cloud.answer import SentPage
from dashboard.playground.cloud.models import CloudRun
from dashboard.playground.cloud.page import LiveVersion, LiveWorker, live_worker, playground_page
from dashboard.playground.cloud.sending import admitted, prune_runs
from dashboard.playground.cloud.views import TEMPLATE, followed_worker, refusal, typed_for
from dashboard.playground.compare.context import Result, result_of
from dashboard.playground.messages import NOT_SENT
from dashboard.playground.request.form import PRIVATE, form_fields
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.runs.statistics import Sent, Tally, tallies
from dashboard.ui.http.unstorable_input import any_text_in
from dashboard.ui.page import as_context, page, wants_fragment


@dataclass(frozen=True, slots=True)
class VersionResult:
    """`observed` is its percentage of the confirmed requests; None without one."""

    version: LiveVersion | None
    tally: Tally
    observed: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """`ranks` are (title, count). `result` compares three answers; None unless each is
    confirmed to be of the version that was asked for."""

    account: CloudAccount
    run: CloudRun
    edit_query: str
    confirmed: int = 0
    results: Sequence[VersionResult] = ()
    ranks: Sequence[tuple[str, int]] = ()
    reasons: Sequence[tuple[str, int]] = ()
    answers: Sequence[runs.ComparedAnswer] = ()
    result: Result | None = None


@requires(Role.OPERATOR)
@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@while_on
@require_POST
def many(request: HttpRequest, slug: str) -> HttpResponse:
    """Sends the request in the form 20, 50 or 100 times."""
    asked = request.POST.get("count", "")
    count = int(asked) if asked in map(str, runs.COUNTS) else runs.COUNTS[-1]

    def start(account: CloudAccount, typed: TypedRequest, live: LiveWorker) -> CloudRun | str:
        ready = admitted(account, typed.worker, typed, actor_of(request), count)
        rows = runs.send_many(account, ready, count, {v.id for v in live.all_versions})
        return _stored(request, account, typed, live, "many", runs.as_json(rows))

    return _started(request, slug, count, start)


@requires(Role.OPERATOR)
@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@while_on
@require_POST
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Sends the request to stable, the candidate and stable again."""

    def start(account: CloudAccount, typed: TypedRequest, live: LiveWorker) -> CloudRun | str:
        if not live.read.known:
            return messages.NOT_LIVE_READ
        stable = next((v.id for v in live.versions if v.role is VersionRole.STABLE), "")
        candidate = next((v.id for v in live.versions if v.id != stable), "")
        if not stable or not candidate:
            return messages.COMPARE_NEEDS_TWO
        ready = admitted(account, typed.worker, typed, actor_of(request), 3)
        versions = {version.id for version in live.all_versions}
        answers = runs.send_three(account, typed, ready, (stable, candidate), versions)
        return _stored(request, account, typed, live, "compare", runs.as_json(answers))

    return _started(request, slug, 3, start)


@require_GET
@while_on
@never_cache
def run(request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
    rows = CloudRun.objects.select_related("account", "person")
    row = get_object_or_404(rows, pk=id, account__slug=slug)
    query = urlencode({**row.fields, "worker": row.worker})
    if row.kind == "compare":
        return page(request, "playground/cloud/compared.html", _compared_page(row, query))
    return page(request, "playground/cloud/run.html", _many_page(row, query))


def _started(request: HttpRequest, slug: str, count: int, start: object) -> HttpResponse:
    account = account_named(slug)
    followed = followed_worker(account, request.POST.get("worker", ""))
    if followed is None:
        return redirect("cloud_playground:playground", slug)
    typed = typed_for(followed, form_fields(request.POST))
    if refused := refusal(request, typed, count):
        return _not_started(request, account, followed, typed, *refused)
    live = live_worker(account, followed.name, timezone.now())
    try:
        with SENDS.place(str(person(request).pk)), waiting(request):
            made = start(account, typed, live)  # type: ignore[operator]
    except NoPlace as error:
        return _not_started(request, account, followed, typed, 429, no_place("requests", error.own))
    except CloudError as error:
        return _not_started(request, account, followed, typed, 403, error.message)
    if isinstance(made, str):
        return _not_started(request, account, followed, typed, 422, made)
    url = reverse("cloud_playground:run", args=[slug, made.pk])
    return HttpResponseClientRedirect(url) if wants_fragment(request) else redirect(url)


def _not_started(
    request: HttpRequest,
    account: CloudAccount,
    followed: FollowedWorker,
    typed: TypedRequest,
    status: int,
    text: str,
) -> HttpResponse:
    shown = SentPage(failed=(NOT_SENT, text))
    if wants_fragment(request):
        context = as_context({"account": account, "worker": followed.name}, shown)
        return page(request, TEMPLATE, context, partial="answer", status=status)
    whole = playground_page(account, followed, typed, person(request), timezone.now())
    return page(request, TEMPLATE, as_context(whole, shown), status=status)


def _stored(
    request: HttpRequest,
    account: CloudAccount,
    typed: TypedRequest,
    live: LiveWorker,
    kind: str,
    rows: list[dict[str, object]],
) -> CloudRun:
    shares = [[v.id, v.percentage, str(v.role), v.tag] for v in live.versions]
    prune_runs(person(request))
    return CloudRun.objects.create(
        person=person(request),
        account=account,
        worker=typed.worker,
        kind=kind,
        request=typed.stored(),
        shares=shares,
        rows=rows,
    )


def _many_page(row: CloudRun, query: str) -> RunPage:
    sent = [runs.RunRow(**given) for given in row.rows]
    live = {v[0]: LiveVersion(v[0], VersionRole(v[2]), v[1], v[3]) for v in row.shares}
    confirmed = sum(bool(one.version) for one in sent)
    figures = tallies([Sent(one.version, one.status, one.ms, one.ray) for one in sent], list(live))
    results = [
        VersionResult(
            live.get(tally.version),
            tally,
            100 * tally.count / confirmed if confirmed and tally.version else None,
        )
        for tally in figures
    ]
    ranks = Counter(one.rank for one in sent)
    reasons = Counter(one.why for one in sent if one.why)
    return RunPage(
        account=row.account,
        run=row,
        edit_query=query,
        confirmed=confirmed,
        results=results,
        ranks=[(RANKS[rank][0], n) for rank, n in ranks.most_common()],
        reasons=[(NOT_CONFIRMED_BECAUSE[why], n) for why, n in reasons.most_common()],
    )


def _compared_page(row: CloudRun, query: str) -> RunPage:
    answers = [
        runs.ComparedAnswer(**{**given, "headers": tuple(map(tuple, given["headers"]))})
        for given in row.rows
    ]
    result = None
    if all(answer.status and answer.as_asked for answer in answers):
        first, second, other = (answer.side() for answer in answers)
        result = result_of(compare_sides(first, second, other, frozenset()))
    return RunPage(account=row.account, run=row, edit_query=query, answers=answers, result=result)
