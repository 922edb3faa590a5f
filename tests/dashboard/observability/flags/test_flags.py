"""Versions whose requests fail too often: found, latched, acknowledged."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.observability.flags import flags
from dashboard.observability.flags.flags import acknowledge, judge, open_flags
from dashboard.observability.ingest.retention import prune_counts
from dashboard.observability.models import CallerCount, Flag
from routing.models import AuditEntry
from tests.dashboard.observability.batches import MINUTE, count, request
from tests.factories import T0, make_deployment, make_user, make_worker

pytestmark = pytest.mark.django_db


class Traffic:
    """shop from T0 on; each call adds the requests of one minute."""

    def __init__(self, edge):
        self.edge, self.minute, self.lines = edge, 0, 0
        self.worker = make_worker("shop", versions=2)
        self.one, self.two = self.worker.versions.order_by("number")
        self.live = None

    def deploy(self, *shares):
        self.live = make_deployment(self.worker, *shares, now=self.now - timedelta(seconds=1))

    def split(self):
        self.deploy((self.one, 100))
        self.deploy((self.two, 50), (self.one, 50))

    @property
    def now(self):
        return T0 + timedelta(minutes=self.minute)

    def go_on(self, *parts, minutes=1, same_caller=False):
        """(version, good, bad) for each version, in each of so many minutes."""
        for _ in range(minutes):
            logged = []
            for version, good, bad in parts:
                for n, status in enumerate([200] * good + [500] * bad):
                    client = "10.9.9.9" if same_caller else f"10.0.{n // 250}.{n % 250 + 1}"
                    at = 60 * self.minute + n * 0.01
                    fields = {"client": client, "status": status, "deployment": str(self.live.id)}
                    logged.append(request(at, str(version.id), **fields))
            self.minute += 1
            count(self.edge, *logged, begins=self.lines, now=self.now)
            self.lines += len(logged)

    def judge(self):
        return [(flag.version_id, flag.rule) for flag in judge(self.now)]


@pytest.fixture
def traffic(edge):
    return Traffic(edge)


def test_thirty_percent_at_ten_requests_a_minute_is_flagged_after_eight_failures(traffic):
    traffic.split()
    traffic.go_on((traffic.two, 7, 3), (traffic.one, 10, 0), minutes=2)
    assert traffic.judge() == []
    traffic.go_on((traffic.two, 7, 3), (traffic.one, 10, 0))
    assert traffic.judge() == [(str(traffic.two.id), "stable")]
    (flag,) = open_flags()
    assert (flag.failing, flag.callers, flag.compared_failing, flag.compared_callers) == (
        *(9, 30),
        *(0, 30),
    )


def test_a_flag_stays_while_the_errors_are_gone_until_the_version_leaves(traffic):
    traffic.split()
    traffic.go_on((traffic.two, 5, 5), (traffic.one, 10, 0), minutes=2)
    assert traffic.judge()
    traffic.go_on((traffic.two, 10, 0), (traffic.one, 10, 0), minutes=90)
    assert traffic.judge() == [] and open_flags().count() == 1
    traffic.deploy((traffic.two, 80), (traffic.one, 20))
    judge(traffic.now)
    assert open_flags().count() == 1  # a step does not clear it
    traffic.deploy((traffic.one, 100))
    judge(traffic.now)
    assert not open_flags()
    traffic.deploy((traffic.two, 10), (traffic.one, 90))
    judge(traffic.now)
    assert not open_flags()  # the flag of the earlier deployment is not revived


def test_leaving_by_a_deployment_closes_the_flag_at_once(
    traffic, django_capture_on_commit_callbacks
):
    traffic.split()
    traffic.go_on((traffic.two, 0, 10), (traffic.one, 10, 0))
    assert traffic.judge()
    with django_capture_on_commit_callbacks(execute=True):
        traffic.deploy((traffic.one, 100))
    assert not open_flags()


def test_a_failure_that_both_versions_have_is_not_the_candidates(traffic):
    traffic.deploy((traffic.one, 100))
    traffic.go_on((traffic.one, 40, 0), minutes=10)
    traffic.deploy((traffic.two, 50), (traffic.one, 50))
    traffic.go_on((traffic.two, 14, 6), (traffic.one, 14, 6), minutes=2)
    assert (str(traffic.two.id), "stable") not in traffic.judge()
    assert open_flags().get(version_id=str(traffic.one.id)).rule == "past"


def test_one_client_that_retries_is_one_failure(traffic):
    traffic.split()
    traffic.go_on((traffic.two, 0, 30), (traffic.one, 30, 0), minutes=4, same_caller=True)
    assert traffic.judge() == []


def test_requests_of_unknown_callers_count_one_by_one(traffic):
    traffic.split()
    at, live = 60 * traffic.minute, str(traffic.live.id)
    lines = [request(at, str(traffic.two.id), status=500, deployment=live)] * 10
    lines += [request(at, str(traffic.one.id), deployment=live)] * 10
    traffic.minute += 1
    count(traffic.edge, *lines, now=traffic.now)
    assert traffic.judge() == [(str(traffic.two.id), "stable")]
    assert open_flags().get().unknown == 10


def test_an_agent_of_an_earlier_release_tells_requests_only(traffic):
    traffic.split()
    live = str(traffic.live.id)
    lines = [request(0, str(traffic.two.id), status=500, deployment=live)] * 10
    lines += [request(0, str(traffic.one.id), deployment=live, client="10.0.0.1")] * 10
    lines += [request(0, str(traffic.two.id), deployment=live, listener="proof")] * 50
    count(traffic.edge, *lines, now=traffic.now, callers=None)
    rows = CallerCount.objects.order_by("failing").values_list("callers", "failing", "unknown")
    assert list(rows) == [(10, 0, 10), (10, 10, 10)]


def test_probes_of_the_playground_never_count(traffic):
    traffic.split()
    live = str(traffic.live.id)
    probe = request(0, str(traffic.two.id), status=500, deployment=live, listener="proof")
    count(traffic.edge, *[probe] * 50, now=traffic.now)
    traffic.minute += 1
    assert traffic.judge() == [] and not CallerCount.objects.exists()


def test_a_version_alone_is_compared_with_its_own_past_at_low_traffic(traffic):
    traffic.deploy((traffic.one, 100))
    traffic.go_on((traffic.one, 10, 0), minutes=30)
    assert traffic.judge() == []
    traffic.go_on((traffic.one, 7, 3), minutes=2)
    assert traffic.judge() == [(str(traffic.one.id), "past")]
    traffic.go_on((traffic.one, 10, 0), minutes=70)
    traffic.judge()
    assert open_flags().count() == 1


def test_a_version_deployed_at_100_is_compared_with_the_one_before(traffic):
    traffic.deploy((traffic.one, 100))
    traffic.go_on((traffic.one, 10, 0), minutes=30)
    traffic.deploy((traffic.two, 100))
    traffic.go_on((traffic.two, 7, 3), minutes=2)
    assert traffic.judge() == [(str(traffic.two.id), "past")]


def test_a_new_worker_without_a_past_is_flagged_by_its_own_share(traffic):
    traffic.deploy((traffic.one, 100))
    traffic.go_on((traffic.one, 14, 6))
    assert traffic.judge() == []  # six failures
    traffic.go_on((traffic.one, 14, 6))
    assert traffic.judge() == [(str(traffic.one.id), "high")]


def test_only_complete_minutes_are_judged(traffic):
    traffic.split()
    traffic.go_on((traffic.two, 0, 10), (traffic.one, 10, 0))
    assert judge(traffic.now - timedelta(seconds=1)) == []
    assert judge(traffic.now) != []


def test_once_acknowledged_a_version_is_left_alone_until_the_next_deployment(traffic):
    maya = make_user("maya")
    traffic.split()
    traffic.go_on((traffic.two, 5, 5), (traffic.one, 10, 0), minutes=2)
    traffic.judge()
    version = str(traffic.two.id)
    assert not acknowledge("other", version, maya, traffic.now)
    assert acknowledge("shop", version, maya, traffic.now)
    assert not acknowledge("shop", version, maya, traffic.now)
    entry = AuditEntry.objects.get(action="version.acknowledge")
    assert (entry.actor, entry.subject, entry.before["failing"]) == ("maya", "shop", 10)
    traffic.go_on((traffic.two, 5, 5), (traffic.one, 10, 0), minutes=2)
    assert traffic.judge() == [] and not open_flags()
    traffic.deploy((traffic.two, 80), (traffic.one, 20))
    traffic.go_on((traffic.two, 5, 5), (traffic.one, 10, 0), minutes=2)
    assert traffic.judge() == [(version, "stable")]


def test_a_minute_is_judged_once_and_a_fault_fails_no_report(monkeypatch):
    times = []
    monkeypatch.setattr(flags, "_judged", 0)
    monkeypatch.setattr(flags, "judge", times.append)
    now = timezone.now().replace(second=5, microsecond=0)
    for seconds in (0, 1, 30, 59, 60):
        flags.judge_when_due(now + timedelta(seconds=seconds))
    assert len(times) == 2


@pytest.mark.parametrize("workers", [2, 12])
def test_queries_do_not_grow_with_workers(edge, workers):
    lines = []
    for n in range(workers):
        worker = make_worker(f"w{n}", versions=2)
        one, two = worker.versions.order_by("number")
        make_deployment(worker, (one, 100), now=T0)
        live = make_deployment(worker, (two, 50), (one, 50), now=T0)
        fields = {"deployment": str(live.id), "route": f"w{n}/percentage"}
        lines += [request(0, str(two.id), status=500, **fields)] * 10
        lines += [request(0, str(one.id), **fields)] * 10
    count(edge, *lines)
    with CaptureQueriesContext(connection) as asked:
        assert len(judge(T0 + timedelta(minutes=1))) == workers
    assert len(asked) == 9


def test_callers_go_with_the_minutes(traffic):
    traffic.split()
    traffic.go_on((traffic.two, 1, 0))
    prune_counts(T0 + timedelta(days=3))
    assert not CallerCount.objects.exists() and MINUTE


def test_two_processes_that_find_the_same_raise_one_flag(traffic):
    traffic.split()
    traffic.go_on((traffic.two, 0, 10), (traffic.one, 10, 0))
    found = list(flags.findings(MINUTE + 60))
    assert found
    flags.Flag.objects.bulk_create([flags._flag(*found[0], traffic.now)])
    assert traffic.judge() == []
    assert Flag.objects.count() == 1


def flagged(traffic):
    traffic.split()
    traffic.go_on((traffic.two, 0, 10), (traffic.one, 10, 0))
    (flag,) = judge(traffic.now)
    return f"/workers/shop/versions/{flag.version_id}/acknowledge/"


def test_an_operator_acknowledges_on_the_workers_page(traffic, maya):
    path = flagged(traffic)
    html = maya.get("/workers/shop/observability/").content.decode()
    assert path in html and "10 of 10 failed (100%, 62–100%)" in html
    assert maya.get(path).status_code == 405
    answer = maya.post(path, follow=True)
    assert "Acknowledged." in answer.content.decode() and not open_flags()
    assert path not in answer.content.decode()
    assert "no open flag" in maya.post(path, follow=True).content.decode()


def test_a_viewer_sees_the_flag_and_who_can_acknowledge(traffic):
    path, viewer = flagged(traffic), Client()
    viewer.force_login(make_user("vic", role=Role.VIEWER))
    html = viewer.get("/workers/shop/observability/").content.decode()
    assert "harm found" in html and path not in html and "You are a viewer" in html
    assert viewer.post(path).status_code == 403 and open_flags().count() == 1
