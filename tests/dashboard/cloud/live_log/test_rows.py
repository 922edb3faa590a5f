"""One row a request, whichever sources have it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, strategies as st

from dashboard.cloud.live_log.rows import LogFilter, LogRow, Source, chosen, merged

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def row(ray="r1", version="v1", source=Source.TAIL, seconds=0, **more):
    given = {"outcome": "ok", "status": 200, "wall_ms": 5.0, "url": "https://shop.example/a?b=1"}
    given |= more
    at = NOW + timedelta(seconds=seconds)
    return LogRow(ray=ray, at=at, version_id=version, method="GET", sources=(source,), **given)


def test_a_request_of_both_sources_is_one_row():
    [one] = merged([row(status=None)], [row(source=Source.LOGS, lines=(("log", "hi"),))])
    assert one.source_words == "tail, logs" and one.status == 200 and one.lines == (("log", "hi"),)


def test_versions_that_share_a_ray_stay_apart_and_no_version_is_made_up():
    rows = merged([row()], [row(version="v2", source=Source.LOGS)])
    assert sorted(r.version_id for r in rows) == ["v1", "v2"]
    assert [r.version_id for r in merged([row(version="")], [row()])] == ["v1"]
    assert len(merged([row(ray=""), row(ray="")], [])) == 2


def test_filters():
    rows = [
        row("r1"),
        row("r2", "v2", url="https://shop.example/Pay", lines=(("log", "Card"),)),
        row("r3", outcome="exception", status=None),
        row("r4", status=503),
    ]
    assert [r.ray for r in chosen(rows, LogFilter("v2"), 9)] == ["r2"]
    assert [r.ray for r in chosen(rows, LogFilter(bad_only=True), 9)] == ["r3", "r4"]
    for text in ("pay", "card", "R2"):
        assert [r.ray for r in chosen(rows, LogFilter(text=text), 9)] == ["r2"]
    assert [r.ray for r in chosen(rows, LogFilter(), 2)] == ["r1", "r2"]
    assert rows[0].path == "/a?b=1"


rows = st.lists(
    st.builds(
        row,
        st.sampled_from(["", "r1", "r2"]),
        st.sampled_from(["", "v1", "v2"]),
        seconds=st.integers(0, 9),
    ),
    max_size=6,
)


@given(rows, rows)
def test_merging_loses_no_version_and_sorts(tailed, stored):
    result = merged(tailed, stored)
    before = {(r.ray, r.version_id) for r in [*tailed, *stored]}
    after = {(r.ray, r.version_id) for r in result}
    assert after <= before
    assert {pair for pair in before if pair[1]} <= after
    assert [r.at for r in result] == sorted((r.at for r in result), reverse=True)


def test_a_url_that_is_none_is_shown_as_it_is():
    assert row(url="https://[x/").path == "https://[x/"
