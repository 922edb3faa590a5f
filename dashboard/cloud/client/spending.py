"""The budget of a token in the database, so that all processes share it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from django.db import DatabaseError
from django.db.models import F

from dashboard.cloud import messages
from dashboard.cloud.client.budget import Budget, answered, seconds_until_free, spent
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.models import CallBudget
from routing.secret_encryption import fingerprint
from routing.snapshot import Secret

_TRIES = 20


class SharedBudget:
    """The budget of one token for one `kind` of calls: `rest` or `graphql`."""

    def __init__(self, token: Secret, kind: str = "rest") -> None:
        self._key = f"{fingerprint(token)[:40]}.{kind}"

    def spend(self, now: float, *, write: bool) -> None:
        """Counts a call. Raises `CloudError` while none may be made."""

        def take(budget: Budget) -> Budget:
            if wait := seconds_until_free(budget, now, write=write):
                raise CloudError(Kind.OVER_BUDGET, messages.over_budget(wait), wait=wait)
            return spent(budget, now)

        self._change(take)

    def note_answer(self, now: float, status: int, headers: Mapping[str, str]) -> None:
        """Remembers what the answer says about the limit. Never fails: an error here would make a
        write that took effect look like one that was not sent."""
        if status == 429 or "x-ratelimit-remaining" in headers:
            with suppress(CloudError, DatabaseError):
                self._change(lambda budget: answered(budget, now, status, headers))

    def read(self) -> Budget:
        row = CallBudget.objects.filter(key=self._key).first()
        return row.value() if row else Budget()

    def _change(self, change: Callable[[Budget], Budget]) -> None:
        """Another process may write in between: then the change is made again on its result."""
        for _ in range(_TRIES):
            row, _created = CallBudget.objects.get_or_create(key=self._key)
            values = CallBudget.columns(change(row.value()))
            unchanged = CallBudget.objects.filter(pk=row.pk, revision=row.revision)
            if unchanged.update(revision=F("revision") + 1, **values):
                return
        raise CloudError(Kind.OVER_BUDGET, messages.over_budget(1), wait=1)
