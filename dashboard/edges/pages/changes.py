"""What the forms of the Edges pages do. Admins only."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, requires
from dashboard.edges.messages import CHANGED
from dashboard.edges.pages.edge_page import edge_page
from dashboard.edges.registry import edges, tokens
from dashboard.edges.registry.join import revoke_join_token as revoke
from dashboard.edges.registry.names import EdgeRefused
from dashboard.ui.page import page
from routing.control import edge_groups
from routing.models import Edge, JoinToken


@requires(Role.ADMIN)
@require_POST
def rename(request: HttpRequest, name: str) -> HttpResponse:
    edge, new = _edge(name), request.POST.get("name", "").strip()
    try:
        changed = edges.rename(edge, new, actor_of(request))
    except EdgeRefused as error:
        return _refused(request, edge, str(error), "name")
    if changed:
        messages.success(request, CHANGED["rename"].format(name=new))
    return redirect("edges:edge", new)


@requires(Role.ADMIN)
@require_POST
def move(request: HttpRequest, name: str) -> HttpResponse:
    edge, group, by = _edge(name), request.POST.get("group", "").strip(), actor_of(request)
    try:
        changed = edge_groups.move_edge(edge, group, actor=by.actor, source=by.source, now=by.now)
    except edge_groups.GroupsRefused as error:
        return _refused(request, edge, str(error), "group")
    if changed:
        messages.success(request, CHANGED["move"].format(name=name, group=group))
    return redirect("edges:edge", name)


@requires(Role.ADMIN)
@require_POST
def drain(request: HttpRequest, name: str) -> HttpResponse:
    """`on` is 1 or 0."""
    on = request.POST.get("on") == "1"
    if edges.drain(_edge(name), actor_of(request), on=on):
        messages.success(request, CHANGED["drain" if on else "undrain"].format(name=name))
    return redirect("edges:edge", name)


@requires(Role.ADMIN)
@require_POST
def renew_token(request: HttpRequest, name: str) -> HttpResponse:
    tokens.request_renewal(_edge(name), actor_of(request))
    messages.success(request, CHANGED["renew"].format(name=name))
    return redirect("edges:edge", name)


@requires(Role.ADMIN)
@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """`name` has to be typed."""
    edge = _edge(name)
    if request.POST.get("name", "").strip() != edge.name:
        return _refused(request, edge, CHANGED["type_name"].format(name=name), "remove")
    try:
        edges.remove(edge, actor_of(request))
    except EdgeRefused as error:
        return _refused(request, edge, str(error), "remove")
    messages.success(request, CHANGED["remove"].format(name=name))
    return redirect("edges:list")


@requires(Role.ADMIN)
@require_POST
def revoke_join_token(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(JoinToken, pk=pk)
    revoked = revoke(row, actor_of(request))
    words = CHANGED["revoke" if revoked else "revoked_before"]
    messages.success(request, words.format(name=row.name))
    return redirect("edges:list")


def _refused(request: HttpRequest, edge: Edge, problem: str, field: str) -> HttpResponse:
    context = edge_page(request, edge, problem=problem, wrong=field)
    return page(request, "edges/edge.html", context, status=422)


def _edge(name: str) -> Edge:
    return get_object_or_404(Edge, name=name)
