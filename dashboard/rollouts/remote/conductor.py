"""Looks at every active remote rollout. Several processes may."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import OperationalError
from django.utils import timezone

from dashboard.cloud.client.errors import CloudError
from dashboard.rollouts.remote.advance import look_at
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.rollouts.remote.story import Moved
from routing.trail import origin

log = logging.getLogger(__name__)
EVERY = 2.0
"""Seconds between looks. Answers of the API are read less often (`cloud.pages.readings`)."""


def look(now: datetime) -> int:
    """One look at each; returns how many there are. A rollout whose look fails stops no other."""
    rollouts = list(RemoteRollout.objects.active().with_account())
    for rollout in rollouts:
        _look_at(rollout)
    return len(rollouts)


def _look_at(rollout: RemoteRollout) -> None:
    try:
        with origin.begin():  # a decision's entries share an id
            look_at(rollout, timezone.now())
    except Moved:
        log.info("rollout %s moved in the meantime", rollout.pk)
    except (CloudError, OperationalError) as error:
        log.warning("rollout %s: %s", rollout.pk, error)
    except Exception:  # a guard: one rollout's fault must not stop the others
        log.exception("rollout %s: fault", rollout.pk)
