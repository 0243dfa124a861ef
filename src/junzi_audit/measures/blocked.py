"""Shares and quantiles of requests that come in seconds: those of one second share a queue and are no separate proof.

A share of n requests in B seconds is worth n / deff independent ones. deff is the design effect that the seconds show,
and at least what a correlation of 0.02 within a second makes of it: a calm run shows none, and the first bad second
would. Korn and Graubard (Survey Methodology 24, 1998) give the exact interval of such a share, corrected for its B - 1
degrees of freedom. A quantile's interval holds every latency that the share of slower answers does not rule out
(Francisco and Fuller, Annals of Statistics 19, 1991). ``alpha`` is the error on each side.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from statistics import NormalDist

from junzi_audit.measures.rates import clopper_pearson
from junzi_audit.seen.blocks import UNANSWERED, Block, cell_ends, latencies, quantile_cell
from junzi_audit.seen.tally import Tally

CORRELATION = 0.02
ALPHA = 0.05
#: Fewer seconds have no design effect worth its name.
FEWEST_BLOCKS = 5


def effective(hits: Sequence[int], sizes: Sequence[int], alpha: float = ALPHA) -> float:
    """How many independent requests these seconds are worth; ValueError below ``FEWEST_BLOCKS`` with a request."""
    pairs = [(hit, size) for hit, size in zip(hits, sizes, strict=True) if size]
    if len(pairs) < FEWEST_BLOCKS:
        raise ValueError(f"{len(pairs)} seconds with requests are fewer than {FEWEST_BLOCKS}")
    tally = Tally(
        n=sum(size for _, size in pairs), hits=sum(hit for hit, _ in pairs), clusters=len(pairs),
        hits_squared=sum(hit * hit for hit, _ in pairs), hits_by_size=sum(hit * size for hit, size in pairs),
        size_squared=sum(size * size for _, size in pairs),
    )  # fmt: skip
    least = 1 + (tally.size_squared / tally.n - 1) * CORRELATION
    shown = tally.design_effect(tally) if 0 < tally.hits < tally.n else 1.0
    student = float(importlib.import_module("scipy.special").stdtrit(len(pairs) - 1, 1 - alpha))
    return tally.n / max(least, shown) * (NormalDist().inv_cdf(1 - alpha) / student) ** 2


def share_interval(hits: Sequence[int], sizes: Sequence[int], alpha: float = ALPHA) -> tuple[float, float]:
    """Exact interval of the share of hits; ValueError as for ``effective``."""
    worth = effective(hits, sizes, alpha)
    return clopper_pearson(sum(hits) / sum(sizes) * worth, worth, alpha)


def quantile_interval(blocks: Sequence[Block], share: float, alpha: float = ALPHA) -> tuple[float, float, float]:
    """A quantile of the latencies in ms with its interval: (value, low, high).

    The interval leaves out what the share of slower answers rules out. No end flatters: the value and the high end are
    upper ends of cells, the low end a lower one. The high end is infinite when too little was seen to rule out any
    latency. ValueError as for ``effective``.
    """
    cells = latencies(blocks)
    sizes = [_within(block, 0) for block in blocks]
    low, high = 0.0, math.inf
    for cell in sorted(cells):
        if share_interval([_within(block, cell) for block in blocks], sizes, alpha)[0] > 1 - share:
            low = cell_ends(cell)[0]
    for cell in sorted(cells, reverse=True):
        if share_interval([_within(block, cell + 1) for block in blocks], sizes, alpha)[1] > 1 - share:
            break
        high = cell_ends(cell)[1]
    return cell_ends(quantile_cell(cells, share))[1], low, high


def _within(block: Block, cell: int) -> int:
    """Requests of that second in this cell or a slower one; one without an answer is in the slowest."""
    return sum(n for each, n in block.cells.items() if each >= cell) + (block.silent if cell <= UNANSWERED else 0)
