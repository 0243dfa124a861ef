"""The published transparency reports."""

from refnode.clock import DAY, Clock

# Days before the anchor: publication, and the ends of the quarter reported on.
REPORTS = (("TR-0001", 121, 222, 131), ("TR-0002", 30, 131, 40))


def published_reports(clock: Clock) -> list[dict[str, str]]:
    """List the reports, oldest first."""
    return [
        {
            "report_id": key,
            "title": f"Public transparency report {place}",
            "period_start": clock.text(-start * DAY),
            "period_end": clock.text(-end * DAY),
            "published_at": clock.text(-published * DAY),
            "approved_by": "Ethical Governance Board",
        }
        for place, (key, published, start, end) in enumerate(REPORTS, start=1)
    ]
