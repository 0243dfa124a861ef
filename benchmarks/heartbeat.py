"""How long the heartbeat suite takes as a whole process: on a node that runs already, and with its own to start.

`python -m benchmarks.heartbeat [--runs 20]`
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
COPIED = ("obligations", "suites", "fixtures", "baselines", "targets", "conftest.py", "pyproject.toml")
KEYS = {"JUNZI_API_KEY": "bench", "JUNZI_AUDIT_KEY": "bench-audit"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            shutil.copytree(source, copy / name) if source.is_dir() else shutil.copy(source, copy / name)
        (copy / "refnode").symlink_to(ROOT / "refnode")
        report("with the embedded node to start and stop", [timed(copy) for _ in range(runs)])
        with running_node() as url:
            stand_in(copy, url)
            report("on a node that runs already", [timed(copy) for _ in range(runs)])


def stand_in(copy: Path, url: str) -> None:
    """The same target, by the same name, at an address instead of a command: its baselines hold for it."""
    path = copy / "targets" / "embedded.toml"
    words = path.read_text().split("[launch]")
    rest = words[1].split("\n\n", 1)[1]
    # What acts on a node of its own needs the command; a heartbeat needs neither.
    rest = re.sub(r"^\[+(load|regression|drills)\b.*?(?=^\[|\Z)", "", rest, flags=re.DOTALL | re.MULTILINE)
    path.write_text(f'{words[0]}[nodes]\nprimary = "{url}"\n\n{rest}')


class running_node:  # noqa: N801 - reads as a phrase where it is used
    """A reference node with a rate limit that back-to-back runs do not reach."""

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "refnode", "--stop-with-stdin", "--rate-limit", "100000"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, **KEYS}
        )
        assert self.process.stdout is not None
        return str(json.loads(self.process.stdout.readline())["url"])

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)


def timed(copy: Path) -> float:
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "heartbeat", "-q"],
        cwd=copy, capture_output=True, text=True, env={**os.environ, **KEYS}, check=False, timeout=120,
    )  # fmt: skip
    seconds = time.perf_counter() - begun
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    return seconds


def report(what: str, seconds: list[float]) -> None:
    middle, worst = statistics.median(seconds), max(seconds)
    print(f"heartbeat suite {what}: {len(seconds)} runs, median {middle:.2f} s, worst {worst:.2f} s")


if __name__ == "__main__":
    main()
