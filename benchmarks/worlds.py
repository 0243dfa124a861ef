"""Simulated years of a gap between two groups, drawn for many runs at once, and what the detector makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom, binom

from junzi_audit.measures.budgets import BUDGETS
from junzi_audit.measures.detector import log_detector, log_evidence
from junzi_audit.measures.evalues import CLUSTERED, Floats, parity, stacked
from junzi_audit.model import Cadence

DAYS = 365
TOLERANCE = 0.05
CHANGE = 100
NEVER = 10**6
DAILY = BUDGETS[Cadence.DAILY]
STACK = stacked(parity("ab", TOLERANCE), "ab")
_AT_ONCE = 10
_DAY = np.arange(DAYS)


@dataclass(frozen=True, kw_only=True)
class World:
    """Rates base + gap/2 and base - gap/2 on each day; ``size`` records come from one entity, ``icc`` alike."""

    name: str
    gap: Any
    base: Any = 0.3
    size: int = 1
    icc: float = 0.0

    def rates(self) -> Floats:
        """(T, 2)."""
        gap, base = np.broadcast_to(self.gap, DAYS), np.broadcast_to(self.base, DAYS)
        return np.stack([base + gap / 2, base - gap / 2], axis=-1)


_AFTER = np.where(_DAY >= CHANGE, 1.0, 0.0)
_SEASON = 0.3 + 0.1 * np.sin(2 * np.pi * _DAY / DAYS)
WITHIN = (
    World(name="equal", gap=0.0),
    World(name="edge", gap=TOLERANCE),
    World(name="seasonal", gap=0.04, base=_SEASON),
    World(name="clustered, equal", gap=0.0, size=5, icc=0.2),
    World(name="clustered, edge", gap=TOLERANCE, size=5, icc=0.2),
)
BEYOND = (
    World(name="jump to .10", gap=0.10 * _AFTER),
    World(name="jump to .15", gap=0.15 * _AFTER),
    World(name="ramp to .15", gap=0.15 * np.clip((_DAY - CHANGE + 1) / 100, 0, 1)),
)


def drawn(world: World, n: int, runs: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """How many entities of each group had 0, 1, … hits on each day, (R, T, 2, size + 1), of n records a day."""
    hits = np.arange(world.size + 1)
    p = world.rates()[..., None]
    if world.icc:
        strength = (1 - world.icc) / world.icc
        chances = betabinom.pmf(hits, world.size, p * strength, (1 - p) * strength)
    else:
        chances = binom.pmf(hits, world.size, p)
    chances /= chances.sum(-1, keepdims=True)
    return rng.multinomial(n // world.size, chances, size=(runs, DAYS, 2))


def evidence(counts: NDArray[np.int64], *, keyed: bool = True) -> Floats:
    """log M of every day, (R, T). Without the cluster key the records of an entity are taken for independent ones."""
    size = counts.shape[-1] - 1
    values = np.arange(size + 1) / size
    if not keyed:
        hits = counts @ np.arange(size + 1)
        counts, values = np.stack([size * counts.sum(-1) - hits, hits], axis=-1), np.array([0.0, 1.0])
    kappas = CLUSTERED if size > 1 and keyed else (1.0,)
    parts = [counts[start : start + _AT_ONCE].astype(float) for start in range(0, len(counts), _AT_ONCE)]
    logs = np.concatenate([log_evidence(values, part, STACK, DAILY.memory, kappas) for part in parts])
    return log_detector(logs)[0]


def first(alarms: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The first day with an alarm, (R,), counted from 0; NEVER without one."""
    return np.where(alarms.any(-1), alarms.argmax(-1), NEVER)


def alarms_of(world: World, n: int, runs: int, rng: np.random.Generator, *, keyed: bool = True) -> NDArray[np.int64]:
    """The first day on which the shipped detector says BREACHED, (R,)."""
    return first(evidence(drawn(world, n, runs, rng), keyed=keyed) >= np.log(DAILY.threshold()))
