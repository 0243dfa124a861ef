"""Counting decisions one by one: what the scan's SQL must come to, and how the tests of measures get their counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from junzi_audit.seen.counts import TALLIES, AttributeCounts, Counts, GroupCounts, Reason, excluded
from junzi_audit.seen.tally import SUMS, Tally

_Key = tuple[str, tuple[str | None, ...], bool | None, bool | None]
_KEY = attrgetter("cluster", "groups", "selected", "outcome")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """``cluster`` is the independent unit; ``groups`` has one value per attribute; None or "" is a missing value."""

    cluster: str
    selected: bool | None
    outcome: bool | None
    groups: tuple[str | None, ...]


def count(rows: Iterable[Decision], attributes: Sequence[str]) -> Counts:
    """Count every decision once, for each attribute (in the order of ``Decision.groups``).

    ValueError when a decision does not carry one group value per attribute.
    """
    cells: Counter[_Key] = Counter(map(_KEY, rows))
    widths = {len(groups) for _, groups, _, _ in cells} - {len(attributes)}
    if widths:
        raise ValueError(f"{len(attributes)} attributes asked, but a decision carries {min(widths)} group values")
    counted = (_attribute(cells, index, name) for index, name in enumerate(attributes))
    return Counts(rows=cells.total(), attributes=tuple(counted))


def _attribute(cells: Mapping[_Key, int], index: int, name: str) -> AttributeCounts:
    sizes: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 2 * len(TALLIES))
    left: Counter[str] = Counter()
    for (cluster, groups, selected, outcome), times in cells.items():
        group = groups[index]
        if not cluster:
            left[Reason.NO_CLUSTER] += times
        elif selected is None:
            left[Reason.NO_DECISION] += times
        elif not group:
            left[Reason.NO_GROUP] += times
        else:
            tallied = {"selection": selected}
            if outcome is not None:
                tallied |= {"positives" if outcome else "negatives": selected, "labels": outcome}
            if outcome is not None and selected:
                tallied["precision"] = outcome
            for tally, hit in tallied.items():
                at = 2 * TALLIES.index(tally)
                sizes[group, cluster][at] += times
                sizes[group, cluster][at + 1] += times * hit
    return AttributeCounts(name=name, groups=_groups(sizes), excluded=excluded(left))


def _groups(sizes: Mapping[tuple[str, str], Sequence[int]]) -> tuple[GroupCounts, ...]:
    sums: defaultdict[str, list[list[int]]] = defaultdict(lambda: [[0] * len(SUMS) for _ in TALLIES])
    for (group, _), size in sizes.items():
        for total, m, x in zip(sums[group], size[::2], size[1::2], strict=True):
            if m:
                total[:] = map(int.__add__, total, (m, x, 1, x * x, x * m, m * m))
    tallies = {group: [Tally(**dict(zip(SUMS, part, strict=True))) for part in sums[group]] for group in sorted(sums)}
    return tuple(GroupCounts(group=group, **dict(zip(TALLIES, parts, strict=True))) for group, parts in tallies.items())
