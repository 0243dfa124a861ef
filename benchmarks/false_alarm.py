"""F1: the chance of any BREACHED in 365 daily looks at a gap that never leaves its tolerance."""

from __future__ import annotations

import numpy as np

from benchmarks.tables import Share, Table
from benchmarks.worlds import DAYS, WITHIN, alarms_of

RUNS = 1000
SMOKE = 300
LIMIT = 0.05
_SIZES = (50, 200, 1000)
_UNKEYED = " (records without cluster key, not shipped)"


def run(runs: int, seed: int, smoke: bool = False) -> Table:
    rng = np.random.default_rng(seed)
    shares: list[tuple[str, int, Share]] = []
    for world in WITHIN:
        for n in (200,) if smoke else _SIZES:
            shares.append((world.name, n, _share(alarms_of(world, n, runs, rng))))
            if world.icc:
                shares.append((world.name + _UNKEYED, n, _share(alarms_of(world, n, runs, rng, keyed=False))))
    promised = [(f"{name}, n={n}: {share}", share) for name, n, share in shares if _UNKEYED not in name]
    return Table(
        name="false_alarm",
        caption=f"P(any BREACHED in a year of {DAYS} daily looks), tolerance .05, c = 7300; 95 % Clopper-Pearson "
        f"interval in brackets, nominal limit {LIMIT}. The promise is kept where the upper end is within the limit (in "
        f"a smoke run: the lower end). {runs} runs per cell, seed {seed}. `n`: records per group and day; clustered: 5 "
        "records per entity, intraclass correlation .2.",
        columns=("world", "n", "P(false BREACHED)"),
        rows=tuple(shares),
        failed=tuple(name for name, share in promised if (share.low if smoke else share.high) > LIMIT),
    )


def _share(first: np.ndarray) -> Share:
    return Share(hits=int((first < DAYS).sum()), runs=len(first))
