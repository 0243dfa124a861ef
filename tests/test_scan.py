"""One scan of a decision log counts what the row-by-row count counts, loses no row, and adds up over parts."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import scan
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.scan_engines import Source
from junzi_audit.probes.scanned import Grid
from junzi_audit.seen import counts
from junzi_audit.seen.looks import EVERYONE, among
from tests import clusters
from tests.counting import Decision, count

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ('who"ever', "at", "flagged", "outcome", "party", "reg %ion", "score")
COLUMNS = Columns(
    cluster='who"ever', decided="flagged", decided_positive="yes", outcome="outcome", outcome_positive="upheld",
    attributes=("party", "reg %ion", "party x reg %ion"), time="at",
)  # fmt: skip
GRID = Grid(column="score", low=0, high=1)
Row = tuple[str | None, datetime | None, str | None, str | None, str | None, str | None, float | None]
rows_of = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cyd", "dan", "", None]),
        st.sampled_from([NOON, NOON + timedelta(hours=13), NOON + timedelta(days=2), None]),
        st.sampled_from(["yes", "no", "YES", None]),
        st.sampled_from(["upheld", "dismissed", None]),
        st.sampled_from(["red", "it's; blue", "", None]),
        st.sampled_from(["north", "south", None]),
        st.sampled_from([0.0, 0.25, 0.9999999, 1.0, -0.5, 1.5, float("nan"), float("inf"), None]),
    ),
    min_size=1,
    max_size=30,
)
quick = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def log(folder: Path, rows: Sequence[Row], name: str = "log", kind: str = "parquet") -> Source:
    """The rows as a file of that kind."""
    path = folder / f"{name}.{kind}"
    path.unlink(missing_ok=True)
    types = ("VARCHAR", "TIMESTAMPTZ", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "DOUBLE")
    if kind == "sqlite":
        with sqlite3.connect(path) as base:
            base.execute(f"CREATE TABLE log ({', '.join(map(quoted, NAMES))})")
            plain = [(row[0], row[1].isoformat() if row[1] else None, *row[2:]) for row in rows]
            base.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)", plain)
        base.close()
        return Source(kind="sqlite", place=str(path), table="log")
    with duckdb.connect(str(path) if kind == "duckdb" else ":memory:") as base:
        base.execute("SET TimeZone='UTC'")
        typed = ", ".join(f"{quoted(name)} {type_}" for name, type_ in zip(NAMES, types, strict=True))
        base.execute(f"CREATE TABLE log ({typed})")
        if rows:
            holes = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(rows))
            base.execute(f"INSERT INTO log VALUES {holes}", [value for row in rows for value in row])
        if kind in ("parquet", "csv"):
            base.execute(f"COPY log TO '{path}' (FORMAT {kind})")
    return Source(kind=kind, place=str(path), table="log" if kind == "duckdb" else "")  # type: ignore[arg-type]


def decisions(rows: Sequence[Row]) -> list[Decision]:
    """The same rows as the row-by-row count reads them; rows without a time belong to no window."""
    return [
        Decision(
            cluster=row[0] or "",
            selected=None if row[2] is None else row[2].lower() == "yes",
            outcome=None if row[3] is None else row[3] == "upheld",
            groups=(row[4], row[5], f"{row[4]} x {row[5]}" if row[4] and row[5] else None),
        )
        for row in rows
        if row[1]
    ]


def with_untimed(counted: counts.Counts, untimed: int) -> counts.Counts:
    left = (counts.Excluded(reason=counts.Reason.NO_TIME, rows=untimed),) if untimed else ()
    attributes = tuple(
        replace(each, excluded=tuple(sorted((*each.excluded, *left), key=lambda one: one.reason)))
        for each in counted.attributes
    )
    return counts.Counts(rows=counted.rows + untimed, attributes=attributes)


def counted(source: Source, **more: Any) -> counts.Counts:
    return scan.groups(source, COLUMNS, **more).counts


def made(n: int = 400, seed: int = 3) -> list[Row]:
    draw = random.Random(seed)
    return [
        (
            draw.choice(["", None, *(f"e{at}" for at in range(60))]),
            draw.choice([None, *(NOON + timedelta(hours=7 * at) for at in range(30))]),
            draw.choice(["yes", "no", "no", None]),
            draw.choice(["upheld", "dismissed", None]),
            draw.choice(["red", "blue", "", None]),
            draw.choice(["north", "south"]),
            draw.choice([draw.random(), 1.0, 0.0, -2.0, 7.0, None]),
        )
        for _ in range(n)
    ]


@quick
@given(rows_of)
def test_the_scan_counts_what_the_row_by_row_count_counts(tmp_path: Path, rows: list[Row]) -> None:
    timed = decisions(rows)
    expected = with_untimed(count(timed, COLUMNS.attributes), len(rows) - len(timed))
    assert counted(log(tmp_path, rows)) == expected


@pytest.mark.parametrize("kind", ["csv", "duckdb", "sqlite"])
def test_every_engine_gives_the_same_counts(tmp_path: Path, kind: str) -> None:
    rows = made()
    parquet, other = log(tmp_path, rows), log(tmp_path, rows, kind=kind)
    window = (NOON + timedelta(hours=9), NOON + timedelta(days=5))
    assert scan.groups(parquet, COLUMNS) == scan.groups(other, COLUMNS)
    assert scan.groups(parquet, COLUMNS, window) == scan.groups(other, COLUMNS, window)
    asked: dict[str, Any] = {"grids": [GRID], "kinds": ["party", "outcome"], "time": "at"}
    assert scan.values(parquet, **asked) == scan.values(other, **asked)
    assert scan.values(parquet, **asked, window=window) == scan.values(other, **asked, window=window)


@quick
@given(rows_of, st.lists(st.integers(0, 2), min_size=30, max_size=30))
def test_parts_add_up_to_exactly_the_whole(tmp_path: Path, rows: list[Row], where: list[int]) -> None:
    parts = [[row for row, part in zip(rows, where, strict=False) if part == at] for at in range(3)]
    sources = [log(tmp_path, part, f"part{at}") for at, part in enumerate(parts)]
    whole = scan.groups(log(tmp_path, rows), COLUMNS)
    tallied: Counter[tuple[object, ...]] = Counter()
    for source in sources:
        for day in scan.groups(source, COLUMNS).days:
            tallied[astuple(day)[:-1]] += day.rows
    assert tallied == {astuple(day)[:-1]: day.rows for day in whole.days}
    binned = [scan.values(source, grids=[GRID]).histograms["score"] for source in sources]
    assert reduce(add, binned) == scan.values(log(tmp_path, rows), grids=[GRID]).histograms["score"]


@quick
@given(rows_of)
def test_parts_that_split_no_cluster_add_up_to_exactly_the_counts_of_the_whole(tmp_path: Path, rows: list[Row]) -> None:
    early = [row for row in rows if row[0] in ("ann", "bob")]
    late = [row for row in rows if row[0] not in ("ann", "bob")]
    parts = (log(tmp_path, early, "early"), log(tmp_path, late, "late"))
    assert counted(parts[0]) + counted(parts[1]) == counted(log(tmp_path, rows))


@pytest.mark.parametrize("stream", ["party", EVERYONE])
@pytest.mark.parametrize("kind", ["parquet", "csv", "duckdb", "sqlite"])
def test_looks_hold_every_cluster_of_every_day_once(tmp_path: Path, kind: str, stream: str) -> None:
    rows = made()
    window = (NOON, NOON + timedelta(days=5))
    found = scan.looks(log(tmp_path, rows, kind=kind), COLUMNS, window, maturity=timedelta(days=1))[stream]
    for looks, labelled in ((found.selection, False), (found.odds, True)):
        expected: Counter[tuple[object, ...]] = Counter()
        units: dict[tuple[object, ...], list[bool]] = {}
        for who, at, flagged, outcome, party, *_ in rows:
            party = party if stream == "party" else stream
            kept = who and at and window[0] <= at < window[1] and flagged and party and (outcome or not labelled)
            if kept and at and party:
                name = among(party, outcome == "upheld") if labelled else party
                units.setdefault((at.date(), name, who), []).append(flagged == "yes")
        for (day, name, _), hits in units.items():
            expected[day, name, len(hits), sum(hits)] += 1
        seen = {(look.day, cell.group, cell.size, cell.hits): cell.clusters for look in looks for cell in look.cells}
        assert seen == expected


@pytest.mark.parametrize("kind", ["csv", "sqlite"])
def test_an_outcome_that_came_too_late_is_none(tmp_path: Path, kind: str) -> None:
    rows = "\n".join(f"e{day},1,up,g,2026-03-01T12:00:00Z,2026-03-{day:02}T12:00:00Z" for day in range(1, 11))
    (tmp_path / "log.csv").write_text(f"who,flag,ruling,party,at,known\n{rows}\n")
    source = Source(kind="csv", place=str(tmp_path / "log.csv"))
    if kind == "sqlite":
        with closing(sqlite3.connect(tmp_path / "log.db")) as base, base:
            base.execute("CREATE TABLE log (who, flag, ruling, party, at, known)")
            base.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", [row.split(",") for row in rows.splitlines()])
        source = Source(kind="sqlite", place=str(tmp_path / "log.db"), table="log")
    columns = Columns(
        cluster="who", decided="flag", decided_positive="1", outcome="ruling", outcome_positive="up",
        attributes=("party",), time="at", known="known",
    )  # fmt: skip
    found = [
        scan.groups(source, columns, maturity=maturity).counts.attributes[0].groups[0].labels.n
        for maturity in (None, timedelta(days=4), timedelta(days=0))
    ]
    assert found == [10, 5, 1]
    window = (NOON - timedelta(days=2), NOON + timedelta(days=8))
    seen = scan.looks(source, columns, window, maturity=timedelta(days=4))["party"].odds
    assert [look.day.day for look in seen] == [
        3,
        4,
        5,
    ]  # from two days after the first, by four days after the decision


def test_several_files_are_one_log(tmp_path: Path) -> None:
    rows = made()
    whole = log(tmp_path, rows, "whole")
    for at in range(4):
        log(tmp_path, rows[at::4], f"day-{at}")
    glob = Source(kind="parquet", place=str(tmp_path / "day-*.parquet"))
    assert scan.groups(glob, COLUMNS) == scan.groups(whole, COLUMNS)


def test_rows_in_are_rows_counted_plus_rows_excluded_with_reasons(tmp_path: Path) -> None:
    seen = counted(log(tmp_path, made()))
    assert seen.rows == 400
    for attribute in seen.attributes:
        assert attribute.counted + sum(left.rows for left in attribute.excluded) == 400
    assert {left.reason for left in seen.attributes[0].excluded} == set(map(str, counts.Reason))


def test_days_are_utc_and_add_up_to_the_groups(tmp_path: Path) -> None:
    seen = scan.groups(log(tmp_path, made()), COLUMNS)
    for attribute in seen.counts.attributes:
        for group in attribute.groups:
            days = [day for day in seen.days if (day.attribute, day.group) == (attribute.name, group.group)]
            assert sum(day.rows for day in days) == group.selection.n
            assert sum(day.rows for day in days if day.selected and day.outcome) == group.positives.hits
    late = [("ann", datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), "yes", None, "red", "north", 0.5)]
    assert scan.groups(log(tmp_path, late), COLUMNS).days[0].day == late[0][1].date()


def test_cells_are_those_of_numpy_and_nothing_falls_between(tmp_path: Path) -> None:
    scores = [*np.random.default_rng(5).random(3000).tolist(), 0.0, 1.0, 0.5, -1e300, 1e300]
    rows: list[Row] = [("ann", NOON, "yes", None, "red", "north", score) for score in scores]
    rows += [("ann", NOON, "yes", None, "red", "north", odd) for odd in (float("nan"), None, float("-inf"))]
    found = scan.values(log(tmp_path, rows), grids=[GRID]).histograms["score"]
    assert list(found.counts) == np.histogram([score for score in scores if 0 <= score <= 1], 1024, (0, 1))[0].tolist()
    assert (found.below, found.above, found.missing, found.n + found.missing) == (2, 1, 2, len(rows))


@pytest.mark.parametrize("kind", ["parquet", "sqlite"])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (0.1, 0.7), (-5.0, 5.0), (1e-9, 3e-9), (-7.0, 1e6)])
def test_the_ends_of_a_grid_belong_to_it_and_their_neighbours_do_not(
    tmp_path: Path, kind: str, ends: tuple[float, float]
) -> None:
    low, high = ends
    inner = [low + at * (high - low) / 1024 for at in range(1024)]
    around = [np.nextafter(value, way) for value in (*inner, high) for way in (-np.inf, np.inf)]
    scores = [low, high, *inner, *map(float, around), 5e-324, -5e-324, 40 * high, float("inf"), float("-inf")]
    expected: Counter[int] = Counter()
    for score in scores:
        inside = low <= score <= high
        expected[min(1023, int((score - low) * (1024 / (high - low)))) if inside else -1 if score < low else 1024] += 1
    rows: list[Row] = [("ann", NOON, "yes", None, "red", "north", score) for score in scores]
    grid = Grid(column="score", low=low, high=high)
    found = scan.values(log(tmp_path, rows, kind=kind), grids=[grid]).histograms["score"]
    assert list(found.counts) == [expected[cell] for cell in range(1024)]
    assert (found.below, found.above, found.missing) == (expected[-1], expected[1024], 0)


def test_text_that_is_no_number_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("score,kind\n0.5,a\nn/a,\n,b\n")
    seen = scan.values(Source(kind="csv", place=str(path)), grids=[GRID], kinds=["kind"])
    score, kind = seen.histograms["score"], seen.categories["kind"]
    assert (seen.rows, score.missing, score.counts[512]) == (3, 2, 1)
    assert (kind.counts, kind.missing) == ({"a": 1, "b": 1}, 1)


def test_a_log_without_times_has_no_days(tmp_path: Path) -> None:
    seen = scan.groups(log(tmp_path, made()), replace(COLUMNS, time=""))
    assert {day.day for day in seen.days} == {None}
    assert not any(left.reason == counts.Reason.NO_TIME for left in seen.counts.attributes[0].excluded)


def test_a_boolean_column_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "plain.parquet"
    duckdb.sql(
        f"COPY (SELECT 'e' || i AS e, i < 3 AS d, CAST(i AS VARCHAR) AS o, 'g' AS g FROM range(10) t(i)) TO '{path}'"
    )
    columns = Columns(
        cluster="e", decided="d", decided_positive="true", outcome="o", outcome_positive="2", attributes=("g",),
        outcome_negative=("0", "1", *"3456789"),
    )  # fmt: skip
    (group,) = scan.groups(Source(kind="parquet", place=str(path)), columns).counts.attributes[0].groups
    tallies = (group.selection, group.positives, group.negatives)
    assert [(tally.n, tally.hits) for tally in tallies] == [(10, 3), (1, 1), (9, 2)]


WORDS = [("1", "up"), ("0", "up"), ("1.0", "down"), ("", "down"), ("0", ""), ("0", "pending"), (None, "down")]


def worded(engine: str, tmp_path: Path) -> Source:
    rows = [(f"e{at}", decided, outcome, "g") for at, (decided, outcome) in enumerate(WORDS)]
    if engine == "sqlite":
        with closing(sqlite3.connect(tmp_path / "log.db")) as base, base:
            base.execute("CREATE TABLE log (e, d, o, g)")
            base.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", rows)
        return Source(kind="sqlite", place=str(tmp_path / "log.db"), table="log")
    path = tmp_path / f"log.{engine}"
    with duckdb.connect() as base:
        base.execute("CREATE TABLE log (e VARCHAR, d VARCHAR, o VARCHAR, g VARCHAR)")
        base.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", rows)
        base.execute(f"COPY log TO '{path}' ({'HEADER, FORCE_QUOTE *' if engine == 'csv' else 'FORMAT parquet'})")
    return Source(kind="csv" if engine == "csv" else "parquet", place=str(path))


PLAIN = Columns(
    cluster="e", decided="d", decided_positive="1", outcome="o", outcome_positive="UP", attributes=("g",),
    decided_negative=("0",), outcome_negative=("Down",),
)  # fmt: skip


@pytest.mark.parametrize("engine", ["parquet", "csv", "sqlite"])
def test_a_word_that_says_neither_yes_nor_no_is_none(engine: str, tmp_path: Path) -> None:
    source = worded(engine, tmp_path)
    (told,) = scan.groups(source, PLAIN).counts.attributes
    (group,) = told.groups
    assert {left.reason: left.rows for left in told.excluded} == {counts.Reason.NO_DECISION: 3}
    assert (group.selection.n, group.selection.hits, group.positives.n, group.negatives.n) == (4, 1, 2, 0)

    for silent, said in (("decided", "'0', '1.0' beside '1'"), ("outcome", "'down', 'pending' beside 'UP'")):
        with pytest.raises(Unobservable, match=said) as caught:
            scan.groups(source, replace(PLAIN, **{f"{silent}_negative": ()}))
        assert caught.value.cause is Cause.MALFORMED


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    source = log(tmp_path, made(10))
    for broken, cause, words in (
        (replace(source, place=str(tmp_path / "none.parquet")), Cause.NOT_CONFIGURED, "is not there"),
        (Source(kind="postgresql", place="JUNZI_NO_SUCH_URL", table="log"), Cause.NOT_CONFIGURED, "JUNZI_NO_SUCH_URL"),
        (Source(kind="csv", place=source.place), Cause.MALFORMED, "log.parquet"),
    ):
        with pytest.raises(Unobservable, match=words) as error:
            scan.groups(broken, COLUMNS)
        assert error.value.cause is cause
    with pytest.raises(Unobservable, match="no column 'prty'; did you mean 'party'"):
        scan.groups(source, replace(COLUMNS, attributes=("prty",)))


def test_clusters_that_do_not_fit_are_counted_in_parts_to_the_same_sums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = log(tmp_path, made())
    whole = scan.groups(source, COLUMNS)
    monkeypatch.setattr(scan, "_ROWS_AT_ONCE", 90)
    assert scan.groups(source, COLUMNS) == whole


def test_a_log_beyond_memory_is_counted_in_passes_or_told_as_too_large(tmp_path: Path) -> None:
    path = tmp_path / "many.parquet"
    duckdb.sql(
        "COPY (SELECT 'entity-' || i || repeat('x', 60) AS e, i % 3 = 0 AS d, 'upheld' AS o, 'g' AS g "
        f"FROM range(400000) t(i)) TO '{path}'"
    )
    columns = Columns(
        cluster="e", decided="d", decided_positive="true", outcome="o", outcome_positive="upheld", attributes=("g",)
    )
    source = Source(kind="parquet", place=str(path))
    expected = scan.groups(source, columns).counts.attributes[0].groups[0].selection
    assert (expected.n, expected.clusters) == (400_000, 400_000)
    little = scan.groups(replace(source, memory="60MB"), columns).counts.attributes[0].groups[0].selection
    assert little == expected, "in several passes"
    for far_too_little in ("20MB", "4MB"):
        with pytest.raises(Unobservable) as caught:
            scan.groups(replace(source, memory=far_too_little), columns)
        assert caught.value.cause is Cause.TOO_LARGE


def test_hostile_names_and_values_stay_values(tmp_path: Path) -> None:
    columns = replace(COLUMNS, decided_positive="yes'; DROP TABLE log; --", decided_negative=("Yes", "no"))
    seen = scan.groups(log(tmp_path, made()), columns)
    assert not any(day.selected for day in seen.days)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with clusters.running() as cluster:
        yield cluster.dsn


def test_postgresql_groups_on_its_own_side(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    rows = made()
    with psycopg.connect(postgres) as base:
        kinds = ("text", "timestamptz", "text", "text", "text", "text", "float8")
        typed = ", ".join(f"{quoted(name)} {kind}" for name, kind in zip(NAMES, kinds, strict=True))
        base.execute(f"CREATE TABLE log ({typed})".replace("%", "%%"), {})
        base.cursor().executemany("INSERT INTO log VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)
    monkeypatch.setenv("JUNZI_DECISIONS_URL", postgres)
    parquet, source = log(tmp_path, rows), Source(kind="postgresql", place="JUNZI_DECISIONS_URL", table="public.log")
    window = (NOON, NOON + timedelta(days=3))
    assert scan.groups(source, COLUMNS, window) == scan.groups(parquet, COLUMNS, window)
    ripe = {"maturity": timedelta(days=1)}
    assert scan.looks(source, COLUMNS, window, **ripe) == scan.looks(parquet, COLUMNS, window, **ripe)
    asked: dict[str, Any] = {"grids": [GRID], "kinds": ["party"], "time": "at", "window": window}
    assert scan.values(source, **asked) == scan.values(parquet, **asked)
