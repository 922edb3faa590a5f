"""One line of the access log."""

from routing.agent.access_log.log_line import meaning, parse
from tests.routing.agent.access_log.test_log_rows import line


def test_a_line_and_its_time():
    found, started_on = parse(line(ts="12.5"))
    assert (found.route, started_on) == ("shop/percentage", 12.5)


def test_what_cannot_be_read_is_nothing():
    assert [parse(raw) for raw in (b"", b"{", b'{"line": "a"}', line(ts="soon"))] == [None] * 4


def test_only_milliseconds_are_known_of_a_client_that_left():
    assert parse(line(us=None, ms=3))[0].duration_us == 3000


def test_route_and_outcome_mean_worker_reason_and_override():
    meant = meaning("shop/percentage+checked", "unknown_version")
    assert (meant.worker, meant.reason, meant.override) == (
        "shop",
        "percentage",
        "unknown_version",
    )
    assert meaning("shop/rpc", None).is_rpc
    assert meaning(None, None).worker == ""


def test_the_one_route_of_all_previews_belongs_to_the_worker_that_was_told():
    found, _ = parse(line(route="preview", preview="shop"))
    meant = meaning(found.route, found.outcome)
    assert (meant.worker, meant.reason, meant.override) == ("shop", "preview", "absent")
    refused, _ = parse(line(route="preview"))
    assert meaning(refused.route, None).worker == ""
