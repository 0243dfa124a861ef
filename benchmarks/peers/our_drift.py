"""Ours: drift of score, 8 numeric and 4 categorical columns against stored histograms. FILE STORED [freeze]."""

import json
import sys
from pathlib import Path

from junzi_audit.measures import categories, drift, stability
from junzi_audit.probes import scan
from junzi_audit.probes.scan_engines import Source
from junzi_audit.probes.scanned import Grid
from junzi_audit.seen import histograms

grids = [Grid(column="score", low=0.0, high=1.0)]
grids += [Grid(column=f"feature_{at}", low=-5.0, high=5.0) for at in range(1, 9)]
kinds = [f"kind_{at}" for at in range(1, 5)]
seen = scan.values(Source(kind="parquet", place=sys.argv[1]), grids=grids, kinds=kinds)
now = seen.histograms
named = {name: dict(each.counts) for name, each in seen.categories.items()}
stored = Path(sys.argv[2])
if sys.argv[3:] == ["freeze"]:
    stored.write_text(json.dumps([{name: histograms.to_json(one) for name, one in now.items()}, named]))
else:
    cells, known = json.loads(stored.read_text())
    then = {name: histograms.from_json(one) for name, one in cells.items()}
    ask = drift.Ask(tolerance=0.05)
    for measure in (drift.kolmogorov_smirnov, drift.wasserstein, stability.stability):
        for name, found in drift.across(measure, now, then, ask).items():
            print(measure.__name__, name, getattr(found, "value", found))
    for name, found in drift.across(categories.total_variation, named, known, ask).items():
        print("total_variation", name, getattr(found, "value", found))
