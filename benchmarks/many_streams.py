"""F6: 48 streams that share a reference group, watched for a year: how many of the flags are false ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from benchmarks.tables import Share, Table
from benchmarks.worlds import CHANGE, DAILY, DAYS, NEVER, TOLERANCE, evidence, first
from junzi_audit.measures.evalues import Floats
from junzi_audit.measures.triage import flagged

RUNS = 200
SMOKE = 15
STREAMS = 48
ALPHA = 0.05
_N = 200
_GAP = 0.12
_TRUE = 4


@dataclass(frozen=True, kw_only=True)
class Found:
    """One rule: the runs with a false flag on any day, the false share among the flags of each run's last day and of
    its worst day, the true streams flagged on the last day, and the days until each of them was first flagged."""

    rule: str
    any_false: Share
    last: float
    worst: float
    power: float
    delay: float


def drawn(true: int, runs: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Hits of a stream's group and of the one reference group, (R, S, T, 2). The first ``true`` streams leave the
    tolerance on day 101; half of the others lie on its edge all year."""
    gap = np.zeros((STREAMS, DAYS))
    gap[true::2] = TOLERANCE
    gap[:true, CHANGE:] = _GAP
    groups = rng.binomial(_N, 0.3 + gap, size=(runs, STREAMS, DAYS))
    reference = rng.binomial(_N, 0.3, size=(runs, 1, DAYS))
    return np.stack(np.broadcast_arrays(groups, reference), axis=-1)


def by_evidence(hits: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Flags (R, S, T) by e-BH of each day, and latched ones by the family-wise threshold."""
    counts = np.stack([_N - hits, hits], axis=-1).reshape(-1, DAYS, 2, 2)
    log_m = evidence(counts).reshape(hits.shape[:3])
    e = np.exp(np.minimum(log_m, 700)) / DAYS
    by_triage = np.zeros(e.shape, bool)
    for run, day in np.ndindex(e.shape[0], DAYS):
        for flag in flagged(dict(zip(map(str, range(STREAMS)), e[run, :, day].tolist(), strict=True)), ALPHA):
            by_triage[run, int(flag.stream), day] = True
    alarm = np.maximum.accumulate(log_m, axis=-1) >= np.log(DAILY.threshold(STREAMS))
    return {"e-BH of M/365 (shipped, triage)": by_triage, "M >= 48 * 7300 (shipped, family-wise)": alarm}


def by_p_values(hits: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Flags (R, S, T) by the p-value of each day against the tolerance, alone and after Benjamini-Hochberg."""
    p = hits / _N
    error = np.sqrt((p * (1 - p) / _N).sum(-1))
    values: Floats = norm.sf((np.abs(p[..., 0] - p[..., 1]) - TOLERANCE) / error)
    order = np.sort(values, axis=1)
    steps = ALPHA * np.arange(1, STREAMS + 1)[:, None] / STREAMS
    cut = np.where(order <= steps, order, -1.0).max(1, keepdims=True)
    return {"daily p < .05": values < ALPHA, "daily Benjamini-Hochberg": values <= cut}


def judged(rule: str, flags: NDArray[np.bool_], true: int) -> Found:
    false, all_of = flags[:, true:].sum(1), flags.sum(1)
    wrong = false / np.maximum(all_of, 1)
    days = first(flags[:, :true, CHANGE:]).ravel()
    return Found(
        rule=rule,
        any_false=Share(hits=int(flags[:, true:].any((1, 2)).sum()), runs=len(flags)),
        last=float(wrong[:, -1].mean()),
        worst=float(wrong.mean(0).max()),
        power=float(flags[:, :true, -1].mean()) if true else np.nan,
        delay=float(np.median(np.where(days < NEVER, days + 1, np.inf))) if true else np.nan,
    )


def run(runs: int, seed: int, smoke: bool = False) -> Table:
    rng = np.random.default_rng(seed)
    rows, failed = [], []
    for true in (0, _TRUE):
        hits = drawn(true, runs, rng)
        for rule, flags in {**by_evidence(hits), **by_p_values(hits)}.items():
            found = judged(rule, flags, true)
            power = (f"{found.power:.3f}", f"{found.delay:.0f}") if true else ("–", "–")
            rows.append((true, rule, found.any_false, f"{found.last:.4f}", f"{found.worst:.4f}", *power))
            if "shipped" in rule and (found.worst > ALPHA or found.power < 1):
                failed.append(f"{rule} with {true} true")
    return Table(
        name="many_streams",
        caption=f"{STREAMS} streams against one shared reference group, {_N} records per group and day; half of the "
        f"streams that stay within the tolerance lie exactly on its edge, the true ones have a gap of {_GAP} from day "
        "101 on. False share: mean share of false ones among the flags, on the last day and on the worst of the "
        f"{DAYS} days, nominal limit {ALPHA}. Delay: median days until a true stream is flagged. "
        f"{runs} runs, seed {seed}.",
        columns=("true", "rule", "P(any false flag in the year)", "false share, last", "worst day", "power", "delay"),
        rows=tuple(rows),
        failed=tuple(failed),
    )
