"""The figures of a drill, each with the timeline of what was done and what followed."""

from __future__ import annotations

import math

from junzi_audit.findings import Chart, Exhibit, Measurement, census
from junzi_audit.seen.drills import Drilled, Figure


def figures(drill: Drilled) -> dict[str, Measurement]:
    """Every figure by the limit it answers; the first carries the timeline, and a time without end is infinite."""
    shown = (timeline(drill),)
    return {
        name: _measured(figure, shown if at == 0 else ())
        for at, (name, figure) in enumerate(drill.figures.items())
    }  # fmt: skip


def timeline(drill: Drilled) -> Exhibit:
    """When each step was over, and how long it took against what is allowed."""
    rows = tuple(
        (
            each.name, each.phase, round(each.at, 3),
            round(each.seconds, 3) if math.isfinite(each.seconds) else "never", each.within, each.told,
        )
        for each in drill.steps
    )  # fmt: skip
    return Exhibit(
        title="The drill, step by step",
        caption=f"Held on {drill.where}. Seconds since the drill began, and seconds that each step took.",
        columns=("step", "phase", "over at (s)", "took (s)", "allowed (s)", "seen"),
        rows=rows,
        chart=Chart(kind="bars", label=0, value=2, value_label="seconds since the drill began"),
    )


def _measured(figure: Figure, shown: tuple[Exhibit, ...]) -> Measurement:
    return census(figure.value, n=figure.n, detail=figure.told, exhibits=shown)
