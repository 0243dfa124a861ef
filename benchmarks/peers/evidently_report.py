"""Evidently's DataDriftPreset over the same thirteen columns: FILE now, FILE then; in its own environment."""

import sys
import warnings

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

warnings.simplefilter("ignore")
numeric = ["score", *(f"feature_{at}" for at in range(1, 9))]
kinds = [f"kind_{at}" for at in range(1, 5)]
definition = DataDefinition(numerical_columns=numeric, categorical_columns=kinds)
now, then = (
    Dataset.from_pandas(pd.read_parquet(path, columns=[*numeric, *kinds]), data_definition=definition)
    for path in sys.argv[1:3]
)
result = Report([DataDriftPreset()]).run(now, then)
print(str(result.dict())[:300])
