"""Counting where the data lives: one look at a decision log gives counts, looks or histograms, and keeps no record.

Rows in = rows counted + rows excluded with reasons, for every attribute, or it is Unobservable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import scan_rows as answered
from junzi_audit.probes import scan_sql as sql
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.scan_engines import Opened, Source, opened
from junzi_audit.probes.scan_words import Words
from junzi_audit.probes.scanned import Grid, Groups, Values
from junzi_audit.seen.looks import EVERYONE, Looks

Window = tuple[datetime, datetime]
#: A table of as many rows' clusters is tried to be held in memory at once.
_ROWS_AT_ONCE = 25_000_000


def groups(
    source: Source, columns: Columns, window: Window | None = None, *, maturity: timedelta | None = None
) -> Groups:
    """Count the groups of every attribute; "party x region" is the intersection of two columns.

    ``window``: aware instants, from (included) to (excluded); rows without a time belong to none, and are excluded.
    ``maturity``: an outcome that became known later than that after the decision is none (needs a ``known`` column).
    Unobservable when the log is absent, lacks a column, or changed while it was read. Cluster sums hold for the whole
    window: adding two windows is exact only where they share no cluster.
    """
    singles, places = _places(columns.attributes)
    with opened(source, _asked(columns, singles)) as log:
        words, where = log.words, sql.within(log.words, columns.time, window is not None)
        bound = {**_window(window), **_positive(columns), **_elapsed(maturity)}
        untimed = log.count(sql.untimed(words, columns.time), bound) if columns.time else 0
        nameless = log.count(sql.nameless(words, columns.cluster, where), bound)
        rulings = _rulings(words, columns, singles, maturity)
        lost = f"coalesce({words.text(columns.cluster)}, '') = ''" if nameless else ""
        day = words.day(columns.time) if columns.time else "NULL"
        cells = log.ask(sql.days(words, _said(words, columns, singles, maturity), where, day, lost), bound)
        cluster = f"{words.text(columns.cluster)} AS cluster"
        plain = answered.plain(cells, columns)
        sums = _clustered(log, [cluster, *rulings], where, places, bound, rows=sum(cell.rows for cell in plain))
    return answered.counted(columns.attributes, places, plain, answered.summed(sums, places), untimed)


def _clustered(
    log: Opened,
    entries: Sequence[str],
    where: str,
    places: Sequence[tuple[int, ...]],
    bound: Mapping[str, Any],
    rows: int,
) -> list[tuple[Any, ...]]:
    """The sums of all clusters, in as many passes over the log as their table takes to fit into memory."""
    parts = 1 + rows // _ROWS_AT_ONCE if log.exhausted else 1
    for more in (1, 4, 16):
        passes = [sql.clusters(log.words, entries, where, places, part, parts * more) for part in range(parts * more)]
        try:
            return [row for text in passes for row in log.ask(text, bound)]
        except log.exhausted:
            continue
    raise Unobservable(Cause.TOO_LARGE, "the log names more entities than its scan may hold in memory")


def looks(source: Source, columns: Columns, window: Window, *, maturity: timedelta) -> Mapping[str, Looks]:
    """Every attribute, and ``EVERYONE``, day by day for the detector: clusters by group, size and hits, and no record.

    Outcomes stand on the day they became known (of the decision, without a ``known`` column), for the days that begin
    ``maturity`` or more after ``since``: earlier ones would miss what was decided before. Outcomes that took longer do
    not count. Rows that ``groups`` excludes are left out; ``EVERYONE`` holds those without a group too. ValueError
    without a ``time`` column; else errors as there.
    """
    if not columns.time:
        raise ValueError("a log without times has no days to look at")
    singles, places = _places(columns.attributes)
    names, sets = (*columns.attributes, EVERYONE), [*places, ()]
    with opened(source, _asked(columns, singles)) as log:
        bound = {**_window(window), **_positive(columns), **_elapsed(maturity)}
        found = []
        for time, labelled in ((columns.time, False), (columns.known or columns.time, True)):
            entries = [
                f"{log.words.text(columns.cluster)} AS cluster",
                f"{log.words.day(time)} AS day",
                *_rulings(log.words, columns, singles, maturity),
            ]
            text = sql.units(log.words, entries, sql.within(log.words, time, True), sets, labelled)
            first = window[0] + maturity if labelled and columns.known else window[0]
            found.append(answered.by_day(log.ask(text, {**bound, "since": first.isoformat()}), sets))
    return {name: Looks(selection=found[0][index], odds=found[1][index]) for index, name in enumerate(names)}


def values(
    source: Source,
    *,
    grids: Sequence[Grid] = (),
    kinds: Sequence[str] = (),
    time: str = "",
    window: Window | None = None,
) -> Values:
    """Histograms of the columns that have a grid, and counts of the values of the columns in ``kinds``.

    Units are the columns' own. A number beyond its grid counts as below or above, +-infinity too; NaN, NULL and text
    that is no number are missing; so is an empty category. Errors as for ``groups``.
    """
    with opened(source, [*(grid.column for grid in grids), *kinds, *_time(time)]) as log:
        where = sql.within(log.words, time, window is not None)
        bound = {**_window(window), **_ends(grids)}
        untimed = log.count(sql.untimed(log.words, time), bound) if time else 0
        rows = log.count(f"SELECT count(*) FROM {log.words.relation}{where}", bound)  # noqa: S608 - quoted, bound
        cells = log.ask(sql.cells(log.words, [grid.column for grid in grids], where), bound) if grids else []
        found = log.ask(sql.kinds(log.words, kinds, where), bound) if kinds else []
    bins = [answered.binned(grid, [row[1:] for row in cells if row[0] == at]) for at, grid in enumerate(grids)]
    counted = [answered.categories([row[1:] for row in found if row[0] == at]) for at in range(len(kinds))]
    totals = [each.n + each.missing for each in bins]
    totals += [sum(each.counts.values()) + each.missing for each in counted]
    if set(totals) - {rows}:
        raise Unobservable(Cause.MALFORMED, f"{source.shown}: the log changed while it was read")
    return Values(
        rows=rows,
        histograms={grid.column: each for grid, each in zip(grids, bins, strict=True)},
        categories=dict(zip(kinds, counted, strict=True)),
        untimed=untimed,
    )


def _places(attributes: Sequence[str]) -> tuple[list[str], list[tuple[int, ...]]]:
    sets = [tuple(name.split(" x ")) for name in attributes]
    singles = list(dict.fromkeys(column for names in sets for column in names))
    return singles, [tuple(singles.index(column) for column in names) for names in sets]


def _positive(columns: Columns) -> dict[str, str]:
    told = {"decided": columns.decided_positive, "outcome": columns.outcome_positive}
    for key, words in (("decided", columns.decided_negative), ("outcome", columns.outcome_negative)):
        told |= {f"{key}_no_{at}": word for at, word in enumerate(words)}
    return {key: word.lower() for key, word in told.items()}


def _asked(columns: Columns, singles: Sequence[str]) -> list[str]:
    return [columns.cluster, columns.decided, columns.outcome, *singles, *_time(columns.time), *_time(columns.known)]


def _elapsed(maturity: timedelta | None) -> dict[str, float]:
    return {} if maturity is None else {"maturity": maturity.total_seconds()}


def _rulings(words: Words, columns: Columns, singles: Sequence[str], maturity: timedelta | None = None) -> list[str]:
    """Whether it was decided yes, whether that was right, and the attributes."""
    positive = _positive(columns)
    decided = words.truth(columns.decided, "decided", positive["decided"], len(columns.decided_negative))
    outcome = words.truth(columns.outcome, "outcome", positive["outcome"], len(columns.outcome_negative))
    return _entries(words, columns, singles, maturity, decided, outcome)


def _said(words: Words, columns: Columns, singles: Sequence[str], maturity: timedelta | None) -> list[str]:
    """The same in the log's own words: which there are is as much worth knowing as what they mean."""
    return _entries(words, columns, singles, maturity, words.word(columns.decided), words.word(columns.outcome))


def _entries(
    words: Words, columns: Columns, singles: Sequence[str], maturity: timedelta | None, decided: str, outcome: str
) -> list[str]:
    if maturity is not None and columns.known:
        outcome = f"CASE WHEN {words.elapsed(columns.time, columns.known, 'maturity')} THEN {outcome} END"
    names = (f"{words.text(column)} AS a{at}" for at, column in enumerate(singles))
    return [f"{decided} AS decided", f"{outcome} AS outcome", *names]


def _time(time: str) -> list[str]:
    return [time] if time else []


def _window(window: Window | None) -> dict[str, Any]:
    return {} if window is None else {"since": window[0].isoformat(), "until": window[1].isoformat()}


def _ends(grids: Sequence[Grid]) -> dict[str, float]:
    ends: dict[str, float] = {}
    for at, grid in enumerate(grids):
        if not grid.low < grid.high:
            raise ValueError(f"{grid.column}: a grid from {grid.low} to {grid.high} has no cells")
        ends |= {f"low_{at}": grid.low, f"high_{at}": grid.high, f"scale_{at}": sql.CELLS / (grid.high - grid.low)}
    return ends
