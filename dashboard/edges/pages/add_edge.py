"""A new edge: the form, its join token (shown once), and whether it has joined."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, actor_of, permission, requires
from dashboard.edges.registry.join import LASTS, NewJoinToken, create_join_token
from dashboard.edges.registry.names import EdgeRefused
from dashboard.times.durations import format_duration, parse_duration
from dashboard.ui.page import page
from routing.agent.base.transport import is_plain_http
from routing.control import edge_groups
from routing.models import DEFAULT_GROUP, Edge, JoinToken

DURATIONS = [
    ("15m", "15 minutes"),
    ("1h", "1 hour"),
    ("1d", "1 day"),
    ("7d", "7 days"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPage:
    """`problem` is of the field `wrong`. The other fields keep what was typed."""

    can: Permission
    groups: list[str]
    durations: list[tuple[str, str]]
    name: str = ""
    group: str = DEFAULT_GROUP
    lasts: str = format_duration(LASTS)
    problem: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinTokenPage:
    """`commands` are (title, text) for the new machine. `plain_http`: the token would travel
    unencrypted between machines."""

    row: JoinToken
    secret: str
    commands: list[tuple[str, str]]
    plain_http: bool
    state: str


def add(request: HttpRequest) -> HttpResponse:
    """The form; with POST, the new token."""
    return _create(request) if request.method == "POST" else _form(request)


@require_safe
def _form(request: HttpRequest) -> HttpResponse:
    name, group = request.GET.get("name", ""), request.GET.get("group", DEFAULT_GROUP)
    return page(request, "edges/add.html", _add_page(request, name=name, group=group))


@requires(Role.ADMIN)
@never_cache
@require_POST
def _create(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    name, group = sent.get("name", "").strip(), sent.get("group", "").strip() or DEFAULT_GROUP
    lasts = sent.get("lasts", format_duration(LASTS))
    try:
        created = create_join_token(name, actor_of(request), group=group, lasts=_duration(lasts))
    except EdgeRefused as error:
        typed = {"name": name, "group": group, "lasts": lasts}
        context = _add_page(request, **typed, problem=str(error), wrong=error.field)
        return page(request, "edges/add.html", context, status=422)
    return _shown_once(request, created)


def _add_page(request: HttpRequest, **more: str) -> AddPage:
    """The context. `more` are the fields with defaults."""
    return AddPage(
        can=permission(request.user, Role.ADMIN),
        groups=edge_groups.group_names(),
        durations=DURATIONS,
        **more,
    )


@requires(Role.ADMIN)
@never_cache
@require_POST
def join_again(request: HttpRequest, name: str) -> HttpResponse:
    """A join token for an existing edge. Its tokens end when an agent joins with it."""
    edge = get_object_or_404(Edge, name=name)
    created = create_join_token(edge.name, actor_of(request), group=edge.group, edge=edge)
    return _shown_once(request, created)


@require_safe
def joining(request: HttpRequest, pk: int) -> HttpResponse:
    """Polled by the page that shows the token."""
    row = get_object_or_404(JoinToken.objects.select_related("edge"), pk=pk)
    context = {"row": row, "state": _state(row)}
    return page(request, "edges/_joining.html", context)


def _shown_once(request: HttpRequest, created: NewJoinToken) -> HttpResponse:
    plain_http = is_plain_http(settings.PUBLIC_URL)
    context = JoinTokenPage(
        row=created.row,
        secret=created.secret,
        commands=_commands(created, plain_http=plain_http),
        plain_http=plain_http,
        state="waiting",
    )
    return page(request, "edges/join_token.html", context, status=201)


def _commands(created: NewJoinToken, *, plain_http: bool) -> list[tuple[str, str]]:
    variables = [f"SLUICE_CONTROL_URL={settings.PUBLIC_URL}"]
    variables += ["SLUICE_EDGE_ALLOW_HTTP=1"] if plain_http else []
    shell = [*variables, f"SLUICE_EDGE_JOIN_TOKEN={created.secret}", "sluice edge"]
    return [
        ("Shell", " \\\n  ".join(shell)),
        ("Environment file", "\n".join(shell[:-1])),
    ]


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise EdgeRefused(str(error), "lasts") from error


def _state(row: JoinToken) -> str:
    """waiting, joined, revoked or expired."""
    if row.joined_at is not None:
        return "joined"
    if row.revoked_at is not None:
        return "revoked"
    return "waiting" if row.expires_at > timezone.now() else "expired"
