"""Speed and memory beside the peers, each in a fresh process: `python -m benchmarks.speed [--rows 100000,…] [--peers]`.

Whole processes, start-up included: wall time and peak memory as the kernel reports them for that process. The raw scan
reads and folds every value of the same columns; nothing that reads them can be faster. Writes docs/BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

HERE = Path(__file__).parent
DOCUMENT = HERE.parent / "docs" / "BENCHMARKS.md"
SEED = 20260101
NUMERIC = ("score", *(f"feature_{at}" for at in range(1, 9)))
KINDS = tuple(f"kind_{at}" for at in range(1, 5))
GROUPS = ("entity_id", "calculated_at", "flagged", "outcome", "party", "region", "role")
PARTIES = ("Blue", "Green", "Red", "Independent")
REGIONS = ("north", "south", "east", "west", "centre", "islands")
ROLES = ("minister", "member", "mayor", "judge", "candidate")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One contestant: ``seconds`` is the median; a ``reason`` says why there is no figure."""

    name: str
    seconds: float = 0
    megabytes: float = 0
    runs: int = 0
    reason: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--rows", default="100000,1000000")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path(".data/bench"))
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a peer is stopped")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    evidently = environment(asked.folder / "peers") if asked.peers else ""
    lines = ["| rows | what | wall, s | peak, MB | runs | beside ours |", "|---|---|---|---|---|---|"]
    for rows in map(int, asked.rows.split(",")):
        for contest in contests(rows, asked.folder, asked.peers, evidently):
            lines += table(rows, [measured(*each, limit=asked.limit) for each in contest])
            print("\n".join(lines[-len(contest) :]), flush=True)
        write("\n".join([about(), "", *lines]))
    return 0


Contestant = tuple[str, list[str], int]


def contests(rows: int, folder: Path, peers: bool, evidently: str) -> list[list[Contestant]]:
    """Per subject the raw limit, ours, and the peers: name, command, runs."""
    now, then = (str(data(rows, folder, seed)) for seed in (SEED, SEED + 1))
    stored = str(folder / f"{rows}.stored.json")
    subprocess.run(script("our_drift.py", then, stored, "freeze"), check=True, stdout=subprocess.DEVNULL)
    once = 3 if rows <= 100_000 else 1
    fairness: list[Contestant] = [
        ("raw scan, 7 columns", script("raw_limit.py", now, ",".join(GROUPS)), 3),
        ("**ours: group counts**", script("our_fairness.py", now), 3),
        ("ours: group counts, then gaps (imports fairlearn)", script("our_fairness.py", now, "gaps"), 3),
    ]
    drift: list[Contestant] = [
        ("raw scan, 13 columns", script("raw_limit.py", now, ",".join(NUMERIC + KINDS)), 3),
        ("**ours: drift**", script("our_drift.py", now, stored), 3),
    ]
    if peers:
        fairness.append(("fairlearn MetricFrame, one intersection", script("fairlearn_frame.py", now), once))
        drift.append(("scipy ks_2samp + wasserstein_distance", script("scipy_raw.py", now, then), once))
        if rows <= 1_000_000:  # beyond, its two data frames alone outgrow the patience of a benchmark
            drift.append(
                ("Evidently DataDriftPreset", script("evidently_report.py", now, then, python=evidently), once)
            )
    return [fairness, drift]


def script(name: str, *arguments: str, python: str = sys.executable) -> list[str]:
    return [python, str(HERE / "peers" / name), *arguments]


def measured(name: str, command: list[str], runs: int, limit: float) -> Run:
    """Median wall time and largest peak memory of that many fresh processes."""
    if not command[0]:
        return Run(name=name, reason="could not be installed")
    seconds, peaks = [], []
    for _ in range(runs):
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        status, usage = waited(process, begun + limit)
        if status is None:
            return Run(name=name, reason=f"stopped after {limit:.0f} s")
        if status:
            return Run(name=name, reason=f"ended with status {status}")
        seconds.append(time.perf_counter() - begun)
        peaks.append(usage / 1024)
    return Run(name=name, seconds=median(seconds), megabytes=max(peaks), runs=runs)


def waited(process: subprocess.Popen[bytes], until: float) -> tuple[int | None, int]:
    """Exit status (None: stopped) and peak kilobytes of that very process."""
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_maxrss
        if time.perf_counter() > until:
            process.kill()
            process.wait()
            return None, 0
        time.sleep(0.002)


def table(rows: int, runs: list[Run]) -> list[str]:
    ours = runs[1].seconds
    lines = []
    for run in runs:
        if run.reason:
            lines.append(f"| {rows:,} | {run.name} | - | - | - | {run.reason} |")
            continue
        beside = "1" if run is runs[1] or not ours else f"{run.seconds / ours:.2f}×"
        lines.append(f"| {rows:,} | {run.name} | {run.seconds:.2f} | {run.megabytes:.0f} | {run.runs} | {beside} |")
    return lines


def environment(folder: Path) -> str:
    """The Python of the peers' own environment; empty when it cannot be made."""
    python = folder / "bin" / "python"
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
        wanted = [str(python), "-m", "pip", "install", "--quiet", "-r", str(HERE / "peers" / "requirements.txt")]
        subprocess.run(wanted, check=True, capture_output=True, timeout=600)
    except (OSError, subprocess.SubprocessError):
        return ""
    return str(python)


def data(rows: int, folder: Path, seed: int) -> Path:
    """A decision log of that many rows, 100 per entity, over 28 days; the same for the same seed."""
    path = folder / f"{rows}-{seed}.parquet"
    if path.exists():
        return path

    def uniform(salt: int, key: str = "i") -> str:
        return f"((hash({key} * 128 + {salt} + {seed}) >> 11)::DOUBLE / 9007199254740992.0)"

    def pick(salt: int, names: tuple[str, ...]) -> str:
        return f"(list_value({', '.join(map(repr, names))}))[1 + floor({uniform(salt, 'e')} * {len(names)})::INT]"

    normal = "sqrt(-2 * ln(1 - {})) * cos(2 * pi() * {}) AS feature_{}"
    columns = [
        "'person-' || e AS entity_id",
        f"TIMESTAMPTZ '2026-01-01' + to_microseconds(floor({uniform(2)} * 2419200)::BIGINT * 1000000) AS calculated_at",
        f"{uniform(3)} < 0.15 + 0.2 * {uniform(4, 'e')} AS flagged",
        f"CASE WHEN {uniform(5)} < 0.2 THEN NULL WHEN {uniform(5)} < 0.6 THEN 'upheld' ELSE 'dismissed' END AS outcome",
        *(f"{pick(60 + at, names)} AS {name}" for at, (name, names) in enumerate(
            {"party": PARTIES, "region": REGIONS, "role": ROLES}.items())),
        f"pow({uniform(6)}, 1.5) AS score",
        *(normal.format(uniform(20 + 2 * at), uniform(21 + 2 * at), at) for at in range(1, 9)),
        *(f"'c' || floor({uniform(40 + at)} * {uniform(50 + at)} * {size})::INT AS kind_{at}"
          for at, size in enumerate((5, 10, 20, 50), 1)),
    ]  # fmt: skip
    entities = f"floor({uniform(0)} * {max(100, rows // 100)})::BIGINT AS e"
    query = f"SELECT {', '.join(columns)} FROM (SELECT i, {entities} FROM range({rows}) t(i))"
    with duckdb.connect() as base:
        base.execute("SET threads=2; SET TimeZone='UTC'; SET preserve_insertion_order=false; SET memory_limit='2GB'")
        base.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return path


def about() -> str:
    versions = [f"Python {sys.version.split()[0]}", f"DuckDB {duckdb.__version__}", f"{os.cpu_count()} cores"]
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    return f"{'; '.join(versions)}; load average at the end {load}. Seed {SEED}."


def write(text: str) -> None:
    """Replace what stands between the markers."""
    place = re.compile(r"(<!-- bench speed -->\n).*?(<!-- end speed -->)", re.DOTALL)
    found = DOCUMENT.read_text()
    if not place.search(found):
        raise ValueError(f"{DOCUMENT} has no place marked for speed")
    DOCUMENT.write_text(place.sub(lambda marks: f"{marks[1]}{text}\n{marks[2]}", found))


if __name__ == "__main__":
    sys.exit(main())
