"""The ``[waivers]`` of a target: exceptions that a duty's owner signed, each with an end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from junzi_audit.model import WAIVER_DAYS, Obligation, Waiver


def mistakes(waivers: Mapping[str, Waiver], duties: Mapping[str, Obligation]) -> Iterator[str]:
    """What is wrong with them, each with its table and key; every waiver is of one of the ``duties``."""
    for word, waiver in waivers.items():
        duty, place = duties[word], f"[waivers.{word!r}]"
        if waiver.approver != duty.owner:
            yield f"{place} approver: only the duty's owner, {duty.owner!r}, may waive it, not {waiver.approver!r}"
        if waiver.granted.tzinfo is None or waiver.expires.tzinfo is None:
            yield f"{place} granted and expires are instants with a zone, such as 2026-01-31T00:00:00Z"
            continue
        days = (waiver.expires - waiver.granted).total_seconds() / 86400
        if not 0 < days <= WAIVER_DAYS[duty.impact]:
            yield (
                f"{place} lasts {days:.0f} days; a duty of {duty.impact} impact may be waived for at most "
                f"{WAIVER_DAYS[duty.impact]}"
            )
        if len(waiver.reason.split()) < 3:
            yield f"{place} reason: say in a sentence why"
