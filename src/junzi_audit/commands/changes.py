"""What differs between two stored values: figures one by one, counts and histograms by their shares."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeVar

from junzi_audit.seen import counts, histograms
from junzi_audit.wording import number

#: How many differences of one kind are told; the rest is counted.
MOST = 10
#: A mapping to whole numbers with more entries than this is a distribution, also under another name than ``counts``.
_FEW = 8
#: What names the parts of a list, the first that there is.
_NAMES = ("name", "group", "column", "reason", "day")
#: What each tally's share of hits is called.
_RATES = {
    "selection": "selection rate",
    "positives": "true positive rate",
    "negatives": "false positive rate",
    "labels": "base rate",
    "precision": "precision",
}
_NONE = "–"
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of a difference, in words and signs; ``size`` orders lines of a kind."""

    what: str
    old: str
    new: str
    change: str = ""
    relative: str = ""
    size: float = 0.0


def of_value(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What differs between two values that a check stored; empty when nothing does."""
    return _of("", old, new)


def scalar(what: str, old: object, new: object) -> Change:
    """One figure or word, with its absolute and relative change where both are numbers; None is told as absent."""
    if not _is_number(old) or not _is_number(new):
        return Change(what=what, old=_shown(old), new=_shown(new))
    change = float(new) - float(old)  # type: ignore[arg-type]
    relative = change / abs(float(old)) if old else 0.0  # type: ignore[arg-type]
    told = _signed(relative * 100, "%") if old else ""
    return Change(
        what=what, old=_shown(old), new=_shown(new), change=_signed(change), relative=told, size=abs(relative)
    )  # fmt: skip


def names(what: str, old: Collection[str], new: Collection[str]) -> list[Change]:
    """Names that are gone and names that are new, the first of each."""
    gone = [Change(what=f"{what} {name}", old="there", new=_NONE) for name in old if name not in new]
    come = [Change(what=f"{what} {name}", old=_NONE, new="there") for name in new if name not in old]
    return _largest(gone, f"{what} gone") + _largest(come, f"{what} new")


def _of(place: str, old: Any, new: Any) -> list[Change]:
    """The differences of two JSON values at that place; what no kind tells apart is told to differ all the same."""
    if old == new:
        return []
    kinds: tuple[Callable[[str, Any, Any], list[Change] | None], ...] = (_histograms, _counts, _shares_of, _parts)
    for kind in kinds:
        found = kind(place, old, new)
        if found is not None:
            return found or [Change(what=place or "value", old="there", new="differs in details")]
    return [scalar(place, old, new)]


def _histograms(place: str, old: Any, new: Any) -> list[Change] | None:
    one, two = _as(histograms.from_json, old), _as(histograms.from_json, new)
    if two is not None and not old:
        one = _emptied(two)
    elif one is not None and not new:
        two = _emptied(one)
    if one is None or two is None:
        return None
    missing = [scalar(_at(place, "missing"), one.missing, two.missing)] if one.missing != two.missing else []
    if one.digest == two.digest:
        return [*_shares(place, _cells(one), _cells(two)), *missing]
    grids = [f"{each.low:g} to {each.high:g} in {len(each.counts)}" for each in (one, two)]
    return [Change(what=_at(place, "cells"), old=grids[0], new=grids[1]), *_total(place, one.n, two.n), *missing]


def _emptied(histogram: histograms.Histogram) -> histograms.Histogram:
    """The same cells without a row: what stands in for a histogram that is not there."""
    return replace(histogram, counts=(0,) * len(histogram.counts), below=0, above=0, missing=0)


def _cells(histogram: histograms.Histogram) -> dict[str, int]:
    labels = [f"{low:.9g} to {high:.9g}" for low, high in pairwise(histogram.edges)]
    cells = dict(zip(labels, histogram.counts, strict=True))
    return {f"below {histogram.low:g}": histogram.below, **cells, f"above {histogram.high:g}": histogram.above}


def _counts(place: str, old: Any, new: Any) -> list[Change] | None:
    """Of every attribute: who came and went, whose share of the decisions moved, and whose rates."""
    one, two = _as(counts.from_json, old), _as(counts.from_json, new)
    if two is None or (one is None and old):
        return None
    before = {each.name: each for each in one.attributes} if one else {}
    after = {each.name: each for each in two.attributes}
    found = _total(place, one.rows if one else 0, two.rows) + names(_at(place, "attribute"), before, after)
    for name in after:
        found += _attribute(_at(place, name), before.get(name, _unknown(name)), after[name])
    return found


def _attribute(place: str, old: counts.AttributeCounts, new: counts.AttributeCounts) -> list[Change]:
    sizes = [{group.group: group.selection.n for group in side.groups} for side in (old, new)]
    left_out = [{left.reason: left.rows for left in side.excluded} for side in (old, new)]
    groups = [{group.group: group for group in side.groups} for side in (old, new)]
    return _shares(place, *sizes) + _rates(place, *groups) + (_parts(_at(place, "excluded"), *left_out) or [])


def _unknown(name: str) -> counts.AttributeCounts:
    return counts.AttributeCounts(name=name, groups=(), excluded=())


def _rates(place: str, old: Mapping[str, counts.GroupCounts], new: Mapping[str, counts.GroupCounts]) -> list[Change]:
    moved = []
    for group in (group for group in new if group in old):
        for tally, rate in _RATES.items():
            before, after = getattr(old[group], tally), getattr(new[group], tally)
            if before.n and after.n and before.hits * after.n != after.hits * before.n:
                what = f"{place} · {rate} of {group}"
                moved.append(_share(what, before.hits / before.n, after.hits / after.n))
    return _largest(moved, f"{place} rates")


def _shares_of(place: str, old: Any, new: Any) -> list[Change] | None:
    """Of plain mappings to whole numbers that are called counts, or have many entries."""
    sides = [side or {} for side in (old, new)]
    many = place.endswith("counts") or max((len(side) for side in sides if isinstance(side, Mapping)), default=0) > _FEW
    if not many or not all(isinstance(side, Mapping) and all(map(_is_count, side.values())) for side in sides):
        return None
    return _shares(place, *sides)


def _shares(place: str, old: Mapping[str, int], new: Mapping[str, int]) -> list[Change]:
    """Total, the largest changes of share, and the names that are gone or new with how many they hold."""
    before, after = sum(old.values()), sum(new.values())
    moved = [
        _share(f"{place} · share of {name}".lstrip(" ·"), old[name] / before, new[name] / after)
        for name in new
        if name in old and before and after and old[name] * after != new[name] * before
    ]
    gone = [scalar(_at(place, name), old[name], None) for name in _by_size(old) if name not in new]
    come = [scalar(_at(place, name), None, new[name]) for name in _by_size(new) if name not in old]
    return [
        *_total(place, before, after),
        *_largest(moved, f"{place} shares"),
        *_largest(gone, f"{place} gone"),
        *_largest(come, f"{place} new"),
    ]


def _by_size(counted: Mapping[str, int]) -> list[str]:
    return sorted(counted, key=lambda name: -counted[name])


def _parts(place: str, old: Any, new: Any) -> list[Change] | None:
    """Of a mapping, or a list taken as one: the parts that differ; plain figures by the largest relative change."""
    sides = [_mapping(side) for side in (old, new)]
    if sides[0] is None or sides[1] is None:
        return None
    keys = dict.fromkeys([*sides[0], *sides[1]])
    told = {key: _of(_at(place, key), sides[0].get(key), sides[1].get(key)) for key in keys}
    plain = [found[0] for found in told.values() if len(found) == 1]
    return _largest(plain, f"{place} figures") + [each for found in told.values() if len(found) > 1 for each in found]


def _mapping(value: Any) -> dict[str, Any] | None:
    """A mapping as it is, a list by the names of its parts or by position, nothing as empty; None for a plain value."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    named = [_name(part) for part in value]
    keys = named if all(named) and len(set(named)) == len(named) else [str(at) for at in range(len(named))]
    return dict(zip(keys, value, strict=True))


def _name(part: Any) -> str:
    return next((str(part[key]) for key in _NAMES if key in part), "") if isinstance(part, Mapping) else ""


def _total(place: str, old: int, new: int) -> list[Change]:
    return [scalar(_at(place, "n"), old, new)] if old != new else []


def _share(what: str, old: float, new: float) -> Change:
    old_told, new_told = (f"{number(share * 100, 3)}%" for share in (old, new))
    relative = _signed((new - old) / old * 100, "%") if old else ""
    points = _signed((new - old) * 100, " points")
    return Change(what=what, old=old_told, new=new_told, change=points, relative=relative, size=abs(new - old))


def _largest(changes: Iterable[Change], what: str) -> list[Change]:
    """The largest, in falling order, and how many more there are."""
    ordered = sorted(changes, key=lambda each: -each.size)
    left = len(ordered) - MOST
    more = [Change(what=f"… {left:,} more{f' of {what}' if what.strip() else ''}", old="", new="")] if left > 0 else []
    return ordered[:MOST] + more


def _as(read: Callable[[Mapping[str, Any]], T], value: Any) -> T | None:
    """The value as that kind of thing, if it is one."""
    try:
        return read(value) if isinstance(value, Mapping) else None
    except (ValueError, TypeError):
        return None


def _at(place: str, name: str) -> str:
    return f"{place} · {name}" if place else name


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _signed(value: float, unit: str = "") -> str:
    return f"{'+' if value > 0 else ''}{number(value)}{unit}"


def _shown(value: object) -> str:
    if value is None:
        return _NONE
    if _is_number(value):
        return number(value, 6)  # type: ignore[arg-type]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
