"""The SQL of Analytics Engine as SQLite's: what it returns, and what is refused."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from dashboard.storage.datasets.formats import Result, typed_rows, written
from dashboard.storage.datasets.sql.translate import Query, ShowTables, translate
from dashboard.storage.datasets.sql.typed import SqlRefused

NOW = int(datetime(2026, 11, 30, 18, 0, tzinfo=UTC).timestamp())
#: (seconds ago, index1, blob1, double1)
POINTS = [(0, "a", "GET", 10.0), (70, "a", "POST", 30.0), (3700, "b", "GET", 5.0)]


@pytest.fixture
def database():
    made = sqlite3.connect(":memory:")
    names = [f"blob{n} TEXT DEFAULT ''" for n in range(1, 21)]
    names += [f"double{n} REAL DEFAULT 0" for n in range(1, 21)]
    made.execute(f"CREATE TABLE points (timestamp INTEGER, index1 TEXT, {', '.join(names)})")
    made.executemany(
        "INSERT INTO points (timestamp, index1, blob1, double1) VALUES (?, ?, ?, ?)",
        [(NOW - ago, index, blob, double) for ago, index, blob, double in POINTS],
    )
    yield made
    made.close()


def run(database, sql):
    query = translate(sql, NOW)
    assert isinstance(query, Query) and query.dataset == "clicks"
    rows = database.execute(query.sql, query.parameters).fetchall()
    return list(typed_rows(query.columns, rows))


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("count()", ("3",)),
        ("count(*)", ("3",)),
        ("count(DISTINCT blob1)", ("2",)),
        ("uniq(index1)", ("2",)),
        ("SUM(_sample_interval)", ("3",)),
        ("sum(double1), avg(double1), min(double1), max(double1)", (45.0, 15.0, 5.0, 30.0)),
        ("SUM(_sample_interval * double1) / SUM(_sample_interval)", (15.0,)),
        ("sumIf(double1, blob1 = 'GET'), countIf(double1 > 9)", (15.0, "2")),
        ("avgIf(double1, index1 = 'a')", (20.0,)),
        ("sumIf(double1 * 2, blob1 = 'GET'), avgIf(double1 + 1, index1 = 'a')", (30.0, 21.0)),
        ("toDateTime(99999999999999), sum(if(1, blob1, 2))", ("99999999999999", "0")),
        ("max(if(double1 > 9, blob1, 1))", ("POST",)),
        ("max(timestamp)", ("2026-11-30 18:00:00",)),
        ("toUInt32(max(timestamp)) - toUInt32(min(timestamp))", ("3700",)),
        ("if(count() > 2, 'many', 'few')", ("many",)),
        ("CASE WHEN count() > 5 THEN 'many' ELSE 'few' END", ("few",)),
        ("round(avg(double1) / 7, 2), floor(2.7), intDiv(7, 2), 7 % 4", (2.14, 2.0, "3", "3")),
        ("concat(min(blob1), '-', upper('x')), length('abc'), empty('')", ("GET-X", "3", 1)),
        ("sum(double2), count(DISTINCT blob20)", (0.0, "1")),
    ],
)
def test_what_is_selected(database, select, expected):
    assert run(database, f"SELECT {select} FROM clicks") == [expected]


@pytest.mark.parametrize(
    ("where", "points"),
    [
        ("timestamp > NOW() - INTERVAL '1' HOUR", 2),
        ("timestamp >= now() - INTERVAL '2' MINUTE AND double1 > 20", 1),
        ("timestamp < '2026-11-30 17:00:00'", 1),
        ("timestamp < toDateTime('2026-11-30 17:00:00') OR index1 = 'a'", 3),
        ("timestamp BETWEEN '2026-11-30 17:59:00' AND now()", 1),
        ("index1 IN ('b', 'c')", 1),
        ("NOT index1 = 'b' AND blob1 != 'GET'", 1),
        ("blob1 LIKE 'G%'", 2),
        ("blob1 LIKE 'g%'", 0),
        ("blob1 LIKE '[G]%'", 0),
        ("substring(blob1, 2, 2) = 'ET' AND dataset = 'clicks'", 2),
        ("index1 = 'a'' OR ''1''=''1'", 0),
        ("index1 = 'a\\' OR 1=1 --'", 0),
    ],
)
def test_what_is_filtered(database, where, points):
    assert run(database, f"SELECT count() FROM clicks WHERE {where}") == [(str(points),)]


def test_groups_by_interval_and_alias(database):
    sql = """
        SELECT toStartOfInterval(timestamp, INTERVAL '1' HOUR) AS t, blob1 AS method,
               SUM(_sample_interval) AS n
        FROM clicks GROUP BY t, method HAVING n > 0 ORDER BY t DESC, method LIMIT 2 OFFSET 1
    """
    assert run(database, sql) == [
        ("2026-11-30 17:00:00", "POST", "1"),
        ("2026-11-30 16:00:00", "GET", "1"),
    ]
    week = "SELECT toStartOfInterval(timestamp, INTERVAL '1' WEEK) AS w FROM clicks GROUP BY w"
    assert run(database, week) == [("2026-11-30 00:00:00",)]  # a Monday
    same = "SELECT toStartOfHour(timestamp) AS timestamp FROM clicks GROUP BY timestamp"
    assert len(run(database, same)) == 3
    bars = "SELECT intDiv(toUInt32(timestamp), 60) * 60 AS bar FROM clicks GROUP BY bar"
    assert len(run(database, bars)) == 3


def test_all_columns_and_distinct(database):
    [row] = run(database, "SELECT * FROM clicks LIMIT 1")
    assert len(row) == 44 and row[:4] == ("clicks", "2026-11-30 18:00:00", 1, "a")
    assert run(database, "SELECT DISTINCT index1 FROM clicks ORDER BY index1") == [("a",), ("b",)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM clicks",
        "DROP TABLE points",
        "SELECT 1; SELECT 2",
        "SELECT",
        "SELECT count() FROM clicks JOIN others ON 1",
        "SELECT count() FROM clicks, others",
        "SELECT count() FROM (SELECT * FROM others)",
        "SELECT (SELECT count() FROM others) FROM clicks",
        "SELECT count() FROM clicks UNION ALL SELECT count() FROM others",
        "WITH x AS (SELECT 1) SELECT count() FROM clicks",
        "SELECT count() FROM main.clicks",
        "SELECT count() FROM clicks AS c",
        "SELECT count() FROM clicks WHERE index1 IN (SELECT index1 FROM others)",
        "SELECT sql FROM clicks",
        "SELECT rowid FROM clicks",
        "SELECT load_extension('x') FROM clicks",
        "SELECT sleep(10) FROM clicks",
        "SELECT quantileWeighted(0.5)(double1, _sample_interval) FROM clicks",
        "SELECT topK(3)(blob1) FROM clicks",
        "SELECT blob21 FROM clicks",
        "SELECT count() FROM clicks GROUP BY ALL",
        "SELECT sum(double1) OVER () FROM clicks",
        "SELECT count() FROM clicks LIMIT 1 BY index1",
        "SELECT toStartOfInterval(timestamp, INTERVAL '1' MONTH) FROM clicks",
        "SELECT count() FROM clicks WHERE timestamp > 'yesterday'",
        "SELECT count() FROM clicks FORMAT Parquet",
        "SELECT blob1 LIKE blob2 FROM clicks",
        "SELECT x + 1 AS x FROM clicks",
        "SELECT count() FROM clicks LIMIT blob1",
        "SELECT if(1, 2) FROM clicks",
        "SELECT 1 FROM clicks WHERE " + " AND ".join(["blob1 = 'a'"] * 600),
        "SELECT 1 AS a0" + "".join(f", a{n}+a{n} AS a{n + 1}" for n in range(35)) + " FROM clicks",
        "SELECT " + "toStartOfDay(" * 40 + "timestamp" + ")" * 40 + " FROM clicks",
        "SELECT " + "(" * 3000 + "1" + ")" * 3000 + " FROM clicks",
        "SELECT '" + "x" * 10_000 + "' FROM clicks",
    ],
)
def test_what_is_refused(sql):
    with pytest.raises(SqlRefused):
        translate(sql, NOW)


def test_a_literal_is_never_text_of_the_statement():
    query = translate("SELECT 'a\"; DROP' AS x FROM clicks WHERE blob1 = '; DROP'", NOW)
    assert isinstance(query, Query) and "DROP" not in query.sql
    assert query.parameters == ('a"; DROP', "; DROP")


def test_formats():
    columns = (("method", "String"), ("n", "UInt64"))
    result = Result(columns, (("a\tb", "1"), (None, "2")))
    assert written(result, "TabSeparated") == "a\\tb\t1\n\\N\t2\n"
    assert written(result, "JSONEachRow").splitlines()[0] == '{"method": "a\\tb", "n": "1"}'
    assert '"meta": [{"name": "method", "type": "String"}' in written(result, "JSON")
    assert translate("SELECT 1 FROM c FORMAT tabseparated", NOW).format == "TabSeparated"
    assert translate(" show tables ", NOW) == ShowTables("JSON")
