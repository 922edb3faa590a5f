"""The Conversation tab of a Worker."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.discussion import messages, queries, threads, watch
from dashboard.discussion.models import Comment, HandOver, Thread
from dashboard.discussion.page_context import FormProblem, conversation_page
from dashboard.discussion.pins import Pin, PinRefused
from dashboard.discussion.threads import Moved, NotAllowed
from dashboard.reviews.models import DeployHold
from dashboard.ui.page import page
from routing.models import Worker

TEMPLATE = "discussion/worker.html"

Act = Callable[..., HttpResponse]


def posted(act: Act) -> Act:
    """A form of this page. Errors are displayed with the submitted text."""

    @require_POST
    @never_cache
    @wraps(act)
    def answered(request: HttpRequest, name: str, **ids: int) -> HttpResponse:
        worker = get_object_or_404(Worker, name=name)
        try:
            return act(request, worker, **ids)
        except PinRefused as error:
            place = {name: ids[name] for name in ("thread_id", "comment_id") if name in ids}
            problem = FormProblem(str(error), form=act.__name__, field=error.field, **place)
            return _page(request, worker, 422, problem)
        except NotAllowed as error:
            return _page(request, worker, 403, FormProblem(str(error)))
        except Moved as error:
            return _page(request, worker, 409, FormProblem(str(error)))

    return answered


@never_cache
@require_GET
def conversation(request: HttpRequest, name: str) -> HttpResponse:
    """`show` is open, all or mine; `pin`, `place`, `path` and `seen` fill a new thread's form."""
    return _page(request, get_object_or_404(Worker, name=name))


@require_GET
def news(request: HttpRequest, name: str) -> HttpResponse:
    """A fragment that polls: whether there are comments newer than `after`."""
    worker = get_object_or_404(Worker, name=name)
    after = request.GET.get("after", "")
    fresh = after.isdecimal() and queries.newest_comment(worker) > int(after)
    context = {"worker": worker, "after": after, "fresh": fresh}
    return page(request, "discussion/_news.html", context)


@posted
def open_thread(request: HttpRequest, worker: Worker) -> HttpResponse:
    sent = request.POST
    pin = Pin(
        sent.get("pin", ""), sent.get("place", ""), sent.get("path", ""), sent.get("seen", "")
    )
    thread = threads.open_thread(
        worker, pin, sent.get("text", ""), actor_of(request), running_rollout(worker)
    )
    return _to_thread(worker, thread)


@posted
def reply(request: HttpRequest, worker: Worker, thread_id: int) -> HttpResponse:
    thread = get_object_or_404(Thread, pk=thread_id, worker=worker)
    threads.reply(thread, request.POST.get("text", ""), actor_of(request))
    return _to_thread(worker, thread)


@posted
def resolve(request: HttpRequest, worker: Worker, thread_id: int) -> HttpResponse:
    thread = get_object_or_404(Thread, pk=thread_id, worker=worker)
    resolved = request.POST.get("resolved") == "1"
    threads.resolve(thread, actor_of(request), resolved=resolved)
    return _to_thread(worker, thread, show="all")


@posted
def edit(request: HttpRequest, worker: Worker, comment_id: int) -> HttpResponse:
    comment = get_object_or_404(Comment, pk=comment_id, thread__worker=worker)
    sent = request.POST
    was = sent.get("was", "").replace("\r\n", "\n")  # as browsers send line ends
    threads.edit(comment, sent.get("text", ""), was, actor_of(request))
    return _to_thread(worker, comment.thread, show="all")


@posted
def delete(request: HttpRequest, worker: Worker, comment_id: int) -> HttpResponse:
    comment = get_object_or_404(Comment, pk=comment_id, thread__worker=worker)
    threads.delete(comment, actor_of(request))
    return _to_thread(worker, comment.thread, show="all")


@requires(Role.OPERATOR)
@posted
def hand_over(request: HttpRequest, worker: Worker) -> HttpResponse:
    sent = request.POST
    to = User.objects.filter(username=sent.get("to", ""), is_active=True).first()
    if to is None:
        raise PinRefused("to", messages.CHOOSE_PERSON)
    rollout = running_rollout(worker)
    watch.hand_over(
        worker, to, sent.get("watch", ""), sent.get("then", ""), actor_of(request), rollout
    )
    notices.success(request, messages.handed_over(to.username))
    return redirect("discussion:worker", worker.name)


@requires(Role.OPERATOR)
@posted
def take_over(request: HttpRequest, worker: Worker, note_id: int) -> HttpResponse:
    note = get_object_or_404(HandOver, pk=note_id, worker=worker)
    watch.take_over(note, actor_of(request))
    notices.success(request, messages.took_over(note.from_username))
    return redirect("discussion:worker", worker.name)


@requires(Role.OPERATOR)
@posted
def attention(request: HttpRequest, worker: Worker) -> HttpResponse:
    """Marks the Worker as needing attention; `over` clears it."""
    if request.POST.get("over"):
        watch.clear_attention(worker, actor_of(request))
    else:
        owner = User.objects.filter(username=request.POST.get("owner", ""), is_active=True).first()
        watch.ask_attention(worker, request.POST.get("reason", ""), owner, actor_of(request))
    return redirect("discussion:worker", worker.name)


@posted
def looked(request: HttpRequest, worker: Worker) -> HttpResponse:
    if not watch.look(worker, actor_of(request)):
        notices.info(request, messages.NOTHING_TO_LOOK_AT)
    return redirect("discussion:worker", worker.name)


def running_rollout(worker: Worker) -> UUID | None:
    """The running rollout of this Worker, from its hold."""
    holds = DeployHold.objects.filter(worker=worker, kind=DeployHold.Kind.RUNNING)
    return holds.values_list("rollout_id", flat=True).first()


def _page(
    request: HttpRequest, worker: Worker, status: int = 200, problem: FormProblem | None = None
) -> HttpResponse:
    me, show = person(request), request.GET.get("show", "open")
    typed = (request.POST if problem else request.GET).dict()
    show = show if show in queries.SHOWS else "open"
    context = conversation_page(worker, me, show, typed, problem)
    return page(request, TEMPLATE, context, status=status)


def _to_thread(worker: Worker, thread: Thread, show: str = "open") -> HttpResponse:
    query = f"?show={show}" if show != "open" else ""
    address = reverse("discussion:worker", args=[worker.name])
    return redirect(f"{address}{query}#thread-{thread.pk}")
