"""What a person should look at first: streams flagged with few false alarms among the flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Flag:
    """One flagged stream: its e-value, its rank (1 is the strongest) and the e-value that this rank needed."""

    stream: str
    e: float
    rank: int
    needed: float


def flagged(evidence: Mapping[str, float], alpha: float = 0.05) -> tuple[Flag, ...]:
    """The streams to open a ticket for, strongest first: e-BH (Wang & Ramdas, JRSS-B 84, 2022).

    ``evidence``: one e-value per stream, ``Point.evidence`` of its latest look. With the e-values in descending order
    the first k are flagged, k the largest with e_(k) >= K / (k alpha). The expected share of false ones among the
    flagged is at most alpha under any dependence. It holds for the set flagged at one (stopping) time, not for the
    union of the sets of all days: what cannot be undone needs the family-wise threshold of ``Budget.threshold``. Equal
    e-values are flagged together or not at all; names decide their order. ValueError on an e-value below 0 or NaN.
    """
    if not all(e >= 0 for e in evidence.values()):
        raise ValueError("an e-value is a number of at least 0")
    ranked = sorted(evidence.items(), key=lambda item: (-item[1], item[0]))
    needs = [len(ranked) / (rank * alpha) for rank in range(1, len(ranked) + 1)]
    last = max((rank for rank, (_, e) in enumerate(ranked, 1) if e >= needs[rank - 1]), default=0)
    return tuple(
        Flag(stream=stream, e=e, rank=rank, needed=needs[rank - 1]) for rank, (stream, e) in enumerate(ranked[:last], 1)
    )
