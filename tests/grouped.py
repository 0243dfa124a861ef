"""Group counts by hand, or drawn: what the tests of the fairness measures are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from junzi_audit.seen.counts import AttributeCounts, Counts, GroupCounts
from junzi_audit.seen.tally import Tally

Sizes = Mapping[str, tuple[int, int]]


def tally(n: int, hits: int) -> Tally:
    """Independent records."""
    return Tally(n=n, hits=hits, clusters=n, hits_squared=hits, hits_by_size=hits, size_squared=n)


def table(groups: Sizes, positives: Sizes | None = None, negatives: Sizes | None = None, name: str = "party") -> Counts:
    """Independent records: (n, selected) of each group, and of its positives and negatives where there are labels."""
    counted = []
    for group in sorted(groups):
        (p, tp), (q, fp) = ((labels or {}).get(group, (0, 0)) for labels in (positives, negatives))
        counted.append(
            GroupCounts(
                group=group, selection=tally(*groups[group]), positives=tally(p, tp), negatives=tally(q, fp),
                labels=tally(p + q, p), precision=tally(tp + fp, tp),
            )
        )  # fmt: skip
    return counts_of(counted, name)


def counts_of(groups: Sequence[GroupCounts], name: str = "party") -> Counts:
    """The groups of one attribute, as the only one counted."""
    attribute = AttributeCounts(name=name, groups=tuple(groups), excluded=())
    return Counts(rows=attribute.counted, attributes=(attribute,))


def unlabelled(name: str, selection: Tally) -> GroupCounts:
    none = Tally()
    return GroupCounts(group=name, selection=selection, positives=none, negatives=none, labels=none, precision=none)


def labelled(positives: Sizes, negatives: Sizes, name: str = "party") -> Counts:
    """Groups whose every decision has an outcome: (n, selected) of the positives and of the negatives."""
    names = positives.keys() | negatives.keys()
    both = {group: (positives.get(group, (0, 0)), negatives.get(group, (0, 0))) for group in names}
    sizes = {group: (p[0] + q[0], p[1] + q[1]) for group, (p, q) in both.items()}
    return table(sizes, positives, negatives, name)


def drawn(seed: np.random.Generator, sizes: Sequence[int], chances: Sequence[float]) -> Counts:
    """Groups g0, g1, … of these sizes, each record selected with the group's chance."""
    hits = seed.binomial(sizes, chances)
    return table({f"g{at}": (int(n), int(k)) for at, (n, k) in enumerate(zip(sizes, hits, strict=True))})
