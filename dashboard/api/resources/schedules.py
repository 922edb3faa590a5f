"""Cron triggers of a script."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Schema

from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import bad_request
from dashboard.api.http.lookup import worker_named
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.serializers.schemas import Schedules
from routing.control.publish import timestamp
from routing.control.schedules import SchedulesRefused, set_schedules
from routing.models import Worker

router = resource("Schedules")
SCHEDULES = SCRIPT + "/schedules"
INVALID = 10100
"""Cloudflare's code of "invalid cron string"."""


class ScheduleInput(Schema):
    cron: str


@router.get(SCHEDULES, auth=may_read, response=Envelope[Schedules])
def get_schedules(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """The cron triggers of a Worker, in UTC."""
    return ok(_items(worker_named(script_name)))


@router.put(SCHEDULES, auth=may_deploy, response=Envelope[Schedules])
def put_schedules(
    request: ApiRequest, account_id: str, script_name: str, given: list[ScheduleInput]
) -> dict[str, Any]:
    """Replaces all cron triggers of a Worker."""
    worker = worker_named(script_name)
    try:
        set_schedules(
            worker,
            [schedule.cron for schedule in given],
            actor=request.auth.user,
            source=request.auth.source,
            now=timezone.now(),
        )
    except SchedulesRefused as error:
        raise bad_request(str(error), INVALID) from error
    return ok(_items(worker))


def _items(worker: Worker) -> dict[str, Any]:
    return {
        "schedules": [
            {
                "cron": schedule.cron,
                "created_on": timestamp(schedule.created_on),
                "modified_on": timestamp(schedule.modified_on),
            }
            for schedule in worker.schedules.all()
        ]
    }
