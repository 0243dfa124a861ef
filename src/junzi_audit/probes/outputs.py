"""What the node published in an interval, for a random audit: contradictions, and scores with their factors."""

from __future__ import annotations

from datetime import datetime

from junzi_audit.model import iso
from junzi_audit.probes import soundness
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.outputs import Contradiction, ExplainedScore


class Outputs:
    """Two pages of the audit feed; records outside of the interval, or told twice, are malformed.

    ``links``: what a source's id stands behind for a person who wants to read it.
    """

    def __init__(self, surface: Surface, *, links: str) -> None:
        self._surface = surface
        self.links = links

    def contradictions(self, since: datetime, until: datetime) -> tuple[Contradiction, ...]:
        """Contradictions published in the interval: the population that is drawn from."""
        page = "/contradictions"
        params = (("since", iso(since)), ("until", iso(until)))
        rows = self._surface.lines(Contradiction, "outputs.contradictions", page, params)
        soundness.within(page, [row.published_at for row in rows], since, until)
        soundness.once(page, "contradiction_id", [row.contradiction_id for row in rows])
        soundness.every(page, "its two sources are different", rows, lambda row: len(set(row.source_ids)) == 2)
        return rows

    def scores(self, since: datetime, until: datetime) -> tuple[ExplainedScore, ...]:
        """Every score calculated in the interval, with what it is said to follow from."""
        page = "/score-factors"
        params = (("since", iso(since)), ("until", iso(until)))
        rows = self._surface.lines(ExplainedScore, "outputs.score-factors", page, params)
        soundness.within(page, [row.calculated_at for row in rows], since, until)
        soundness.once(page, "risk_id", [row.risk_id for row in rows])
        soundness.every(page, "risk_value is from 0 to 10", rows, lambda row: 0 <= row.risk_value <= 10)
        soundness.every(
            page, "a confidence is from 0 to 1", rows,
            lambda row: all(0 <= each.confidence <= 1 for each in row.factors.contradictions),
        )  # fmt: skip
        return rows
