"""What a chart shows of an exhibit's rows, as numbers and names: for the drawing and for the sentence beside it."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from itertools import pairwise

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.report.text import one_line
from junzi_audit.wording import number

Cell = str | int | float | None
Row = tuple[Cell, ...]

_UNDRAWABLE = 1e100
_POINTS_DRAWN = 1_000


def cell(row: Row, column: int | None) -> Cell:
    """The cell in that column; None where the row or the chart has no such column."""
    return row[column] if column is not None and 0 <= column < len(row) else None


def cell_text(value: Cell) -> str:
    """The cell for reading; an empty cell is a dash."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) and abs(value) < 10**15 else _number(value)


def _number(value: int | float) -> str:
    try:
        return number(float(value))
    except OverflowError:
        return "beyond any float"


def figure(value: Cell) -> float | None:
    """The cell as a finite number that can be drawn, else None."""
    if isinstance(value, str) or value is None:
        return None
    try:
        drawn = float(value)
    except OverflowError:
        return None
    return drawn if math.isfinite(drawn) and abs(drawn) < _UNDRAWABLE else None


def axis_place(chart: Chart, value: Cell) -> float | None:
    """Where the cell stands on the chart's value axis; None when it is no figure that can be drawn.

    On a logarithmic axis that is the decimal logarithm, up to the largest float; minus infinity stands for zero and
    below, infinity for what is beyond any float.
    """
    if not is_log(chart) or isinstance(value, str) or value is None:
        return figure(value)
    if value <= 0:
        return -math.inf
    try:
        return None if math.isnan(value) else math.log10(float(value))
    except OverflowError:
        return math.inf


def shown(chart: Chart, value: Cell) -> float | None:
    """The cell's own figure where it has a finite place on the chart's value axis, else None."""
    at = axis_place(chart, value)
    return None if at is None or math.isinf(at) or isinstance(value, str) or value is None else float(value)


def is_log(chart: Chart) -> bool:
    """Whether the value axis is logarithmic, which only that of a series can be."""
    return chart.log and chart.kind == "series"


def drawable(exhibit: Exhibit) -> bool:
    """Whether there is a chart with at least one finite figure in it."""
    chart = exhibit.chart
    return chart is not None and any(shown(chart, cell(row, chart.value)) is not None for row in exhibit.rows)


def all_zero(exhibit: Exhibit, chart: Chart) -> bool:
    """Whether everything that is drawn on a linear axis is zero, so that the axis has no scale of its own."""
    columns = (chart.value, chart.low, chart.high, chart.reference)
    known = [figure(cell(row, column)) for row in exhibit.rows for column in columns]
    return not is_log(chart) and not any([*known, figure(chart.limit)])


def span_failed(row: Row, chart: Chart) -> str:
    """Why a span failed: it ``never`` came to its end, or took ``too long``; empty when it did not."""
    took, allowed = figure(cell(row, chart.value)), figure(cell(row, chart.reference))
    if took is None:
        return "never"
    return "too long" if allowed is not None and took > allowed else ""


def heading(exhibit: Exhibit, column: int) -> str:
    """The name of a column, on one line."""
    return one_line(exhibit.columns[column], 60) if 0 <= column < len(exhibit.columns) else f"column {column}"


def label(row: Row, chart: Chart, longest: int = 40) -> str:
    """What the row is called in the chart, shortened."""
    return one_line(cell_text(cell(row, chart.label)), longest)


def value_label(exhibit: Exhibit, chart: Chart) -> str:
    """What the value axis is called."""
    return one_line(chart.value_label, 70) or heading(exhibit, chart.value)


def limit_text(chart: Chart) -> str:
    """What is written at the chart's limit line; empty when there is no line."""
    if shown(chart, chart.limit) is None:
        return ""
    return one_line(chart.limit_label, 60) or f"limit {cell_text(chart.limit)}"


def references(exhibit: Exhibit, chart: Chart) -> list[float]:
    """The figures that the values are compared with, of the rows that have one."""
    found = [shown(chart, cell(row, chart.reference)) for row in exhibit.rows]
    return [value for value in found if value is not None]


def reference_name(exhibit: Exhibit, chart: Chart) -> str:
    """What the reference is called."""
    return one_line(chart.reference_label, 40) or heading(exhibit, -1 if chart.reference is None else chart.reference)


def with_figure(name: str, value: float) -> str:
    """The name, with the figure behind it unless the name already tells it."""
    if number(value) in name or f"{number(value * 100)}%" in name:
        return name
    return f"{name}{':' if any(map(str.isdigit, name)) else ''} {number(value)}"


def bin_name(row: Row, chart: Chart) -> str:
    """What the bin is called: its start and its end, or its name."""
    end = cell(row, chart.end)
    return label(row, chart, 24) if end is None else f"{label(row, chart, 16)} to {one_line(cell_text(end), 16)}"


def bin_edges(exhibit: Exhibit, chart: Chart) -> list[float] | None:
    """The edges of the bins on their own scale; None unless they are numbers, equally wide and without a gap."""
    starts = [figure(cell(row, chart.label)) for row in exhibit.rows]
    ends = [figure(cell(row, chart.end)) for row in exhibit.rows]
    first, last = starts[0], ends[-1]
    if first is None or last is None:
        return None
    width = (last - first) / len(starts)
    edges = [first + at * width for at in range(len(starts) + 1)]
    pairs = [*zip(starts, edges[:-1], strict=True), *zip(ends, edges[1:], strict=True)]
    regular = all(found is not None and abs(found - edge) <= width / 100 for found, edge in pairs)
    return edges if regular and all(low < high for low, high in pairwise(edges)) else None


def time_of(value: Cell) -> datetime | None:
    """The cell as an instant, in UTC where it names no zone; None when it is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC) if found else None
    except (ValueError, OverflowError):
        return None


def thinned(points: list[tuple[float, float, Row]]) -> list[tuple[float, float, Row]]:
    """At most about 1,000 points that keep the lowest and highest of every stretch, so no peak is lost."""
    stretch = math.ceil(len(points) / (_POINTS_DRAWN / 2))
    if len(points) <= _POINTS_DRAWN:
        return points
    kept: list[int] = []
    for start in range(0, len(points), stretch):
        within = range(start, min(start + stretch, len(points)))
        kept += sorted({min(within, key=lambda at: points[at][1]), max(within, key=lambda at: points[at][1])})
    return [points[at] for at in kept]
