"""What is promised of speed and memory, held against what a run of `benchmarks.speed` measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

RAW_FAIRNESS = "raw scan, 7 columns"
FAIRNESS = "**ours: group counts**"
FAIRLEARN = "fairlearn MetricFrame, the same four attributes"
RAW_DRIFT = "raw scan, 13 columns"
DRIFT = "**ours: drift**"
SCIPY = "scipy ks_2samp + wasserstein_distance"
#: The rows at which the ratios are promised.
PROMISED_AT = 10_000_000
#: Megabytes, at any number of rows.
MEMORY = 300
#: How many times as long another million rows may take when there are more of them already.
BENT = 1.5


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One process: ``wall`` and ``busy`` (user and system time) in seconds, its peak memory in megabytes."""

    wall: float
    busy: float
    megabytes: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """One contestant's turns; a ``reason`` says why there is no figure."""

    name: str
    turns: tuple[Turn, ...]
    reason: str = ""

    @property
    def wall(self) -> float:
        """Median seconds."""
        return median(turn.wall for turn in self.turns) if self.turns else 0

    @property
    def busy(self) -> float:
        """Median processor seconds."""
        return median(turn.busy for turn in self.turns) if self.turns else 0

    @property
    def megabytes(self) -> float:
        """The largest peak."""
        return max((turn.megabytes for turn in self.turns), default=0)


Seen = Mapping[int, Sequence[Run]]


def promises(seen: Seen) -> list[str]:
    """A table: what was promised, what was measured, whether it holds."""
    lines = [f"| promised, at {PROMISED_AT:,} rows unless it says otherwise | measured | |", "|---|---|---|"]
    for faster, other, least, words in (
        (FAIRNESS, FAIRLEARN, 100, "group counts at least 100× as fast as fairlearn's MetricFrame"),
        (DRIFT, SCIPY, 8, "drift at least 8× as fast as scipy on the raw values"),
    ):
        ratio = _ratio(seen, other, faster)
        lines.append(_line(words, f"{ratio:.1f}×" if ratio else "", ratio >= least))
    for counted, raw, most, words in (
        (FAIRNESS, RAW_FAIRNESS, 1.5, "group counts within 1.5× a raw scan of their columns"),
        (DRIFT, RAW_DRIFT, 2.0, "drift within 2× a raw scan of its columns"),
    ):
        ratio, busy = _ratio(seen, counted, raw), _ratio(seen, counted, raw, "busy")
        lines.append(_line(words, f"{ratio:.2f}× ({busy:.2f}× its CPU time)" if ratio else "", ratio <= most))
    ours = [(rows, run) for rows, runs in seen.items() for run in runs if run.name in (FAIRNESS, DRIFT)]
    peak = max(run.megabytes for _, run in ours)
    ended = [f"; {run.name.strip('*')} at {rows:,} rows {run.reason}" for rows, run in ours if run.reason]
    held = peak <= MEMORY and not ended
    lines.append(_line(f"at most {MEMORY} MB, at any number of rows", f"{peak:.0f} MB{''.join(ended)}", held))
    return [*lines, *(_linear(seen, name) for name in (FAIRNESS, DRIFT))]


def _linear(seen: Seen, name: str) -> str:
    """What another million rows cost between each two sizes; CPU time, because others work here."""
    times = [(rows, run.busy) for rows in sorted(seen) for run in seen[rows] if run.name == name and run.turns]
    slopes = [1e6 * (after[1] - before[1]) / (after[0] - before[0]) for before, after in pairwise(times)]
    between = [f"{slope:.2f} s up to {rows // 1_000_000}M" for slope, (rows, _) in zip(slopes, times[1:], strict=True)]
    words = f"{name.strip('*')}: time linear in rows (a further million costs at most {BENT}× as much)"
    bent = all(after <= BENT * before for before, after in pairwise(slopes))
    return _line(words, "CPU time of a further million: " + ", ".join(between) if len(slopes) > 1 else "", bent)


def _ratio(seen: Seen, above: str, below: str, what: str = "wall") -> float:
    found = {run.name: getattr(run, what) for run in seen.get(PROMISED_AT, ())}
    return float(found.get(above, 0) / found[below]) if found.get(below) else 0.0


def _line(words: str, measured: str, held: bool) -> str:
    return f"| {words} | {measured or 'not measured'} | {('met' if held else '**not met**') if measured else '-'} |"
