"""The one counting pass over decisions: everything the fairness measures need, without keeping a single record.

Per attribute and group three tallies (selected among all, among positives, among negatives), each with the cluster sums
from which its design effect follows. Rows in = rows counted + rows excluded, for every attribute, always.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any, ClassVar, Self

from junzi_audit.measures.tally import SUMS, Tally
from junzi_audit.records import Decision

_STRICT = {"extra": "forbid"}
_Key = tuple[str, tuple[str | None, ...], bool | None, bool | None]
_KEY = attrgetter("cluster", "groups", "selected", "outcome")


class Reason(StrEnum):
    """Why a row could not be counted for an attribute; the first that applies."""

    NO_CLUSTER = "no entity"
    NO_DECISION = "no decision"
    NO_GROUP = "no group value"


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupCounts:
    """One group. ``positives`` tallies the selected among outcome = yes, ``negatives`` among outcome = no."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    group: str
    selection: Tally
    positives: Tally
    negatives: Tally

    def __add__(self, other: Self) -> Self:
        return type(self)(
            group=self.group,
            selection=self.selection + other.selection,
            positives=self.positives + other.positives,
            negatives=self.negatives + other.negatives,
        )

    @property
    def unlabelled(self) -> int:
        """Decisions without an outcome: in the selection rate, in no error rate."""
        return self.selection.n - self.positives.n - self.negatives.n


@dataclass(frozen=True, kw_only=True, slots=True)
class Excluded:
    """How many rows an attribute could not count, and why."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    reason: str
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AttributeCounts:
    """One attribute's groups, by name, and its excluded rows, by reason."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    name: str
    groups: tuple[GroupCounts, ...]
    excluded: tuple[Excluded, ...]

    @property
    def counted(self) -> int:
        """Rows that entered some group's selection rate."""
        return sum(group.selection.n for group in self.groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """``rows`` decisions, counted once for each attribute. ValueError unless counted + excluded = rows everywhere."""

    __pydantic_config__: ClassVar[Any] = _STRICT
    rows: int
    attributes: tuple[AttributeCounts, ...]

    def __post_init__(self) -> None:
        for attribute in self.attributes:
            names = [group.group for group in attribute.groups]
            excluded = [left.rows for left in attribute.excluded]
            if attribute.counted + sum(excluded) != self.rows or min(excluded, default=0) < 0:
                raise ValueError(f"{attribute.name}: counted and excluded rows do not add up to {self.rows}")
            if names != sorted(set(names)) or any(group.unlabelled < 0 for group in attribute.groups):
                raise ValueError(f"{attribute.name}: a group is repeated, out of order or has more labels than rows")

    def __add__(self, other: Self) -> Self:
        """The counts of both parts together; exact where no cluster is in both (see ``Tally``)."""
        theirs = [attribute.name for attribute in other.attributes]
        if [attribute.name for attribute in self.attributes] != theirs:
            raise ValueError(f"counts of {theirs} cannot be added to counts of other attributes")
        merged = map(_merged, self.attributes, other.attributes)
        return type(self)(rows=self.rows + other.rows, attributes=tuple(merged))

    def of(self, attribute: str) -> AttributeCounts:
        """The counts of one attribute; ValueError names the nearest one that was counted."""
        names = {found.name: found for found in self.attributes}
        if attribute not in names:
            near = difflib.get_close_matches(attribute, names, n=1, cutoff=0)
            raise ValueError(f"attribute {attribute!r} was not counted; did you mean {near[0] if near else 'none'!r}?")
        return names[attribute]


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
    sizes: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 6)
    excluded: Counter[str] = Counter()
    for (cluster, groups, selected, outcome), times in cells.items():
        group = groups[index]
        if not cluster:
            excluded[Reason.NO_CLUSTER] += times
        elif selected is None:
            excluded[Reason.NO_DECISION] += times
        elif not group:
            excluded[Reason.NO_GROUP] += times
        else:
            hits = times if selected else 0
            size = sizes[group, cluster]
            size[0] += times
            size[1] += hits
            if outcome is not None:
                offset = 2 if outcome else 4
                size[offset] += times
                size[offset + 1] += hits
    return AttributeCounts(name=name, groups=_groups(sizes), excluded=_excluded(excluded))


def _groups(sizes: Mapping[tuple[str, str], Sequence[int]]) -> tuple[GroupCounts, ...]:
    # Six sums per tally, in the order of its fields; written out because this loop is most of the pass.
    sums: defaultdict[str, list[list[int]]] = defaultdict(lambda: [[0] * len(SUMS) for _ in range(3)])
    for (group, _), size in sizes.items():
        for total, m, x in zip(sums[group], size[::2], size[1::2], strict=True):
            if m:
                total[0] += m
                total[1] += x
                total[2] += 1
                total[3] += x * x
                total[4] += x * m
                total[5] += m * m
    tallies = {group: [Tally(**dict(zip(SUMS, part, strict=True))) for part in sums[group]] for group in sorted(sums)}
    return tuple(
        GroupCounts(group=group, selection=every, positives=positives, negatives=negatives)
        for group, (every, positives, negatives) in tallies.items()
    )


def _excluded(reasons: Mapping[str, int]) -> tuple[Excluded, ...]:
    return tuple(Excluded(reason=str(reason), rows=rows) for reason, rows in sorted(reasons.items()) if rows)


def _merged(one: AttributeCounts, two: AttributeCounts) -> AttributeCounts:
    groups = {group.group: group for group in one.groups}
    for group in two.groups:
        groups[group.group] = groups[group.group] + group if group.group in groups else group
    reasons: Counter[str] = Counter()
    for left in (*one.excluded, *two.excluded):
        reasons[left.reason] += left.rows
    return AttributeCounts(
        name=one.name, groups=tuple(groups[name] for name in sorted(groups)), excluded=_excluded(reasons)
    )


def to_json(counts: Counts) -> dict[str, Any]:
    """The counts as plain JSON values, for a stored baseline; holds no record and no entity's id."""
    return asdict(counts)


def from_json(stored: Mapping[str, Any]) -> Counts:
    """The counts ``to_json`` wrote. ValueError, naming the place, on an unknown or missing key or a wrong number."""
    from pydantic import TypeAdapter  # here only: counting must not pay for it

    return TypeAdapter(Counts).validate_json(json.dumps(stored), strict=True)
