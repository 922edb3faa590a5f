"""Cron expressions: the grammar, and when they run."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings, strategies as st

from routing.rules import cron
from routing.rules.cron import CronInvalid, parse

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def runs(text, count=3, after=NOON):
    return [f"{at:%Y-%m-%d %H:%M}" for at in islice(parse(text).after(after), count)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*/20 * * * *", ["2026-11-30 12:20", "2026-11-30 12:40", "2026-11-30 13:00"]),
        ("5,*/30 12 * * *", ["2026-11-30 12:05", "2026-11-30 12:30", "2026-12-01 12:00"]),
        ("0 22-2/2 * * *", ["2026-11-30 22:00", "2026-12-01 00:00", "2026-12-01 02:00"]),
        ("50/5 0 * * *", ["2026-12-01 00:50", "2026-12-01 00:55", "2026-12-02 00:50"]),
        ("0 9 * * mon-FRI", ["2026-12-01 09:00", "2026-12-02 09:00", "2026-12-03 09:00"]),
        ("0 0 * * 1", ["2026-12-06 00:00", "2026-12-13 00:00", "2026-12-20 00:00"]),
        ("0 0 * * L", ["2026-12-05 00:00", "2026-12-12 00:00", "2026-12-19 00:00"]),
        ("0 0 * * 6L", ["2026-12-25 00:00", "2027-01-29 00:00", "2027-02-26 00:00"]),
        ("0 0 * * MON#1", ["2026-12-07 00:00", "2027-01-04 00:00", "2027-02-01 00:00"]),
        ("0 0 L * *", ["2026-12-31 00:00", "2027-01-31 00:00", "2027-02-28 00:00"]),
        ("0 0 L-2 * *", ["2026-12-29 00:00", "2027-01-29 00:00", "2027-02-26 00:00"]),
        ("0 0 LW * *", ["2026-12-31 00:00", "2027-01-29 00:00", "2027-02-26 00:00"]),
        ("0 0 15w * *", ["2026-12-15 00:00", "2027-01-15 00:00", "2027-02-15 00:00"]),
        ("0 0 1W may *", ["2027-05-03 00:00", "2028-05-01 00:00", "2029-05-01 00:00"]),
        ("0 0 13 * FRI", ["2026-12-04 00:00", "2026-12-11 00:00", "2026-12-13 00:00"]),
        ("0 0 29 FEB *", ["2028-02-29 00:00", "2032-02-29 00:00", "2036-02-29 00:00"]),
    ],
)
def test_when_it_runs(text, expected):
    assert runs(text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "count"),
        ("* * * *", "count"),
        ("* * * * * *", "count"),
        ("60 * * * *", "value"),
        ("-1 * * * *", "value"),
        ("1-2-3 * * * *", "value"),
        ("* * * * 0", "value"),
        ("* * * * 8", "value"),
        ("* * * FOO *", "value"),
        ("٣ * * * *", "value"),
        ("* * L-31 * *", "value"),
        ("* * * * 2#6", "value"),
        ("*/0 * * * *", "step"),
        ("*/5/2 * * * *", "step"),
        ("* * 1,15W * *", "part"),
        ("* * L,3 * *", "part"),
        ("* * * * 2#1,3", "part"),
        ("0 0 31 FEB *", "never"),
        ("0 0 30W FEB *", "never"),
        ("* " * 200, "length"),
    ],
)
def test_what_is_refused(text, code):
    with pytest.raises(CronInvalid) as refused:
        parse(text)
    assert refused.value.code == code


def field(low, high):
    value = st.integers(low, high)
    part = st.one_of(
        value.map(str),
        st.tuples(value, value).map(lambda pair: f"{pair[0]}-{pair[1]}"),
        st.tuples(value, st.integers(1, high - low)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=3).map(",".join))


@settings(max_examples=40)
@given(
    minute=field(0, 59),
    hour=field(0, 23),
    day=st.one_of(field(1, 28), st.integers(1, 28).map("{}W".format), st.just("LW")),
    week_day=st.one_of(field(1, 7), st.integers(1, 7).map("{}L".format)),
    minutes=st.integers(0, 20 * 365 * 24 * 60),
)
def test_next_runs_match_and_none_lies_between(minute, hour, day, week_day, minutes):
    moment = NOON + timedelta(minutes=minutes, seconds=minutes % 60)
    text = f"{minute} {hour} {day} * {week_day}"
    parsed = parse(text)
    first, second = islice(parsed.after(moment), 2)
    assert moment < first < second and parsed.matches(first) and parsed.matches(second)
    begin = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    between = (begin + timedelta(minutes=n) for n in range(300))
    matching = [at for at in between if parsed.matches(at)]
    listed = list(islice(parsed.after(moment), len(matching)))
    assert listed == matching


@given(st.text(alphabet="0123456789*/,-#LWlwSUNJAN ", max_size=40))
def test_any_text_is_parsed_or_refused(text):
    with suppress(CronInvalid):
        assert next(parse(text).after(NOON)) > NOON


def test_times_in_other_zones_are_compared_in_utc():
    assert cron.parse("0 12 * * *").matches(datetime.fromisoformat("2026-11-30T13:00:30+01:00"))
