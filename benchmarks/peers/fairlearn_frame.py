"""fairlearn's MetricFrame, one per attribute of ours: selection rate, TPR, FPR, count of the labelled rows. FILE."""

import sys

import duckdb
from fairlearn.metrics import MetricFrame, count, false_positive_rate, selection_rate, true_positive_rate

metrics = {"selection": selection_rate, "tpr": true_positive_rate, "fpr": false_positive_rate, "count": count}
read = "SELECT flagged::INT AS flagged, (outcome = 'upheld')::INT AS outcome, party, region, role FROM read_parquet(?)"
rows = duckdb.execute(f"{read} WHERE outcome IS NOT NULL", [sys.argv[1]]).df()
for attribute in (["party"], ["region"], ["role"], ["party", "region"]):
    frame = MetricFrame(
        metrics=metrics, y_true=rows["outcome"], y_pred=rows["flagged"], sensitive_features=rows[attribute]
    )
    print(attribute, frame.difference())
