"""Frozen histograms: equal cells fixed by a baseline, mergeable, with what lies outside and what is missing counted."""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, ClassVar, Self

_STRICT = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Rows of one column by value, in the column's own unit.

    ``counts``: equal cells [a, b) from ``low`` to ``high``, the last one closed; ``below`` and ``above`` lie outside,
    ``missing`` rows hold no number. ValueError for a negative count or a grid without extent.
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    low: float
    high: float
    counts: tuple[int, ...]
    below: int = 0
    above: int = 0
    missing: int = 0

    def __post_init__(self) -> None:
        if not (self.counts and math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"a histogram from {self.low} to {self.high} in {len(self.counts)} cells is not possible")
        if min(*self.counts, self.below, self.above, self.missing) < 0:
            raise ValueError("a histogram cannot hold a negative count")

    def __add__(self, other: Self) -> Self:
        """Both together, exactly; ValueError when their cells are not the same."""
        if self.digest != other.digest:
            raise ValueError(f"cells of {_grid(self)} cannot be added to cells of {_grid(other)}")
        return type(self)(
            low=self.low,
            high=self.high,
            counts=tuple(map(int.__add__, self.counts, other.counts)),
            below=self.below + other.below,
            above=self.above + other.above,
            missing=self.missing + other.missing,
        )

    @cached_property
    def n(self) -> int:
        """Rows that hold a number."""
        return self.below + sum(self.counts) + self.above

    @cached_property
    def width(self) -> float:
        """Width of one cell."""
        return (self.high - self.low) / len(self.counts)

    @cached_property
    def edges(self) -> tuple[float, ...]:
        """The ends of the cells: one more than there are cells."""
        return (*(self.low + at * self.width for at in range(len(self.counts))), self.high)

    @property
    def digest(self) -> str:
        """SHA-256 of the cells: two histograms can be compared when it is the same."""
        return hashlib.sha256(f"{float(self.low)!r} {float(self.high)!r} {len(self.counts)}".encode()).hexdigest()

    @cached_property
    def cumulative(self) -> tuple[int, ...]:
        """Rows below each edge (at or below the last one)."""
        return tuple(accumulate(self.counts, initial=self.below))


def quantile_cuts(baseline: Histogram, bins: int = 10) -> tuple[int, ...]:
    """The edges (by index) that cut the baseline into at most ``bins`` parts with about equal rows, ends left out.

    Fewer where one cell holds more than a part, none for a baseline without numbers. Never looks at any other data.
    """
    cuts: list[int] = []
    below, n = baseline.cumulative, baseline.n
    for part in range(1, bins):
        after = min(bisect_left(below, part * n, key=lambda rows: rows * bins), len(below) - 1)
        before = bisect_left(below, below[max(0, after - 1)])
        nearest = min(before, after, key=lambda at: abs(below[at] * bins - part * n))
        if 0 < below[nearest] < n and (not cuts or below[nearest] > below[cuts[-1]]):
            cuts.append(nearest)
    return tuple(cuts)


def rebinned(histogram: Histogram, cuts: Sequence[int]) -> tuple[int, ...]:
    """Rows between the cuts: one part more than there are cuts, what lies outside in the first and the last."""
    marks = [0, *(histogram.cumulative[cut] for cut in cuts), histogram.n]
    return tuple(after - before for before, after in pairwise(marks))


def to_json(histogram: Histogram) -> dict[str, Any]:
    """The histogram as plain JSON values, for a stored baseline; ``cells`` is the digest of its edges."""
    return {**asdict(histogram), "counts": list(histogram.counts), "cells": histogram.digest}


def from_json(stored: Mapping[str, Any]) -> Histogram:
    """The histogram ``to_json`` wrote. ValueError on a wrong key or number, or on cells edited by hand."""
    from pydantic import TypeAdapter  # here only: a comparison must not pay for it

    plain = {key: value for key, value in stored.items() if key != "cells"}
    histogram = TypeAdapter(Histogram).validate_json(json.dumps(plain), strict=True)
    if stored.get("cells") != histogram.digest:
        raise ValueError(f"cells: {stored.get('cells')!r} is not the digest of {_grid(histogram)}")
    return histogram


def _grid(histogram: Histogram) -> str:
    return f"{histogram.low:g} to {histogram.high:g} in {len(histogram.counts)} cells"
