"""{% worker_tabs %}: a Worker's rooms, on each page whose address names one."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Max
from django.template import Context
from django.urls import reverse

from routing.models import Worker
from routing.publish import hostname

register = template.Library()

#: (word, route, the other routes that belong to it).
ROOMS = [
    (
        "Deployments",
        "workers:detail",
        {"workers:deployments", "workers:deployment", "workers:split", "workers:rollback"},
    ),
    ("Rollout", "rollouts:worker", {"rollouts:detail"}),
    ("Checks", "smoketests:checks", {"smoketests:suite", "smoketests:run"}),
    (
        "Versions",
        "workers:versions",
        {
            *("workers:version", "workers:module", "workers:compare", "workers:diff"),
            "workers:edit",
        },
    ),
    ("Observability", "observability:worker", set[str]()),
    ("Invocations", "invocations:worker", set[str]()),
    ("Live log", "invocations:log", set[str]()),
]


@register.inclusion_tag("ui/_worker_tabs.html", takes_context=True)
def worker_tabs(context: Context, title: bool = True) -> dict[str, Any]:
    """`title` is whether the Worker's name goes above them: its own page has it as its heading."""
    match = getattr(context.get("request"), "resolver_match", None)
    here = match.view_name if match else ""
    if match is None or not any(here == route or here in others for _, route, others in ROOMS):
        return {}
    found = Worker.objects.filter(name=match.kwargs["name"]).annotate(
        newest=Max("versions__number")
    )
    worker = found.first()
    if worker is None:
        return {}
    return {
        "worker": worker,
        "title": title,
        "hostname": hostname(worker.name) if worker.subdomain_enabled else "",
        "tabs": [
            (word, reverse(route, args=[worker.name]), _current(here, route, others))
            for word, route, others in ROOMS
        ],
    }


def _current(here: str, route: str, others: set[str]) -> str:
    """As `aria-current` says it: this page, or the room that it belongs to."""
    return "page" if here == route else "true" if here in others else ""
