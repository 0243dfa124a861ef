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
    """From when to when each step went on, and how long it took against what is allowed.

    One that never came to its end goes on from the step before to the end of the drill.
    """
    end = max((each.at for each in drill.steps), default=0.0)
    rows, before = [], 0.0
    for each in drill.steps:
        came = math.isfinite(each.seconds)
        begin, over = (each.at - each.seconds, each.at) if came else (before, end)
        took = round(each.seconds, 3) if came else "never"
        rows.append((each.name, each.phase, round(begin, 3), took, round(over, 3), each.within, each.told))
        before = each.at
    return Exhibit(
        title="The drill, step by step",
        caption=f"Held on {drill.where}. Seconds since the drill began, and seconds that each step took. "
        "A step that never ended goes on to the end of the drill.",
        columns=("step", "phase", "from (s)", "took (s)", "until (s)", "allowed (s)", "seen"),
        rows=tuple(rows),
        chart=Chart(
            kind="spans", label=0, value=3, low=2, high=4, reference=5, value_label="seconds since the drill began"
        ),
    )


def _measured(figure: Figure, shown: tuple[Exhibit, ...]) -> Measurement:
    return census(figure.value, n=figure.n, detail=figure.told, exhibits=shown)
