"""The page, its sends, and later looks at their proof."""

from __future__ import annotations

import math
from dataclasses import replace
from uuid import UUID

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.egress.access_token import (
    ID_HEADER,
    SECRET_HEADER,
    remove_access_token,
    set_access_token,
)
from dashboard.cloud.models import CloudAccount, FollowedWorker
from dashboard.cloud.pages.accounts import account_named, while_on
from dashboard.cloud.tails import watches
from dashboard.fleet.version_roles import Role as VersionRole
from dashboard.limits.answers import give_place_back, waiting
from dashboard.limits.limits import SENDS
from dashboard.limits.messages import no_place, try_again
from dashboard.limits.places import NoPlace
from dashboard.playground.cloud import messages, sending
from dashboard.playground.cloud.answer import SentPage, sent_page
from dashboard.playground.cloud.models import CloudSend
from dashboard.playground.cloud.override import forecast
from dashboard.playground.cloud.page import (
    LiveWorker,
    builder_page,
    entries_of,
    live_worker,
    playground_page,
)
from dashboard.playground.disconnect import cancellation
from dashboard.playground.messages import NOT_SENT
from dashboard.playground.request.code_export import exports
from dashboard.playground.request.form import PRIVATE, compose, form_fields
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.send.quota import consume_quota
from dashboard.ui.http.unstorable_input import any_text_in
from dashboard.ui.page import as_context, page, wants_fragment

TEMPLATE = "playground/cloud/playground.html"
ACCESS_LINES = ((ID_HEADER, "$CF_ACCESS_CLIENT_ID"), (SECRET_HEADER, "$CF_ACCESS_CLIENT_SECRET"))
"""Of a command to copy: no secret leaves the playground."""


@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@while_on
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def playground(request: HttpRequest, slug: str) -> HttpResponse:
    """The page with its presets; by POST, the answer."""
    account = account_named(slug)
    given = request.POST if request.method == "POST" else request.GET
    followed = followed_worker(account, given.get("worker", ""))
    if followed is None:
        return page(request, TEMPLATE, {"account": account, "workers": []})
    typed = typed_for(followed, form_fields(given))
    if request.method == "POST":
        return _send(request, account, followed, typed)
    give_place_back(request)
    shown = playground_page(account, followed, typed, person(request), timezone.now())
    return page(request, TEMPLATE, as_context(shown, SentPage()))


@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@while_on
@require_POST
def verdict(request: HttpRequest, slug: str) -> HttpResponse:
    """What an override would do, as typed so far."""
    account = account_named(slug)
    followed = _followed_or_404(account, request.POST.get("worker", ""))
    typed = typed_for(followed, form_fields(request.POST))
    if wants_fragment(request):
        shown = as_context(builder_page(account, typed, timezone.now()))
    else:
        whole = playground_page(account, followed, typed, person(request), timezone.now())
        shown = as_context(whole, SentPage())
    return page(request, TEMPLATE, shown, partial="verdict")


@any_text_in(*PRIVATE)
@sensitive_post_parameters(*PRIVATE)
@while_on
@require_POST
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """The request as commands, as typed so far."""
    followed = _followed_or_404(account_named(slug), request.POST.get("worker", ""))
    typed = typed_for(followed, form_fields(request.POST))
    return page(request, "playground/cloud/_exports.html", {"exports": exports(typed)})


@require_GET
@while_on
@never_cache
def tail(request: HttpRequest, slug: str) -> HttpResponse:
    """The tail's state; watches on while the page is open."""
    account, now = account_named(slug), timezone.now()
    followed = _followed_or_404(account, request.GET.get("worker", ""))
    if person(request).may(Role.OPERATOR):
        watches.watch(account, followed.name, now)
    shown = {"tail": watches.tail_status(account, followed.name, now), "worker": followed.name}
    return page(request, "playground/cloud/_tail.html", {"account": account, **shown})


@require_GET
@while_on
@never_cache
def sent(request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
    """One stored send with its answer: where a link leads."""
    account = account_named(slug)
    row = get_object_or_404(CloudSend.objects.select_related("account"), pk=id, account=account)
    followed = _followed_or_404(account, row.worker)
    typed = typed_for(followed, dict(row.fields))
    shown = playground_page(account, followed, typed, person(request), timezone.now(), row)
    return page(request, TEMPLATE, as_context(shown, _sent(row, shown.live)))


@require_GET
@while_on
@never_cache
def proof(request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
    """Looks again for the proof of a send; with `logs` in stored logs too, which takes a call."""
    account, now = account_named(slug), timezone.now()
    rows = CloudSend.objects.select_related("account").defer("body")
    row = get_object_or_404(rows, pk=id, account=account, status__isnull=False)
    in_logs = "logs" in request.GET and person(request).may(Role.OPERATOR)
    problem = sending.look_again(row, in_logs=in_logs, now=now)
    looks = int(request.GET["looks"]) if request.GET.get("looks", "").isdecimal() else 0
    live = live_worker(account, row.worker, now)
    shown = _sent(row, live, looks=min(looks, 99) + 1, look_problem=problem)
    if not wants_fragment(request):
        return redirect("cloud_playground:sent", slug, row.pk)
    context = as_context({"account": account}, shown)
    return page(request, "playground/cloud/proof.html", context)


@require_GET
@while_on
def body(request: HttpRequest, slug: str, id: UUID) -> HttpResponse:
    """The unchanged body as a download, never rendered as a page of ours."""
    row = get_object_or_404(CloudSend, pk=id, account__slug=slug, status__isnull=False)
    response = HttpResponse(bytes(row.body), content_type="application/octet-stream")
    response["Content-Disposition"] = 'attachment; filename="body"'
    return response


@requires(Role.ADMIN)
@while_on
@sensitive_post_parameters("client_secret")
@require_POST
def access_token(request: HttpRequest, slug: str) -> HttpResponse:
    """Stores or removes the service token of Cloudflare Access for one Worker."""
    followed = _followed_or_404(account_named(slug), request.POST.get("worker", ""))
    if "remove" in request.POST:
        remove_access_token(followed, actor_of(request))
        notices.success(request, messages.ACCESS_TOKEN_REMOVED)
    else:
        given = request.POST
        client_id, secret = given.get("client_id", ""), given.get("client_secret", "")
        if set_access_token(followed, client_id.strip(), secret.strip(), actor_of(request)):
            notices.success(request, messages.ACCESS_TOKEN_SAVED)
        else:
            notices.error(request, messages.NO_SUCH_ACCESS_TOKEN)
    url = reverse("cloud_playground:playground", args=[slug])
    return redirect(f"{url}?{urlencode({'worker': followed.name})}")


def followed_worker(account: CloudAccount, name: str) -> FollowedWorker | None:
    """The named one; without a name one with an address, if there is one."""
    rows = account.workers.all()
    if name:
        return _followed_or_404(account, name)
    return rows.exclude(address="").first() or rows.first()


def typed_for(followed: FollowedWorker, fields: dict[str, str]) -> TypedRequest:
    """The request in these fields. Variables belong to Workers of this machine."""
    typed = compose(followed.name, fields)
    typed = replace(
        typed,
        base_url=f"https://{followed.address or 'address-not-confirmed.invalid'}",
        shell_lines=ACCESS_LINES if followed.access_client_id else (),
    )
    return replace(typed, with_values=replace(typed, with_values=None))


def refusal(request: HttpRequest, typed: TypedRequest, count: int) -> tuple[int, str] | None:
    """Status and text if `count` requests must not be sent. Uses the quota."""
    if typed.errors:
        return 422, " ".join(typed.errors.values())
    if seconds := consume_quota(person(request), count):
        return 429, try_again(math.ceil(seconds))
    return None


def _followed_or_404(account: CloudAccount, name: str) -> FollowedWorker:
    row = account.workers.filter(name=name).first()
    if row is None:
        raise Http404
    return row


def _send(
    request: HttpRequest, account: CloudAccount, followed: FollowedWorker, typed: TypedRequest
) -> HttpResponse:
    """The answer alone, or without htmx the page around it."""
    now = timezone.now()
    builder = builder_page(account, typed, now)
    refused = refusal(request, typed, 1)
    if refused:
        status, shown = refused[0], SentPage(failed=(NOT_SENT, refused[1]))
    else:
        status, shown = _answer(request, account, typed, builder.live)
    if wants_fragment(request):
        around = {"account": account, "worker": followed.name, "typed": typed}
        context = as_context({**around, "entries": entries_of(account, person(request))}, shown)
        return page(request, TEMPLATE, context, partial="answer", status=status)
    whole = playground_page(account, followed, typed, person(request), now, shown.entry)
    return page(request, TEMPLATE, as_context(whole, shown), status=status)


def _answer(
    request: HttpRequest, account: CloudAccount, typed: TypedRequest, live: LiveWorker
) -> tuple[int, SentPage]:
    expected = forecast(typed.worker, typed.filled.lines, live.shares)
    try:
        with SENDS.place(str(person(request).pk)), waiting(request):
            row = sending.send_and_store(
                account,
                typed,
                expected,
                str(live.role_of(expected.asked)) if expected.asked else "",
                {version.id for version in live.all_versions},
                actor_of(request),
                person(request),
                cancellation(request),
            )
    except NoPlace as error:
        return 429, SentPage(failed=(NOT_SENT, no_place("requests", error.own)))
    except CloudError as error:
        return 403, SentPage(failed=(NOT_SENT, error.message))
    return 200, _sent(row, live)


def _sent(row: CloudSend, live: LiveWorker, *, looks: int = 0, look_problem: str = "") -> SentPage:
    roles: dict[str, VersionRole] = {v.id: v.role for v in live.versions}
    shares = dict(live.shares or {})
    return sent_page(row, shares, roles, looks=looks, look_problem=look_problem)
