"""Who did what: the audit trail, newest first, found by its address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.ui.page import page
from dashboard.ui.templatetags.words import utc
from routing.models import AuditEntry, Worker

SIZE = 50
"""Entries of a page; the next one begins below the last id. Text is looked for in all of them."""
LONGEST = 100
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")
OF_WORKERS = ("deployment", "version", "worker")
"""Kinds whose subject is a Worker."""

#: Kinds of subjects, by what their actions begin with.
KINDS = {
    "deployment": "Deployments",
    "version": "Versions",
    "worker": "Workers",
    "person": "People",
    "token": "Tokens",
    "export": "Exports",
}

#: What somebody did, in words; the subject follows. An action without words stays as it is.
WORDS = {
    "deployment.create": "deployed",
    "version.upload": "uploaded a version of",
    "version.acknowledge": "acknowledged the errors of a version of",
    "worker.create": "made the Worker",
    "worker.delete": "deleted the Worker",
    "worker.settings": "changed the settings of",
    "worker.subdomain": "switched the addresses of",
    "person.invite": "invited",
    "person.role": "changed the role of",
    "person.on": "switched on",
    "person.off": "switched off",
    "person.sign_out": "signed out",
    "person.link": "made a password link for",
    "person.password": "set the password of",
    "token.create": "made the token",
    "token.revoke": "revoked the token",
    "token.remove": "took off the list the token",
    "export.create": "made the",
    "export.change": "changed the",
    "export.delete": "deleted the",
    "export.retry": "sent again what was left of the",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry; `worker` says that its subject is a Worker that there still is."""

    entry: AuditEntry
    worker: bool

    @property
    def words(self) -> str:
        return WORDS.get(self.entry.action, self.entry.action)

    @property
    def before(self) -> list[tuple[str, str]]:
        return list(facts(self.entry.before, shares=self.shares))

    @property
    def after(self) -> list[tuple[str, str]]:
        return list(facts(self.entry.after, shares=self.shares))

    @property
    def shares(self) -> bool:
        """Whether the numbers are percentages."""
        return _kind(self.entry) == "deployment"


@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """`?q=` text, `?kind=`, `?about=` one subject, `?before=` an id."""
    q, kind = request.GET.get("q", "").strip()[:LONGEST], request.GET.get("kind", "")
    about, kind = request.GET.get("about", "")[:LONGEST], kind if kind in KINDS else ""
    before = request.GET.get("before", "")
    before = before if before.isdecimal() and len(before) < 16 else ""
    found = AuditEntry.objects.filter(_wanted(q, kind, about)).order_by("-id")
    if before:
        found = found.filter(id__lt=int(before))
    entries = list(found[: SIZE + 1])
    context = {
        "lines": _lines(entries[:SIZE]),
        "more": entries[SIZE - 1].pk if len(entries) > SIZE else None,
        "kinds": KINDS.items(),
        "q": q,
        "kind": kind,
        "about": about,
        "before": before,
    }
    return page(request, "accounts/activity.html", context, partial="found")


def facts(noted: Any, name: str = "", *, shares: bool = False) -> Iterator[tuple[str, str]]:
    """What was noted, as names and values: ids short, with `shares` numbers as percentages."""
    if isinstance(noted, dict):
        for key, value in noted.items():
            yield from facts(value, _short(key).replace("_", " "), shares=shares)
    elif noted is not None and noted != "" and noted != []:
        values = map(_value, noted if isinstance(noted, list) else [noted])
        yield name, ", ".join(values) + ("%" if shares else "")


def _value(noted: Any) -> str:
    if isinstance(noted, bool):
        return "yes" if noted else "no"
    if isinstance(noted, (dict, list)):
        return json.dumps(noted, ensure_ascii=False)
    return f"{noted:g}" if isinstance(noted, float) else _short(str(noted))


def _short(text: str) -> str:
    """An id and a time as the pages show them; anything else as it is."""
    try:
        if len(text) == 36:
            return str(UUID(text))[:8]
        return utc(datetime.fromisoformat(text)) if MOMENT.match(text) else text
    except ValueError:
        return text


def _wanted(q: str, kind: str, about: str) -> Q:
    wanted = Q(action__startswith=f"{kind}.") if kind else Q()
    if about:
        wanted &= Q(subject=about)
    if q:
        said = [action for action, words in WORDS.items() if q.lower() in words.lower()]
        wanted &= Q(subject__icontains=q) | Q(actor__icontains=q) | Q(action__in=said)
    return wanted


def _lines(entries: list[AuditEntry]) -> list[Line]:
    lines = [Line(entry, _kind(entry) in OF_WORKERS) for entry in entries]
    about = {line.entry.subject for line in lines if line.worker}
    there = set(Worker.objects.filter(name__in=about).values_list("name", flat=True))
    return [
        replace(line, worker=line.entry.subject in there) if line.worker else line for line in lines
    ]


def _kind(entry: AuditEntry) -> str:
    return entry.action.partition(".")[0]
