"""The honest node audited with many seeds: no exact check may breach, the statistical ones within their stated rate.

`python -m benchmarks.honest [--seeds 50] [-m MARKER]` audits seeds 2, 3, …: baselines come from seed 1, so each is a
new world. A baseline that holds one world's own records (golden) must tell another world apart: that breach is right.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from junzi_audit.evidence import results
from junzi_audit.findings import Record
from junzi_audit.model import Verdict

ROOT = Path(__file__).parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("-m", dest="marker", default="heartbeat or daily", help="which cadences, as pytest takes them")
    asked = parser.parse_args()
    seeds = range(2, 2 + asked.seeds)
    begun = time.perf_counter()
    with ThreadPoolExecutor(max_workers=2) as pool:
        audited = dict(zip(seeds, pool.map(lambda seed: audit(seed, asked.marker), seeds), strict=True))
    counts: dict[str, Counter[str]] = {}
    for seed, records in audited.items():
        for record in records:
            counts.setdefault(record.duty, Counter())[record.verdict] += 1
            if record.verdict is not Verdict.MET:
                print(f"seed {seed}: {record.verdict} {record.duty}: {record.reason}")
    print(f"\n{'duty':<34}{'MET':>6}{'BREACHED':>10}{'INCONCLUSIVE':>14}")
    for duty, seen in counts.items():
        print(f"{duty:<34}{seen['MET']:>6}{seen['BREACHED']:>10}{seen['INCONCLUSIVE']:>14}")
    print(f"\n{len(audited)} seeds, {time.perf_counter() - begun:.0f} s")


def audit(seed: int, marker: str) -> tuple[Record, ...]:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "pytest", "-q", "-m", marker, "--node-seed", str(seed),
            f"--record={folder}",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
        if not (Path(folder) / results.NAME).is_file():
            sys.exit(done.stdout + done.stderr)
        return results.read(Path(folder)).records


if __name__ == "__main__":
    main()
