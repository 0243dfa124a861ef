"""The labelled validation set: what the scanner finds of what is there, beside what it found when it was approved."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from junzi_audit.findings import Chart, Exhibit, Measurement, Unseen
from junzi_audit.measures import rates
from junzi_audit.model import Cause
from junzi_audit.records import ValidationPair

_ALPHA = 0.05
#: Under which key a baseline names its pairs.
_PAIRS = "pairs"
_BANDS = 5


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """``found`` of ``contradictions`` pairs that contradict, among ``claimed`` pairs that were said to."""

    contradictions: int
    claimed: int
    found: int

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where neither is defined."""
        both = self.contradictions + self.claimed
        return 2 * self.found / both if both else None


def confusion(pairs: Sequence[ValidationPair]) -> Confusion:
    """Count the pairs."""
    return Confusion(
        contradictions=sum(pair.contradicts for pair in pairs),
        claimed=sum(pair.found for pair in pairs),
        found=sum(pair.contradicts and pair.found for pair in pairs),
    )


def to_json(pairs: Sequence[ValidationPair]) -> dict[str, Any]:
    """What a baseline stores: the counts, and which pairs with which labels they are of."""
    return {**asdict(confusion(pairs)), _PAIRS: _digest(pairs)}


def _digest(pairs: Sequence[ValidationPair]) -> str:
    """SHA-256 of the pairs' ids and labels, in whatever order they came."""
    labels = sorted((pair.pair_id, pair.contradicts) for pair in pairs)
    return hashlib.sha256(json.dumps(labels).encode()).hexdigest()


def recall_loss(pairs: Sequence[ValidationPair], stored: Mapping[str, Any]) -> Measurement | Unseen:
    """By how much less of the contradictions is found than in the baseline, -1 to 1 (Newcombe's interval)."""
    return _loss(pairs, stored, "recall", "contradictions")


def precision_loss(pairs: Sequence[ValidationPair], stored: Mapping[str, Any]) -> Measurement | Unseen:
    """By how much fewer of the claimed contradictions are some, -1 to 1 (Newcombe's interval)."""
    return _loss(pairs, stored, "precision", "claimed")


def _loss(pairs: Sequence[ValidationPair], stored: Mapping[str, Any], name: str, among: str) -> Measurement | Unseen:
    now, then = confusion(pairs), _stored(stored)
    if then is None:
        return Unseen(cause=Cause.NO_BASELINE, detail="the baseline holds no validation figures")
    if stored.get(_PAIRS) != _digest(pairs):
        told = "is of another validation set" if _PAIRS in stored else "does not say of which validation set it is"
        words = f"the baseline {told}, so no loss can be told from it; propose one of these {len(pairs):,} pairs"
        return Unseen(cause=Cause.NO_BASELINE, detail=words)
    n, before = getattr(now, among), getattr(then, among)
    if not n or not before:
        return Unseen(cause=Cause.UNDEFINED, detail=f"no pair counts for {name}: it is undefined")
    low, high = rates.newcombe(then.found, before, now.found, n, _ALPHA)
    return Measurement(
        value=then.found / before - now.found / n,
        low=low,
        high=high,
        n=n,
        expected=0.0,
        detail=f"{name} {now.found / n:.3f} ({now.found} of {n}), {then.found / before:.3f} in the baseline",
        exhibits=(_table(now, then),),
    )


def _stored(stored: Mapping[str, Any]) -> Confusion | None:
    try:
        then = Confusion(**{key: count for key, count in stored.items() if key != _PAIRS})
    except TypeError:
        return None
    known = (then.contradictions, then.claimed, then.found)
    return then if all(isinstance(count, int) and count >= then.found >= 0 for count in known) else None


def calibration_gap(pairs: Sequence[ValidationPair]) -> Measurement | Unseen:
    """Largest difference, over bands of confidence, of what was claimed and what was true, 0 to 1.

    Its lower end shares the error among the bands, the upper one need not: see ``fairness``. Bands without a pair do
    not count.
    """
    bands = [[pair for pair in pairs if _band(pair) == at] for at in range(_BANDS)]
    seen = [(at, band) for at, band in enumerate(bands) if band]
    if not seen:
        return Unseen(cause=Cause.TOO_FEW, detail="the validation set is empty")
    rows, lows, highs, gaps = [], [], [], []
    for at, band in seen:
        n, true = len(band), sum(pair.contradicts for pair in band)
        claimed = math.fsum(pair.confidence for pair in band) / n
        low, high = rates.wilson(true, n, _ALPHA)
        sure = rates.wilson(true, n, _ALPHA / len(seen))
        lows.append(max(0.0, sure[0] - claimed, claimed - sure[1]))
        highs.append(max(abs(low - claimed), abs(high - claimed)))
        gaps.append(abs(true / n - claimed))
        rows.append((f"{at / _BANDS:g} to {(at + 1) / _BANDS:g}", n, claimed, true / n, low, high))
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    return Measurement(
        value=gaps[widest],
        low=max(lows),
        high=max(highs),
        n=len(pairs),
        detail=f"at confidence {rows[widest][0]}: {rows[widest][2]:.3f} claimed, {rows[widest][3]:.3f} true",
        exhibits=(
            Exhibit(
                title="Calibration of the scanner's confidence",
                caption="Of pairs with about the same confidence, the share that contradicts; 90 % Wilson intervals.",
                columns=("confidence", "pairs", "claimed", "true", "low", "high"),
                rows=tuple(rows),
                chart=Chart(kind="intervals", label=0, value=3, low=4, high=5, value_label="share that contradicts"),
            ),
        ),
    )


def _band(pair: ValidationPair) -> int:
    return min(_BANDS - 1, int(pair.confidence * _BANDS))


def _table(now: Confusion, then: Confusion) -> Exhibit:
    rows: list[tuple[str | float | None, ...]] = []
    for name, among in (("recall", "contradictions"), ("precision", "claimed")):
        n, before = getattr(now, among), getattr(then, among)
        low, high = rates.wilson(now.found, n, _ALPHA) if n else (None, None)
        rows.append((name, now.found / n if n else None, low, high, then.found / before if before else None))
    rows.append(("F1", now.f1, None, None, then.f1))
    return Exhibit(
        title="Detection of contradictions on the validation set",
        caption="90 % Wilson intervals.",
        columns=("figure", "now", "low", "high", "in the baseline"),
        rows=tuple(rows),
        chart=Chart(kind="intervals", label=0, value=1, low=2, high=3, value_label="now"),
    )
