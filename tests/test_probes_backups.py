"""Backups of every kind are restored into a scratch place, counted, and gone; damage and traps are told."""

from __future__ import annotations

import hashlib
import io
import json
import re
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.declared.safeguards import Backup
from junzi_audit.evidence.store import Archive, Store
from junzi_audit.findings import Unseen
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import archives, postgres_copy
from junzi_audit.probes.backup_places import Kept
from junzi_audit.probes.backups import Backups
from tests import clusters
from tests.synthetic import ROOT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNASKED = Unseen(cause=Cause.NOT_RUN, detail="")
LINKS = {"decisions.audit": "audits.id", "alerts.sources": "audits.id"}
SQLITE = Backup(kind="sqlite", path="backups/*.json", links=LINKS, scratch="scratch")
SCHEMA = """CREATE TABLE audits (id TEXT PRIMARY KEY); CREATE TABLE alerts (sources TEXT);
CREATE TABLE decisions (risk_id TEXT PRIMARY KEY, audit TEXT REFERENCES audits);"""


def hashed(rows: list[str]) -> str:
    """As the contract says, by hand."""
    return hashlib.sha256(
        "".join(sorted(hashlib.sha256(row.encode()).hexdigest() for row in rows)).encode()
    ).hexdigest()


def database(file: Path, decisions: int = 4) -> bytes:
    with closing(sqlite3.connect(file)) as base:
        base.executescript(SCHEMA)
        base.executemany("INSERT INTO audits VALUES (?)", [(f"a{n}",) for n in range(4)])
        base.executemany("INSERT INTO decisions VALUES (?, ?)", [(f"r{n}", f"a{n}") for n in range(decisions)])
        base.executemany("INSERT INTO alerts VALUES (?)", [('["a1", "a2"]',), ('["a1", "gone"]',), ("[]",), (None,)])
        base.execute("CREATE TABLE bulk (i INTEGER, h TEXT)")
        base.executemany("INSERT INTO bulk VALUES (?, ?)", [(n, f"{n * 7919:x}") for n in range(4000)])
        base.commit()
    return file.read_bytes()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("backups", "scratch", "run"):
        (tmp_path / name).mkdir()
    return tmp_path


def put(root: Path, body: bytes, name: str = "b", **changed: Any) -> None:
    (root / "backups" / name).write_bytes(body)
    told = {
        "taken_at": "2026-03-01T11:50:00Z", "file": name, "bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "tables": {"decisions": {"columns": ["risk_id", "audit"], "rows": 4, "digest": "0" * 64}},
    }  # fmt: skip
    (root / "backups" / f"{name}.json").write_text(json.dumps(told | changed))


def probe(root: Path, table: Backup = SQLITE, *, store: Store | None = None) -> Backups:
    store = store or Store(root / "run")
    return Backups(Kept(root=root, path=table.path, recorder=store), table, store, root=root)


def restored(root: Path, table: Backup = SQLITE, *, store: Store | None = None) -> Any:
    backups = probe(root, table, store=store)
    manifest = backups.newest(NOON)
    assert manifest is not None
    return backups.restore(manifest, UNASKED)


def left(root: Path) -> list[Path]:
    return list((root / "scratch").iterdir())


def test_a_sqlite_file_is_counted_digested_and_its_references_followed(root: Path) -> None:
    put(root, database(root / "made"))
    found = restored(root)
    decisions = found.tables["decisions"]
    assert (found.problem, decisions.rows, decisions.columns) == ("", 4, ("risk_id", "audit"))
    assert decisions.digest == hashed([f'["r{n}","a{n}"]' for n in range(4)])
    assert found.references == {"foreign keys": 4, "decisions.audit": 4, "alerts.sources": 4}
    assert found.broken == {"foreign keys": 0, "decisions.audit": 0, "alerts.sources": 3}
    assert [step.seconds >= 0 for step in found.steps] == [True] * 6
    assert left(root) == []


@pytest.mark.parametrize("lost", ["alerts", "audits", "alerts.sources"])
def test_a_table_or_column_that_is_not_in_the_copy_is_told(root: Path, lost: str) -> None:
    database(root / "made")
    with closing(sqlite3.connect(root / "made")) as base:
        table, _, column = lost.partition(".")
        base.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO other" if column else f"DROP TABLE {table}")
        base.commit()
    put(root, (root / "made").read_bytes())
    found = restored(root)
    severed = tuple(LINKS) if lost == "audits" else ("alerts.sources",)
    assert (found.severed, set(found.references)) == (severed, {"foreign keys", *LINKS} - set(severed))


def test_a_replay_judges_again_without_the_backup(root: Path) -> None:
    put(root, database(root / "made"))
    seen = restored(root)
    (root / "backups" / "b").unlink()
    (root / "again").mkdir()
    assert restored(root, store=Store(root / "again", replay=Archive(root / "run"))) == seen


@pytest.mark.parametrize("form", ["gz", "xz", "zip"])
def test_an_archive_holds_one_database_whatever_its_name_tries(root: Path, form: str) -> None:
    body, held = database(root / "made"), io.BytesIO()
    if form == "zip":
        with zipfile.ZipFile(held, "w") as packed:
            packed.writestr("../../escaped", body)
            packed.writestr("/readme", b"words")
    else:
        with tarfile.open(fileobj=held, mode=f"w:{form}") as whole:  # type: ignore[call-overload]
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            whole.addfile(link)
            entry = tarfile.TarInfo("../../escaped")
            entry.size = len(body)
            whole.addfile(entry, io.BytesIO(body))
    put(root, held.getvalue())
    found = restored(root, replace(SQLITE, kind="archive"))
    assert (found.problem, found.tables["decisions"].rows) == ("", 4)
    assert not list(root.parent.rglob("escaped*"))
    assert left(root) == []


def test_an_archive_that_grows_without_end_is_not_unpacked(root: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb", bytes(3_000_000))
    put(root, held.getvalue())
    with pytest.raises(Unobservable, match="restored_megabytes") as raised:
        restored(root, replace(SQLITE, kind="archive", restored_megabytes=1))
    assert raised.value.cause is Cause.TOO_LARGE
    assert left(root) == []


def test_damage_is_told_and_never_could_not_see(root: Path) -> None:
    whole = database(root / "made")
    page = whole[: 5 * 4096] + b"\xff" * 4096 + whole[6 * 4096 :]
    for body, kind, told in (
        (page, "sqlite", "SQLite"), (whole[: len(whole) // 2], "sqlite", "SQLite"),
        (b"words", "sqlite", "does not begin"),
        (b"words" * 99, "archive", "cannot be read"), (b"PK\x03\x04rest", "archive", "cannot be read"),
    ):  # fmt: skip
        put(root, body)
        found = restored(root, replace(SQLITE, kind=kind))
        assert told in found.problem
        assert found.tables == {}
        assert left(root) == []


def test_a_backup_that_is_gone_or_not_the_one_of_its_manifest_cannot_be_restored(root: Path) -> None:
    put(root, database(root / "made"), sha256="0" * 64)
    assert "SHA-256" in restored(root).problem
    (root / "backups" / "b").unlink()
    assert restored(root).problem == "b is gone"


def test_the_newest_manifest_counts_and_none_at_all_is_no_backup(root: Path) -> None:
    assert probe(root).newest(NOON) is None
    put(root, b"1", "old")
    put(root, b"2", "new", taken_at="2026-03-01T13:00:00+01:00")
    manifest = probe(root).newest(NOON)
    assert manifest is not None
    assert manifest.file == "new"
    with pytest.raises(Unobservable, match="no such folder"):
        probe(root, replace(SQLITE, path="elsewhere/*.json")).newest(NOON)


@pytest.mark.parametrize(
    "changed", [{"file": "../b"}, {"taken_at": "2026-03-01T11:50:00"}, {"bytes": "9"}, {"tables": {"t": {"rows": 1}}}]
)  # fmt: skip
def test_a_manifest_that_is_none_is_malformed(root: Path, changed: dict[str, Any]) -> None:
    put(root, b"1", **changed)
    with pytest.raises(Unobservable) as raised:
        probe(root).newest(NOON)
    assert raised.value.cause is Cause.MALFORMED


@pytest.fixture(scope="module")
def cluster() -> Iterator[clusters.Cluster]:
    with clusters.running() as found:
        yield found


def dumped(cluster: clusters.Cluster, rows: int) -> bytes:
    import psycopg

    with psycopg.connect(cluster.dsn, autocommit=True) as base:
        base.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        base.execute("CREATE TABLE audits (id text PRIMARY KEY)")
        base.execute("CREATE TABLE decisions (risk_id text PRIMARY KEY, audit text REFERENCES audits, at timestamptz)")
        base.execute("CREATE TABLE alerts (sources text[])")
        base.execute("INSERT INTO audits SELECT 'a' || n FROM generate_series(1, 300) n")
        base.execute(
            "INSERT INTO decisions SELECT 'r' || n, 'a' || n, '2026-03-01T12:00:00Z'"
            " FROM generate_series(1, %s::int) n",
            (rows,),
        )
        base.execute("INSERT INTO alerts VALUES ('{a1,a2}'), ('{a1,gone}'), ('{}'), (NULL)")
        base.execute("CREATE TABLE notes (audit text) PARTITION BY LIST (audit)")
        base.execute("CREATE TABLE notes_1 PARTITION OF notes DEFAULT")
        base.execute("INSERT INTO notes VALUES ('a1'), ('gone')")
    file = cluster.folder / "dump"
    cluster.run("pg_dump", "-h", str(cluster.folder), "-U", "audit", "-Fc", "-f", str(file), "postgres")
    return file.read_bytes()


def in_sql(cluster: clusters.Cluster) -> str:
    """The query that the contract gives to whoever writes a manifest."""
    import psycopg

    contract = (ROOT / "docs" / "TARGET_CONTRACT.md").read_text(encoding="utf-8")
    query = re.findall(r"```sql\n(SELECT count\(\*\), encode.*?)```", contract, re.DOTALL)[0]
    with psycopg.connect(cluster.dsn, options="-c timezone=UTC") as base:
        found = base.execute(query).fetchone()
    assert found is not None
    return str(found[1])


def lives(pid: int) -> bool:
    """Whether the process still runs; one that ended and that nobody asked after has no command line."""
    place = Path(f"/proc/{pid}/cmdline")
    try:
        return bool(place.read_bytes())
    except OSError:
        return False


def test_a_dump_of_real_postgresql_is_restored_counted_equal_and_cleaned_up(
    root: Path, cluster: clusters.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What PG* variables say must lead nowhere else.
    monkeypatch.setenv("PGHOST", "nowhere.example")
    started: list[tuple[int, Path]] = []
    real = postgres_copy._Cluster.restore

    def noted(self: Any, dump: Path) -> None:
        pid = int((self._data / "postmaster.pid").read_text().split()[0])
        assert lives(pid)
        started.append((pid, self._folder))
        real(self, dump)

    monkeypatch.setattr(postgres_copy._Cluster, "restore", noted)
    links = LINKS | {"notes.audit": "audits.id", "disputes.audit": "audits.id"}
    table = replace(SQLITE, kind="postgresql", scratch="", links=links)
    put(root, dumped(cluster, 300))
    found = restored(root, table)
    assert (found.problem, found.tables["decisions"].rows, found.tables["audits"].rows) == ("", 300, 300)
    rows = [f'(r{n},a{n},"2026-03-01 12:00:00+00")' for n in range(1, 301)]
    assert found.tables["decisions"].digest == hashed(rows) == in_sql(cluster)
    assert found.broken == {"foreign keys": 0, "decisions.audit": 0, "alerts.sources": 3, "notes.audit": 1}
    assert (found.severed, "notes" in found.tables, found.tables["notes_1"].rows) == (("disputes.audit",), False, 2)

    put(root, dumped(cluster, 294))
    assert restored(root, table).tables["decisions"].rows == 294
    put(root, dumped(cluster, 300)[:-400])
    assert restored(root, table).problem.startswith("pg_restore")

    assert len(started) == 3
    assert not any(lives(pid) or folder.exists() for pid, folder in started)


def test_without_postgresql_a_dump_could_not_be_looked_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, b"PGDMP and more")
    monkeypatch.setattr(postgres_copy, "_BINARIES", ("no-such-program",))
    with pytest.raises(Unobservable, match="Debian's package postgresql") as raised:
        restored(root, replace(SQLITE, kind="postgresql"))
    assert raised.value.cause is Cause.NOT_CONFIGURED
    assert left(root) == []


def test_an_archive_with_two_databases_does_not_say_which(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as packed:
        for name in ("a", "b"):
            packed.writestr(name, b"PGDMP")
    with pytest.raises(archives.Unrestorable, match="several"):
        archives.unpack(tmp_path / "two.zip", tmp_path / "out", most=10**6)
