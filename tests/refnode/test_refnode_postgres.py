"""The node on PostgreSQL: seeded once, restarted with what was sent, and tripped by faults as on SQLite."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from refnode.api.application import application
from refnode.running import prepared
from refnode.settings import Settings
from tests.refnode.asking import AUDIT, PUBLIC, ask
from tests.refnode.symptoms import symptoms

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [
    Path(found).parent for found in [shutil.which("initdb")] if found
]
Run = Callable[..., None]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A PostgreSQL cluster of our own; its binaries refuse to run as root, so there they run as `postgres`."""
    if not BINARIES:
        pytest.skip("no PostgreSQL binaries on this machine")
    drop: list[str] = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("running as root, and no setpriv to become postgres with")
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    with tempfile.TemporaryDirectory(prefix="junzi-pg-") as folder:
        if drop:
            shutil.chown(folder, "postgres")

        def run(name: str, *arguments: str) -> None:
            command = [*drop, str(BINARIES[-1] / name), "-D", f"{folder}/db", *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        run("initdb", "-A", "trust", "-U", "junzi", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://junzi@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-m", "fast", "stop")


@pytest.fixture
def kept(settings: Settings, database: str) -> Settings:
    return replace(settings, database=database, scale=0.3)


def test_the_node_is_honest_on_postgresql_and_keeps_what_was_sent(kept: Settings) -> None:
    body = b'{"entity_id": "ENT-00001", "dispute_type": "outdated", "description": "kept \\u0000"}'
    with prepared(kept) as (node, applied):
        app = application(node, applied.wraps)
        sent = ask(app, f"{PUBLIC}/disputes/", method="POST", body=body).json["dispute_id"]
        assert symptoms(app) == set()
        assert ask(app, f"{PUBLIC}/sources/%00").status == 404
        anchor = node.clock.anchor

    with prepared(kept) as (node, applied):
        app = application(node, applied.wraps)
        assert node.clock.anchor == anchor
        assert sent in {row["dispute_id"] for row in ask(app, f"{AUDIT}/disputes").lines}
        assert symptoms(app) == set()


def test_faults_trip_on_postgresql_too(kept: Settings) -> None:
    faults = ("agent-late", "source-altered", "ingest-duplicates", "log-storm", "scores-biased", "alert-unaudited")
    with prepared(replace(kept, faults=tuple((name, "") for name in (*faults, "hostile-names")))) as (node, applied):
        seen = symptoms(application(node, applied.wraps))

    assert seen == {
        "agent late",
        "source altered",
        "duplicate items",
        "error storm",
        "biased",
        "alert unaudited",
        "hostile text",
    }
