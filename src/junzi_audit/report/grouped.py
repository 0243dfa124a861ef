"""Charts of groups, one to a row: bars, dots with whiskers, and spans."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.report.exhibits import GROUPS_DRAWN
from junzi_audit.report.lines import BLUE, GRID, INK, VERMILLION, legend, name, spare
from junzi_audit.report.plotted import (
    Row,
    all_zero,
    cell,
    figure,
    label,
    limit_text,
    reference_name,
    span_failed,
    value_label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def groups(axes: Axes, exhibit: Exhibit, chart: Chart) -> None:
    """One horizontal bar, or dot with whisker, per row; the first row on top."""
    rows = exhibit.rows[:GROUPS_DRAWN]
    for place, row in enumerate(rows):
        (_span if chart.kind == "spans" else _mark)(axes, chart, place, row)
    _references(axes, exhibit, chart, rows)
    axes.set_yticks(range(len(rows)), [_group_label(exhibit, chart, row) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID, linewidth=0.8)
    axes.set_xlabel(value_label(exhibit, chart))
    spare(axes, "left" if chart.kind not in {"bars", "spans"} else "")
    if all_zero(exhibit, chart):
        axes.set_xlim(0, 1)
    if (limit := figure(chart.limit)) is not None:
        axes.axvline(limit, color=VERMILLION, linewidth=1.6, linestyle=(0, (5, 3)), zorder=4)
        left, right = axes.get_xlim()
        side = {0: "left", 1: "center", 2: "right"}[min(2, max(0, int(3 * (limit - left) / (right - left))))]
        name(axes, limit, limit_text(chart), side)


def _mark(axes: Axes, chart: Chart, place: int, row: Row) -> None:
    """A bar or a dot, with its whisker if it has one."""
    value = figure(cell(row, chart.value))
    low, high = figure(cell(row, chart.low)), figure(cell(row, chart.high))
    if chart.kind == "bars" and value is not None:
        axes.barh(place, value, height=0.62, color=BLUE)
    elif value is not None:
        axes.plot([value], [place], "o", color=BLUE, markersize=7, zorder=3)
    if low is not None and high is not None:
        ink = INK if chart.kind == "bars" else BLUE
        axes.plot([low, high], [place, place], "|-", color=ink, linewidth=2, markersize=9, zorder=2)


def _span(axes: Axes, chart: Chart, place: int, row: Row) -> None:
    """A bar from its begin to its end, outlined so that one of no length is seen too."""
    low, high = figure(cell(row, chart.low)), figure(cell(row, chart.high))
    if low is not None and high is not None:
        ink = VERMILLION if span_failed(row, chart) else BLUE
        axes.barh(place, high - low, left=low, height=0.62, color=ink, edgecolor=ink, linewidth=2)


def _references(axes: Axes, exhibit: Exhibit, chart: Chart, rows: Sequence[Row]) -> None:
    """A mark at what each row is compared with; what a span is allowed has no place on its axis."""
    if chart.kind == "spans":
        return
    known = [(other, at) for at, row in enumerate(rows) if (other := figure(cell(row, chart.reference))) is not None]
    if known:
        # Hollow around a dot, so that both are seen where they meet; white on a bar, so that it stands out.
        fill = "white" if chart.kind == "bars" else "none"
        inks: dict[str, Any] = {"markerfacecolor": fill, "markeredgecolor": INK, "markeredgewidth": 1.5}
        axes.plot(*zip(*known, strict=True), "D", markersize=9, zorder=5, label=reference_name(exhibit, chart), **inks)
        legend(axes)


def _group_label(exhibit: Exhibit, chart: Chart, row: Row) -> str:
    if chart.kind == "spans":
        why = span_failed(row, chart)
        return "\n".join(textwrap.wrap(f"{label(row, chart, 48)}{why and f': {why}'}", 30))
    counts = [column for column, name in enumerate(exhibit.columns) if name.strip().lower() in {"n", "records"}]
    n = cell(row, counts[0]) if counts else None
    told = f" (n = {n:,})" if isinstance(n, int) else ""
    missing = "" if figure(cell(row, chart.value)) is not None else ": no figure"
    return f"{label(row, chart, 32)}{told}{missing}"
