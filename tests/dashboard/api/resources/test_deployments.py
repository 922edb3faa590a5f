import pytest

from routing.models import Deployment, Version
from tests.dashboard.api.conftest import METADATA, Api
from tests.factories import make_deployment, make_version, make_worker

DEPLOYMENTS = "/workers/scripts/shop/deployments"
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def two(api: Api) -> tuple[Api, Version, Version]:
    """The shop with versions 1 (live) and 2."""
    worker = make_worker("shop", versions=2)
    first, second = worker.versions.order_by("number")
    make_deployment(worker, (first, 100))
    return api, first, second


def share(version: Version | str, percentage) -> dict:
    return {"version_id": str(getattr(version, "id", version)), "percentage": percentage}


def deploy(api: Api, *shares: dict, query: str = "", headers=None, **body):
    given = {"strategy": "percentage", "versions": list(shares)} | body
    return api("POST", DEPLOYMENTS + query, given, headers=headers or {})


def test_percentages_come_back_as_plain_numbers_in_the_listed_order(two):
    api, first, second = two
    result = deploy(api, share(second, 33.333), share(first, 66.667)).result
    assert result["versions"] == [share(second, 33.333), share(first, 66.667)]
    raw = deploy(api, share(second, 0), share(first, 100.0)).response.content.decode()
    assert '"percentage": 0}' in raw and '"percentage": 100}' in raw


def test_the_first_of_the_list_is_live(two):
    api, first, second = two
    made = deploy(api, share(second, 100), annotations={"workers/message": "go"}).result
    listed = api("GET", DEPLOYMENTS).result["deployments"]
    assert listed[0] == made and len(listed) == 2
    assert made["annotations"] == {"workers/message": "go", "workers/triggered_by": "deployment"}
    assert api("GET", f"{DEPLOYMENTS}/{made['id']}").result == made


def test_an_empty_message_is_no_message(two):
    api, first, second = two
    result = deploy(api, share(second, 100), annotations={"workers/message": ""}).result
    assert "workers/message" not in result["annotations"]


def test_a_rollback_is_recognised_by_history(two):
    api, first, second = two
    deploy(api, share(second, 100))
    result = deploy(api, share(first, 100)).result
    assert result["annotations"]["workers/triggered_by"] == "rollback"


BAD = {
    "sum": lambda a, b: ([share(a, 50), share(b, 40)], 90002),
    "one below 100": lambda a, b: ([share(a, 0)], 90002),
    "none": lambda a, b: ([], 90002),
    "three": lambda a, b: ([share(a, 50), share(b, 25), share(NOBODY, 25)], 90002),
    "twice": lambda a, b: ([share(a, 50), share(a, 50)], 90002),
    "below 0": lambda a, b: ([share(a, -1), share(b, 101)], 90002),
    "four decimals": lambda a, b: ([share(a, 33.3333), share(b, 66.6667)], 90002),
    "unknown": lambda a, b: ([share(NOBODY, 100)], 100146),
    "no id": lambda a, b: ([share("latest", 100)], 100146),
    "text": lambda a, b: ([share(a, "100")], 10026),
    "a boolean": lambda a, b: ([share(a, True)], 10026),
    "null": lambda a, b: ([share(a, None)], 10026),
    "huge": lambda a, b: ([share(a, 1e308)], 90002),
}


@pytest.mark.parametrize("case", BAD)
def test_a_split_that_cannot_be_is_refused_and_nothing_changes(two, case: str):
    api, first, second = two
    shares, code = BAD[case](first, second)
    assert deploy(api, *shares).refusal[1] == code
    assert Deployment.objects.count() == 1


def test_another_workers_version_is_refused_by_its_name(two):
    api, _, _ = two
    other = make_version("pricing")
    answer = deploy(api, share(other, 100))
    assert answer.refusal == (404, 100146) and "belongs to the Worker pricing" in answer.message


def test_a_version_past_the_100_most_recent_is_refused_unless_it_is_live(two):
    api, first, second = two
    make_worker(versions=100)
    answer = deploy(api, share(second, 100))
    assert answer.refusal == (400, 90002) and "100 most recent" in answer.message
    listed = api("GET", "/workers/scripts/shop/versions?deployable=true").result["items"]
    assert [v["number"] for v in listed] == [*range(102, 2, -1), 1]
    assert deploy(api, share(first, 100)).status == 200


def test_another_strategy_is_refused(two):
    api, first, _ = two
    assert deploy(api, share(first, 100), strategy="canary").refusal == (400, 90002)


def test_of_two_who_expected_the_same_one_gets_a_conflict_that_says_who_and_what(two):
    api, first, second = two
    seen = str(Deployment.objects.get().id)
    won = deploy(api, share(second, 10), share(first, 90), expected_deployment_id=seen)
    lost = deploy(api, share(second, 50), share(first, 50), expected_deployment_id=seen)
    assert won.status == 200 and lost.refusal == (409, 10035)
    assert won.result["id"] in lost.message
    assert "alice@example.test via wrangler" in lost.message
    assert f"{second.id} at 10%, {first.id} at 90%" in lost.message
    assert Deployment.objects.count() == 2


def test_the_condition_may_be_a_header(two):
    api, first, second = two
    header = {"Sluice-Expected-Deployment": str(Deployment.objects.get().id)}
    assert deploy(api, share(second, 100), headers=header).status == 200
    assert deploy(api, share(first, 100), headers=header).refusal == (409, 10035)


def test_null_expects_that_nothing_is_live(two):
    api, first, _ = two
    assert deploy(api, share(first, 100), expected_deployment_id=None).refusal == (409, 10035)


@pytest.mark.parametrize("expected", ["", "x", NOBODY])
def test_an_expected_id_that_is_none_conflicts(two, expected: str):
    api, first, _ = two
    answer = deploy(api, share(first, 100), expected_deployment_id=expected)
    assert answer.refusal == (409, 10035)


def test_other_secret_values_need_force_and_are_named_for_wrangler(api: Api):
    secret = {"name": "B", "type": "secret_text", "text": "1"}
    api.put(metadata=METADATA | {"bindings": [secret]})
    old = Version.objects.get()
    api.put(metadata=METADATA | {"bindings": [secret | {"text": "2"}]})
    new = Version.objects.get(number=2)
    for shares in ([share(old, 100)], [share(new, 1), share(old, 99)]):
        refused = deploy(api, *shares)
        assert refused.refusal == (400, 10220)
        assert refused.message.endswith("The following secrets have changed: B")
    assert deploy(api, share(old, 100), query="?force=true").status == 200


def test_deployments_are_never_deleted(two):
    api, _, _ = two
    path = f"{DEPLOYMENTS}/{Deployment.objects.get().id}"
    assert api("DELETE", path).refusal == (400, 90002)
    assert Deployment.objects.count() == 1


def test_deployments_can_be_listed_by_page_and_time(two):
    api, first, second = two
    deploy(api, share(second, 100))
    times = [d["created_on"] for d in api("GET", DEPLOYMENTS).result["deployments"]]
    page = api("GET", DEPLOYMENTS + "?per_page=1&page=2").result["deployments"]
    assert [d["created_on"] for d in page] == [times[1]]
    since = api("GET", DEPLOYMENTS + f"?since={times[0]}").result["deployments"]
    assert [d["created_on"] for d in since] == [times[0]]
    assert api("GET", DEPLOYMENTS + "?page=3").result["deployments"] == []


def test_a_worker_without_deployments_has_an_empty_list(api: Api):
    make_version()
    assert api("GET", DEPLOYMENTS).result == {"deployments": [], "items": []}
