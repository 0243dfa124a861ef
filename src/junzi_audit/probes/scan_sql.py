"""The scan's questions in SQL, put in an engine's own words: names are quoted, values are bound."""

# ruff: noqa: S608 - every name in these texts went through ``Words.name``, every value is a bound parameter

from __future__ import annotations

from collections.abc import Sequence

from junzi_audit.probes.scan_words import Words

#: The cells of a histogram. One more holds the values at its closed end, then come below and above; no number is NULL.
CELLS = 1024
BELOW, ABOVE = CELLS + 1, CELLS + 2
#: Leaves every cell as it is, and lets DuckDB know their range: it counts in an array then, not in a hash table.
_MASK = 2 * CELLS - 1


def within(words: Words, time: str, windowed: bool) -> str:
    """The WHERE that keeps the window's rows, or all rows that have a time; empty without a time column."""
    if not time:
        return ""
    if not windowed:
        return f" WHERE {words.moment(time)} IS NOT NULL"
    moment, since, until = words.moment(time), words.instant(time, "since"), words.instant(time, "until")
    return f" WHERE {moment} >= {since} AND {moment} < {until}"


def untimed(words: Words, time: str) -> str:
    """How many rows have no time."""
    return f"SELECT count(*) FROM {words.relation} WHERE {words.moment(time)} IS NULL"


def nameless(words: Words, cluster: str, where: str) -> str:
    """How many rows name no cluster; two questions, because each alone is answered from the file's statistics."""
    joined = f"{where} AND" if where else " WHERE"
    tests = (f"{words.name(cluster)} IS NULL", f"{words.text(cluster)} = ''")
    return " UNION ALL ".join(f"SELECT count(*) FROM {words.relation}{joined} {test}" for test in tests)


def days(words: Words, entries: Sequence[str], where: str, day: str, lost: str) -> str:
    """Rows per day, lost or not, decision, outcome and the value of every single attribute (in this order).

    ``lost`` is empty where no row is: a key that is always the same would cost as much as any other.
    """
    keys = [f"{day} AS day", *([f"{lost} AS lost"] if lost else []), *entries]
    names = ", ".join(key.rsplit(" AS ", 1)[1] for key in keys)
    shown = names if lost else names.replace("day, ", "day, 1 = 0, ", 1)
    picked = f"SELECT {', '.join(keys)} FROM {words.relation}{where}"
    return f"SELECT {shown}, count(*) FROM ({picked}) AS entry GROUP BY {names}"


_CELL = (
    "count(*) AS m, count(*) FILTER (WHERE decided) AS x, count(*) FILTER (WHERE outcome) AS pm, "
    "count(*) FILTER (WHERE outcome AND decided) AS px, count(outcome) AS lm, "
    "count(outcome) FILTER (WHERE decided) AS lx"
)
#: Records and hits of the tallies of a group, in the order of ``counts.TALLIES``.
_PARTS = (("m", "x"), ("pm", "px"), ("nm", "nx"), ("lm", "pm"), ("lx", "px"))


def clusters(
    words: Words, entries: Sequence[str], where: str, sets: Sequence[tuple[int, ...]], part: int = 0, parts: int = 1
) -> str:
    """Per set of attributes and group the 30 sums over clusters: five tallies of n, x, clusters, x², x·m, m².

    ``entries`` name cluster, decided, outcome and a0, a1, …; ``sets`` names the a's that make up each attribute. Only
    the clusters of one of ``parts`` parts, which together are all of them, each in one.
    """
    keys = ", ".join(["cluster", *(f"a{at}" for at in sorted({at for group in sets for at in group}))])
    known = "decided IS NOT NULL AND cluster <> ''" + (f" AND hash(cluster) % {parts} = {part}" if parts > 1 else "")
    picked = f"SELECT {', '.join(entries)} FROM {words.relation}{where}"
    cell = f"SELECT {keys}, {_CELL} FROM ({picked}) AS entry WHERE {known} GROUP BY {keys}"
    width = max(map(len, sets))
    folded = " UNION ALL ".join(_folded(index, group, width) for index, group in enumerate(sets))
    return f"WITH cell AS MATERIALIZED ({cell}) {folded}"


def _folded(index: int, group: tuple[int, ...], width: int) -> str:
    names = ", ".join(f"a{at}" for at in group)
    known = " AND ".join(f"a{at} <> ''" for at in group)
    sums = ", ".join(f"sum({name}) AS {name}" for name in ("m", "x", "pm", "px", "lm", "lx"))
    sums += ", sum(lm) - sum(pm) AS nm, sum(lx) - sum(px) AS nx"
    each = f"SELECT {names}, {sums} FROM cell WHERE {known} GROUP BY cluster, {names}"
    tallies = ", ".join(
        f"sum({m}), sum({x}), count(*) FILTER (WHERE {m} > 0), sum({x} * {x}), sum({x} * {m}), sum({m} * {m})"
        for m, x in _PARTS
    )
    return f"SELECT {index}, {_padded(group, width)}, {tallies} FROM ({each}) AS each_{index} GROUP BY {names}"


def units(words: Words, entries: Sequence[str], where: str, sets: Sequence[tuple[int, ...]], labelled: bool) -> str:
    """Per set of attributes, day, outcome (NULL unless ``labelled``) and group: clusters by their size and hits.

    ``entries`` and ``sets`` as for ``clusters``, with a day; an empty set is every row.
    """
    outcome = "outcome" if labelled else "CAST(NULL AS INTEGER)"
    keys = ", ".join(["day", "cluster", "label", *(f"a{at}" for at in sorted({at for group in sets for at in group}))])
    picked = f"SELECT {', '.join(entries)} FROM {words.relation}{where}"
    known = "decided IS NOT NULL AND cluster <> ''" + (" AND outcome IS NOT NULL" if labelled else "")
    shown = f"SELECT *, {outcome} AS label FROM ({picked}) AS entry WHERE {known}"
    unit = f"SELECT {keys}, count(*) AS m, count(*) FILTER (WHERE decided) AS x FROM ({shown}) AS row GROUP BY {keys}"
    width = max(map(len, sets))
    folded = " UNION ALL ".join(_unit(index, group, width) for index, group in enumerate(sets))
    return f"WITH unit AS MATERIALIZED ({unit}) {folded}"


def _unit(index: int, group: tuple[int, ...], width: int) -> str:
    names = ", ".join(["day", "label", *(f"a{at}" for at in group)])
    known = " AND ".join(f"a{at} <> ''" for at in group) or "1 = 1"
    each = f"SELECT {names}, sum(m) AS m, sum(x) AS x FROM unit WHERE {known} GROUP BY {names}, cluster"
    return (
        f"SELECT {index}, day, label, {_padded(group, width)}, m, x, count(*) FROM ({each}) AS unit_{index} "
        f"GROUP BY {names}, m, x"
    )


def _padded(group: tuple[int, ...], width: int) -> str:
    return ", ".join([*(f"a{at}" for at in group), *["CAST(NULL AS VARCHAR)"] * (width - len(group))])


def cells(words: Words, columns: Sequence[str], where: str) -> str:
    """Rows per column (by its place) and cell of its grid; its ends are bound as low_0, high_0, scale_0 and so on."""
    return " UNION ALL ".join(_binned(words, at, column, where) for at, column in enumerate(columns))


def _binned(words: Words, at: int, column: str, where: str) -> str:
    low, high, scale = (words.double(f"{end}_{at}") for end in ("low", "high", "scale"))
    inside = f"CAST({words.dialect.floor}((v - {low}) * {scale}) AS SMALLINT)"
    below, above = (f"CAST({place} AS SMALLINT)" for place in (BELOW, ABOVE))
    cell = f"CASE WHEN v < {low} THEN {below} WHEN v <= {high} THEN {inside} WHEN {words.real('v')} THEN {above} END"
    return (
        f"SELECT {at} AS place, cell, count(*) FROM (SELECT {cell} & {_MASK} AS cell FROM "
        f"(SELECT {words.number(column)} AS v FROM {words.relation}{where}) AS entry) AS binned GROUP BY cell"
    )


def kinds(words: Words, columns: Sequence[str], where: str) -> str:
    """Rows per column (by its place) and value."""
    return " UNION ALL ".join(
        f"SELECT {at} AS place, kind, count(*) FROM "
        f"(SELECT {words.text(column)} AS kind FROM {words.relation}{where}) AS entry GROUP BY kind"
        for at, column in enumerate(columns)
    )
