"""Whether counted decisions stand for all of them: some selected and some not, and few left out of an attribute."""

from __future__ import annotations

from collections.abc import Mapping

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.model import Cause
from junzi_audit.seen.counts import AttributeCounts, Counts, Reason

#: As many as could change the rate of the smallest group by the usual tolerance, were all of them of it.
_MOST_LEFT_OUT = 0.1
#: Smaller groups are not judged, and named as such.
_LEAST = 30


def whole(
    readings: Mapping[str, Measurement | Unseen], counts: Counts, hole: Unseen | None
) -> dict[str, Measurement | Unseen]:
    """The readings by attribute, beside them what keeps them from telling of all decisions; a breach stays a breach.

    Where nobody is selected, or everybody, no group differs from another, and perhaps the column was misread.
    """
    found: dict[str, Measurement | Unseen] = dict(readings)
    for attribute in counts.attributes:
        found |= {f"{attribute.name}, {what}": unseen for what, unseen in _doubts(attribute).items()}
    return {**found, "whole interval": hole} if hole else found


def _doubts(attribute: AttributeCounts) -> dict[str, Unseen]:
    found = {}
    selected = sum(group.selection.hits for group in attribute.groups)
    if attribute.counted and selected in {0, attribute.counted}:
        who = "all" if selected else "none"
        words = f"{who} of {attribute.counted:,} decisions selected anybody; does the log say it in another word now?"
        found["selected"] = Unseen(cause=Cause.UNDEFINED, detail=words)
    # Rows without a time are those of the whole log, whatever the interval.
    left = {each.reason: each.rows for each in attribute.excluded if each.reason != Reason.NO_TIME}
    lost = sum(left.values())
    sizes = [group.selection.n for group in attribute.groups if group.selection.n >= _LEAST]
    if lost > _MOST_LEFT_OUT * (min(sizes, default=0) + lost):
        told = ", ".join(f"{many:,} with {reason}" for reason, many in left.items())
        words = f"of {attribute.counted + lost:,} rows {told}: enough to change a group's rate by a tenth or more"
        found["left out"] = Unseen(cause=Cause.TOO_FEW, detail=words)
    return found
