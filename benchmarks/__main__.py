"""All statistical benchmarks or one: `python -m benchmarks [NAME] [--runs N] [--smoke] [--seed S]`.

A full run writes its table into docs/STATISTICS.md; a smoke run (about 20 s each) only prints. Exit status 1 when a
promise was not kept.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time

from benchmarks.tables import write

NAMES = ("false_alarm", "delay", "verdict_honesty", "audit_risk_limit", "many_streams")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--seed", type=int, default=20260101)
    asked = parser.parse_args()
    failed = False
    for name in [asked.name] if asked.name else NAMES:
        bench = importlib.import_module(f"benchmarks.{name}")
        begun = time.perf_counter()
        table = bench.run(asked.runs or (bench.SMOKE if asked.smoke else bench.RUNS), asked.seed, asked.smoke)
        print(f"## {name}\n\n{table}\n\n({time.perf_counter() - begun:.0f} s)\n", flush=True)
        failed |= bool(table.failed)
        if not asked.smoke:
            write(table)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
