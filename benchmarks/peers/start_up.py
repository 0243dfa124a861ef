"""What ours pays before it reads a row: the same imports, and DuckDB opened. Nothing is counted."""

import duckdb

from junzi_audit.measures import fairness
from junzi_audit.probes import scan

with duckdb.connect() as base:
    print(base.execute("SELECT 1").fetchone(), fairness.__name__, scan.__name__)
