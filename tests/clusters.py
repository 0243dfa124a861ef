"""A PostgreSQL cluster of our own for tests; its binaries refuse to run as root, so there they run as `postgres`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A running cluster: its connection string, its folder, and its binaries as `run(name, *words)`."""

    dsn: str
    folder: Path
    run: Callable[..., None]


@contextmanager
def running() -> Iterator[Cluster]:
    """Skips where there is nothing to run."""
    pytest.importorskip("psycopg")
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    folders = binaries or [Path(found).parent for found in [shutil.which("initdb")] if found]
    if not folders or (os.geteuid() == 0 and not shutil.which("setpriv")):
        pytest.skip("no PostgreSQL binaries that this user can run")
    drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="junzi-test-") as folder:
        if drop:
            shutil.chown(folder, "postgres")

        def run(name: str, *arguments: str) -> None:
            command = [*drop, str(folders[-1] / name), *arguments]
            subprocess.run(command, check=True, capture_output=True, timeout=60, cwd=folder)

        run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "audit", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run("pg_ctl", "-D", f"{folder}/data", "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            yield Cluster(dsn=f"host={folder} user=audit dbname=postgres", folder=Path(folder), run=run)
        finally:
            run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
