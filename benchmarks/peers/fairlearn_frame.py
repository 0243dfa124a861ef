"""fairlearn's MetricFrame: selection rate, TPR and FPR of one intersection (24 groups) of the labelled rows."""

import sys

import duckdb
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

read = "SELECT flagged::INT AS flagged, (outcome = 'upheld')::INT AS outcome, party, region FROM read_parquet(?)"
rows = duckdb.execute(f"{read} WHERE outcome IS NOT NULL", [sys.argv[1]]).df()
frame = MetricFrame(
    metrics={"selection": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate},
    y_true=rows["outcome"], y_pred=rows["flagged"], sensitive_features=rows[["party", "region"]],
)  # fmt: skip
print(frame.difference())
