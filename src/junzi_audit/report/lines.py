"""The level lines of a chart and the names of what is drawn, placed so that they cover neither data nor each other."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from junzi_audit.findings import Chart, Exhibit
from junzi_audit.report.plotted import axis_place, limit_text, reference_name, references, with_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

#: Dark, and two of Okabe and Ito's palette, which people with any common colour vision tell apart; and faint.
INK, VERMILLION, BLUE, GRID = "#222222", "#D55E00", "#0072B2", "#dddddd"
_NAMES_BESIDE = 60  # characters of both names in one line of a legend


def spare(axes: Axes, *more: str) -> None:
    """Leave out the frame's top, right, and what else is named."""
    for side in ("top", "right", *more):
        if side:
            axes.spines[side].set_visible(False)


def legend(axes: Axes) -> None:
    """Name the marks above the axes, where they cover nothing."""
    sheet: Any = axes.figure
    handles, names = axes.get_legend_handles_labels()
    columns = 2 if sum(map(len, names)) <= _NAMES_BESIDE else 1
    sheet.legend(handles, names, loc="outside upper left", ncols=columns, frameon=False)


def limit_level(axes: Axes, chart: Chart) -> list[Annotation]:
    """A level line at the limit, and its name; none for a chart without one."""
    limit = axis_place(chart, chart.limit)
    if limit is None or math.isinf(limit):
        return []
    axes.axhline(limit, color=VERMILLION, linewidth=1.6, linestyle=(0, (5, 3)))
    return [name(axes, limit, limit_text(chart), "beside")]


def reference_line(
    axes: Axes, exhibit: Exhibit, chart: Chart, xs: Sequence[float], others: Sequence[float]
) -> list[Annotation]:
    """The reference under the limit's dashes, so that both are seen where they meet; level where it never changes."""
    known = [at for at in others if not math.isnan(at)]
    if not known:
        return []
    told = reference_name(exhibit, chart)
    if min(known) < max(known):
        axes.plot(xs, others, color=INK, linewidth=1.3)
    else:
        axes.axhline(known[-1], color=INK, linewidth=1.3)
        told = with_figure(told, references(exhibit, chart)[-1])
    return [name(axes, known[-1], told, "beside", INK)]


def name(axes: Axes, at: float, text: str, side: str, ink: str = "#A84300") -> Annotation:
    """Write a line's name above a vertical line (``side`` says towards where), or right of a level one.

    The ink is the line's, as a rule vermillion, dark enough to read.
    """
    level = side == "beside"
    return axes.annotate(
        "\n".join(textwrap.wrap(text, 16)) if level else text,
        (1.0, at) if level else (at, 1.0),
        xycoords=axes.get_yaxis_transform() if level else axes.get_xaxis_transform(),
        xytext=(4, 0) if level else (0, 4),
        textcoords="offset points",
        ha="left" if level else side,
        va="center" if level else "bottom",
        color=ink,
        annotation_clip=False,
    )


def part(axes: Axes, names: list[Annotation]) -> None:
    """Move two names beside the axes apart until both can be read, the upper line's above, within the axes' height."""
    if len(names) < 2:
        return
    sheet: Any = axes.figure
    sheet.draw_without_rendering()
    lower, upper = sorted(names, key=lambda each: each.xy[1])
    frame, below, above = axes.get_window_extent(), lower.get_window_extent(), upper.get_window_extent()
    apart = max(0.0, below.y1 - above.y0 + 4)
    down, up = -apart / 2, apart / 2
    if apart:
        back = max(0.0, frame.y0 - below.y0 - down) or min(0.0, frame.y1 - above.y1 - up)
        down, up = down + back, up + back
    for each, pixels in ((lower, down), (upper, up)):
        each.xyann = (4, pixels * 72 / sheet.dpi)
