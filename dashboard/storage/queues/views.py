"""A queue's page; pause, resume, purge."""

from __future__ import annotations

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.storage import namespaces
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.messages import state_problem
from dashboard.storage.queues import messages, queue_messages, queues
from dashboard.storage.queues.page_context import queue_page
from dashboard.ui.page import page
from routing.models import StateNamespace


@never_cache
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    return page(request, "storage/queues/queue.html", queue_page(_queue(key), person(request)))


@requires(Role.OPERATOR)
@require_POST
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Pauses, resumes or purges: the value of the button `do`."""
    queue, do = _queue(key), request.POST.get("do", "")
    try:
        notices.success(request, _do(do, queue, actor_of(request)))
    except KeyError:
        return HttpResponse(status=400)
    except (StateRefused, StateUnavailable) as error:
        notices.error(request, state_problem(error))
    return redirect("storage:queue", key)


def _do(do: str, queue: StateNamespace, by: Actor) -> str:
    """What was done. Raises `KeyError` for anything unknown."""
    if do == "purge":
        queue_messages.purge(queue)
        namespaces.record_change("purge", queue, by)
        return messages.purged(queue.title)
    is_paused = {"pause": True, "resume": False}[do]
    queues.change(queue, {"delivery_paused": is_paused}, by)
    return messages.paused(queue.title) if is_paused else messages.resumed(queue.title)


def _queue(key: str) -> StateNamespace:
    return get_object_or_404(StateNamespace, kind=queues.KIND, key=key)
