"""F5: how often an audit that may stop after any item assures a population with as many errors as it denies."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from benchmarks.tables import Share, Table
from junzi_audit.measures.evalues import log_audit

RUNS = 2000
SMOKE = 300
POPULATION = 10_000
LIMIT = 0.02
ALPHA = 0.05
_WRONG = (0, 20, 50, 100, 200)
_EVERY = 10
_PLAN = 147
_AT_ONCE = 100
_NAIVE = f"exact bound recomputed every {_EVERY} items"


def stops(wrong: int, runs: int, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Items audited until each way of auditing says MET, (R,); POPULATION + 1 where it never does."""
    found: dict[str, list[NDArray[np.int64]]] = {}
    for start in range(0, runs, _AT_ONCE):
        items = np.zeros((min(_AT_ONCE, runs - start), POPULATION))
        items[:, :wrong] = 1
        errors = rng.permuted(items, axis=1)
        for way, met in ways(errors).items():
            found.setdefault(way, []).append(np.where(met.any(1), met.argmax(1) + 1, POPULATION + 1))
    return {way: np.concatenate(parts) for way, parts in found.items()}


@lru_cache(maxsize=1)
def most_errors() -> NDArray[np.float64]:
    """The most errors with which the exact bound of a fixed sample of 1, 2, … items is below the limit, (N,)."""
    wrong, drawn = round(LIMIT * POPULATION), np.arange(1, POPULATION + 1)
    most = hypergeom.ppf(ALPHA, POPULATION, wrong, drawn)
    return np.asarray(most - (hypergeom.cdf(most, POPULATION, wrong, drawn) > ALPHA))


def ways(errors: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
    """After which items each way of auditing would say MET, (R, N)."""
    seen = np.cumsum(errors, axis=1)
    drawn = np.arange(1, POPULATION + 1)
    return {
        "ALPHA, after every item (shipped)": log_audit(errors, population=POPULATION, limit=LIMIT) >= np.log(1 / ALPHA),
        f"fixed plan: {_PLAN} items, no error allowed": (seen == 0) & (drawn == _PLAN),
        _NAIVE: (seen <= most_errors()) & (drawn % _EVERY == 0),
    }


def run(runs: int, seed: int, smoke: bool = False) -> Table:
    rng = np.random.default_rng(seed)
    rows, failed = [], []
    for wrong in _WRONG:
        for way, items in stops(wrong, runs, rng).items():
            met = Share(hits=int((items <= POPULATION).sum()), runs=runs)
            early = items[items < POPULATION]
            middle = np.quantile(early, [0.5, 0.9]).round().astype(int).tolist() if len(early) else ["–", "–"]
            rows.append((f"{wrong / POPULATION:.1%}", way, met, " / ".join(map(str, middle))))
            if wrong >= LIMIT * POPULATION and "shipped" in way and met.low > ALPHA:
                failed.append(f"{way}: {met}")
    return Table(
        name="audit_risk_limit",
        caption=f"An audit of {POPULATION} items is to show that fewer than {LIMIT:.0%} are wrong, error {ALPHA}. In "
        f"the last rows exactly {LIMIT:.0%} are wrong and every MET is a wrong one: nominal limit {ALPHA} over "
        "all looks together, 95 % Clopper-Pearson interval in brackets, broken when the whole interval lies above it. "
        f"Items: median / 90th percentile of the audits that say MET. {runs} runs, seed {seed}.",
        columns=("wrong items", "way of auditing", "P(MET)", "items"),
        rows=tuple(rows),
        failed=tuple(failed),
    )
