"""What counting decisions once comes to: everything the fairness measures need, without a single record.

Per attribute and group five tallies, each with the cluster sums from which its design effect follows. Rows in = rows
counted + rows excluded, for every attribute, always.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self

from junzi_audit.seen.tally import Tally

_STRICT = {"extra": "forbid"}


class Reason(StrEnum):
    """Why a row could not be counted for an attribute; the first that applies."""

    NO_TIME = "no time"
    NO_CLUSTER = "no entity"
    NO_DECISION = "no decision"
    NO_GROUP = "no group value"


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupCounts:
    """One group.

    The selected among all (``selection``), among outcome = yes (``positives``) and among outcome = no (``negatives``);
    outcome = yes among the labelled (``labels``), and among the selected of these (``precision``).
    """

    __pydantic_config__: ClassVar[Any] = _STRICT
    group: str
    selection: Tally
    positives: Tally
    negatives: Tally
    labels: Tally
    precision: Tally

    def __post_init__(self) -> None:
        outcomes = (self.positives.n + self.negatives.n, self.positives.n)
        right = (self.positives.hits + self.negatives.hits, self.positives.hits)
        tallied = ((self.labels.n, self.labels.hits), (self.precision.n, self.precision.hits))
        if tallied != (outcomes, right) or self.labels.n > self.selection.n:
            raise ValueError(f"{self.group}: these tallies cannot come from the same decisions")

    def __add__(self, other: Self) -> Self:
        return type(self)(group=self.group, **{name: getattr(self, name) + getattr(other, name) for name in TALLIES})

    @property
    def unlabelled(self) -> int:
        """Decisions without an outcome: in the selection rate, in no error rate."""
        return self.selection.n - self.labels.n


#: The names of a group's tallies.
TALLIES = ("selection", "positives", "negatives", "labels", "precision")


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
            left_out = [left.rows for left in attribute.excluded]
            if attribute.counted + sum(left_out) != self.rows or min(left_out, default=0) < 0:
                raise ValueError(f"{attribute.name}: counted and excluded rows do not add up to {self.rows}")
            if names != sorted(set(names)):
                raise ValueError(f"{attribute.name}: a group is repeated or out of order")

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


def excluded(reasons: Mapping[str, int]) -> tuple[Excluded, ...]:
    """The reasons that held for any row, by name."""
    return tuple(Excluded(reason=str(reason), rows=rows) for reason, rows in sorted(reasons.items()) if rows)


def _merged(one: AttributeCounts, two: AttributeCounts) -> AttributeCounts:
    groups = {group.group: group for group in one.groups}
    for group in two.groups:
        groups[group.group] = groups[group.group] + group if group.group in groups else group
    reasons: Counter[str] = Counter()
    for left in (*one.excluded, *two.excluded):
        reasons[left.reason] += left.rows
    return AttributeCounts(
        name=one.name, groups=tuple(groups[name] for name in sorted(groups)), excluded=excluded(reasons)
    )


def to_json(counts: Counts) -> dict[str, Any]:
    """The counts as plain JSON values, for a stored baseline; holds no record and no entity's id."""
    return asdict(counts)


def from_json(stored: Mapping[str, Any]) -> Counts:
    """The counts ``to_json`` wrote. ValueError, naming the place, on an unknown or missing key or a wrong number."""
    from pydantic import TypeAdapter  # here only: counting must not pay for it

    return TypeAdapter(Counts).validate_json(json.dumps(stored), strict=True)
