"""Ours: group counts of three attributes and one intersection, with cluster sums and days. FILE [gaps]: gaps too."""

import sys

from junzi_audit.measures import fairness
from junzi_audit.probes import scan
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.scan_engines import Source

columns = Columns(
    cluster="entity_id", decided="flagged", decided_positive="true", outcome="outcome", outcome_positive="upheld",
    attributes=("party", "region", "role", "party x region"), time="calculated_at",
)  # fmt: skip
seen = scan.groups(Source(kind="parquet", place=sys.argv[1]), columns)
counts = seen.counts
for gap in (fairness.selection_rate_gap, fairness.equalized_odds_gap) if sys.argv[2:] == ["gaps"] else ():
    for name, found in fairness.across(gap, counts, baseline=None, tolerance=0.1).items():
        print(name, getattr(found, "value", found), counts.rows)
