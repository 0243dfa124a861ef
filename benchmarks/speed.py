"""Speed and memory beside the peers, each in a fresh process: `python -m benchmarks.speed [--rows 100000,…] [--peers]`.

Whole processes, start-up included: wall time, processor time and peak memory as the kernel reports them for that very
process; the contestants of a contest take turns. The raw scan reads and folds every value of the same columns; nothing
that reads them can be faster. Writes docs/BENCHMARKS.md, the promises and what became of them first.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.promises import DRIFT, FAIRLEARN, FAIRNESS, RAW_DRIFT, RAW_FAIRNESS, SCIPY, Run, Turn, promises

HERE = Path(__file__).parent
DOCUMENT = HERE.parent / "docs" / "BENCHMARKS.md"
SEED = 20260101
PEERS = ("fairlearn", "scipy", "evidently")
#: Without it every process would compile its libraries anew, and the one with most of them would seem the slowest.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
HEAD = "| rows | what | wall, s | CPU, s | peak, MB | runs | beside the raw scan |"
#: Beyond that many rows only ours and the raw scan run, on one file.
PEERS_UP_TO = 10_000_000
NUMERIC = ("score", *(f"feature_{at}" for at in range(1, 9)))
KINDS = tuple(f"kind_{at}" for at in range(1, 5))
GROUPS = ("entity_id", "calculated_at", "flagged", "outcome", "party", "region", "role")
PARTIES = ("Blue", "Green", "Red", "Independent")
REGIONS = ("north", "south", "east", "west", "centre", "islands")
ROLES = ("minister", "member", "mayor", "judge", "candidate")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--rows", default="100000,1000000")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=(), help="these peers too; without names, all")
    parser.add_argument("--folder", type=Path, default=Path(".data/bench"))
    parser.add_argument("--limit", type=float, default=600, help="seconds after which a peer is stopped")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    peers = PEERS if asked.peers == [] else tuple(asked.peers)
    evidently = environment(asked.folder / "peers") if "evidently" in peers else ""
    lines = [HEAD, "|---|---|---|---|---|---|---|"]
    seen: dict[int, list[Run]] = {}
    for rows in map(int, asked.rows.split(",")):
        for contest in contests(rows, asked.folder, peers, evidently):
            runs = measured(contest, asked.limit)
            seen.setdefault(rows, []).extend(runs)
            lines += table(rows, runs)
            print("\n".join(lines[-len(contest) :]), flush=True)
        write("\n".join([about(), "", *promises(seen), "", *lines]))
    print("\n".join(promises(seen)))
    return 0


Contestant = tuple[str, list[str], int]


def contests(rows: int, folder: Path, peers: tuple[str, ...], evidently: str) -> list[list[Contestant]]:
    """Per subject the raw limit, ours, and the peers: name, command, runs."""
    now = str(data(rows, folder, SEED))
    then = str(data(rows, folder, SEED + 1)) if rows <= PEERS_UP_TO else now
    stored = str(folder / f"{rows}.stored.json")
    subprocess.run(script("our_drift.py", then, stored, "freeze"), check=True, stdout=subprocess.DEVNULL)
    often, once = (5 if rows < PEERS_UP_TO else 3, 1) if rows <= PEERS_UP_TO else (1, 0)
    fairness: list[Contestant] = [
        (RAW_FAIRNESS, script("raw_limit.py", now, ",".join(GROUPS)), often),
        (FAIRNESS, script("our_fairness.py", now), often),
        ("ours: group counts, then gaps and their intervals", script("our_fairness.py", now, "gaps"), often),
        ("start-up of ours: imports, DuckDB opened, nothing read", script("start_up.py"), often),
    ]
    drift: list[Contestant] = [
        (RAW_DRIFT, script("raw_limit.py", now, ",".join(NUMERIC + KINDS)), often),
        (DRIFT, script("our_drift.py", now, stored), often),
        ("ours: histograms and categories only", script("our_drift.py", now, f"{stored}.again", "freeze"), often),
    ]
    if once and "fairlearn" in peers:
        fairness.append((FAIRLEARN, script("fairlearn_frame.py", now), once))
    if once and "scipy" in peers:
        drift.append((SCIPY, script("scipy_raw.py", now, then), once))
    if rows <= 1_000_000 and "evidently" in peers:  # beyond, its two data frames alone outgrow a benchmark's patience
        drift.append(("Evidently DataDriftPreset", script("evidently_report.py", now, then, python=evidently), once))
    return [fairness, drift]


def script(name: str, *arguments: str, python: str = sys.executable) -> list[str]:
    return [python, str(HERE / "peers" / name), *arguments]


def measured(contest: list[Contestant], limit: float) -> list[Run]:
    """Every contestant in fresh processes, in turns, so that a busy minute meets all of them."""
    turns: list[list[Turn]] = [[] for _ in contest]
    reasons = ["" if command[0] else "could not be installed" for _, command, _ in contest]
    for turn in range(max(runs for _, _, runs in contest)):
        for at, (_, command, runs) in enumerate(contest):
            if turn < runs and not reasons[at]:
                taken = one_turn(command, limit)
                if isinstance(taken, str):
                    reasons[at] = taken
                else:
                    turns[at].append(taken)
    return [
        Run(name=name, turns=tuple(taken), reason=reason)
        for (name, _, _), taken, reason in zip(contest, turns, reasons, strict=True)
    ]


def one_turn(command: list[str], limit: float) -> Turn | str:
    """One fresh process; why there is no figure, where there is none."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            break
        if time.perf_counter() > begun + limit:
            process.kill()
            process.wait()
            return f"stopped after {limit:.0f} s"
        time.sleep(0.002)
    if process.returncode:
        return f"ended with status {process.returncode}"
    busy = usage.ru_utime + usage.ru_stime
    return Turn(wall=time.perf_counter() - begun, busy=busy, megabytes=usage.ru_maxrss / 1024)


def table(rows: int, runs: list[Run]) -> list[str]:
    """One line per contestant; the first one of a contest is its raw scan."""
    raw = runs[0].wall
    lines = []
    for run in runs:
        if run.reason:
            lines.append(f"| {rows:,} | {run.name} | - | - | - | - | {run.reason} |")
            continue
        figures = f"{run.wall:.2f} | {run.busy:.2f} | {run.megabytes:.0f} | {len(run.turns)}"
        lines.append(f"| {rows:,} | {run.name} | {figures} | {f'{run.wall / raw:.2f}×' if raw else '-'} |")
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
        base.execute(f"COPY ({query}) TO '{path}.part' (FORMAT parquet, COMPRESSION zstd)")
    return Path(f"{path}.part").rename(path)  # a run that was stopped leaves no file that looks whole


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
