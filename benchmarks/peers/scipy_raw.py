"""scipy's ks_2samp and wasserstein_distance of the nine numeric columns, on raw values: FILE now, FILE then."""

import sys

import duckdb
from scipy import stats

for column in ("score", *(f"feature_{at}" for at in range(1, 9))):
    now, then = (
        duckdb.execute(f"SELECT {column} FROM read_parquet(?)", [path]).fetchnumpy()[column] for path in sys.argv[1:3]
    )
    print(column, stats.ks_2samp(now, then, method="asymp").statistic, stats.wasserstein_distance(now, then))
