"""A PostgreSQL cluster of our own, in a scratch folder, that a dump is restored into; it is gone afterwards."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.archives import Unrestorable
from junzi_audit.probes.copies import digest_of
from junzi_audit.seen.backups import Contents

_BINARIES = ("initdb", "pg_ctl", "pg_restore", "psql")
_USER, _DATABASE = "restore", "restored"
_LONGEST_SOCKET = 80
#: How values are written as text must not hang on where a digest is made.
_OPTIONS = "-c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=postgres -c extra_float_digits=1 -c bytea_output=hex"
_TABLES = """SELECT coalesce(json_agg(json_build_array(s, t, c, k)), '[]') FROM (
 SELECT n.nspname AS s, r.relname AS t, r.relkind AS k, json_agg(a.attname ORDER BY a.attnum) AS c FROM pg_class r
 JOIN pg_namespace n ON n.oid = r.relnamespace JOIN pg_attribute a ON a.attrelid = r.oid
 WHERE r.relkind IN ('r', 'p') AND n.nspname !~ '^(pg_|information_schema$)' AND a.attnum > 0 AND NOT a.attisdropped
 GROUP BY 1, 2, 3) x"""
_PARTITIONED = "p"
#: What says that the scratch cluster, and not the dump, is at fault.
_LACKING = re.compile(r"unsupported version|extension .* is not available|extension control file")
_KEYS = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated"


@contextmanager
def opened(dump: Path, scratch: Path, *, seconds: float) -> Iterator[PostgresCopy]:
    """The restored copy; Unrestorable when pg_restore refuses the dump, Unobservable when there is no PostgreSQL."""
    cluster = _Cluster(scratch, seconds)
    cluster.create()
    try:
        cluster.start()
        cluster.restore(dump)
        yield PostgresCopy(cluster)
    finally:
        cluster.stop()


class PostgresCopy:
    """Reads the restored database by psql: no driver is needed."""

    def __init__(self, cluster: _Cluster) -> None:
        self._cluster = cluster
        self._tables = {
            (table if schema == "public" else f"{schema}.{table}"): (schema, table, tuple(columns), kind)
            for schema, table, columns, kind in json.loads(cluster.ask(_TABLES))
        }

    def contents(self) -> dict[str, Contents]:
        """Every table, by its name alone in the schema ``public``; a row's text is what ``row::text`` gives."""
        found = {}
        for name, (schema, table, columns, kind) in self._tables.items():
            if kind == _PARTITIONED:  # its rows are those of its partitions
                continue
            told = self._cluster.ask(f"SELECT to_json(t::text) FROM {_name(schema)}.{_name(table)} t")  # noqa: S608
            rows, digest = digest_of(json.loads(line) for line in told.splitlines())
            found[name] = Contents(columns=columns, rows=rows, digest=digest)
        return found

    def values(self, column: str) -> list[Any] | None:
        """Every value of the column, as JSON has it; None when there is no such column."""
        table, _, name = column.rpartition(".")
        schema, table, columns, _ = self._tables.get(table.removeprefix("public."), ("", "", (), ""))
        if name not in columns:
            return None
        asked = f"SELECT coalesce(to_json({_name(name)}), 'null') FROM {_name(schema)}.{_name(table)}"  # noqa: S608
        return [json.loads(line) for line in self._cluster.ask(asked).splitlines()]

    def broken_keys(self) -> tuple[int, int]:
        """How many foreign keys the restoring proved: PostgreSQL refuses one that leads nowhere."""
        return int(self._cluster.ask(_KEYS)), 0


class _Cluster:
    """A cluster in ``folder``, reachable by a socket there and by nothing else; never run as root."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._folder, self._data = folder, folder / "data"
        self._until = time.monotonic() + seconds
        self._binaries = _binaries()
        self._drop = []
        if os.geteuid() == 0:
            if not shutil.which("setpriv"):
                raise Unobservable(Cause.NOT_CONFIGURED, "PostgreSQL refuses root; Debian's util-linux has setpriv")
            self._drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        if len(str(folder)) > _LONGEST_SOCKET:
            raise Unobservable(Cause.NOT_CONFIGURED, f"[backup] scratch: {folder} is too long a path for a socket")

    def create(self) -> None:
        """An empty cluster, owned by whoever runs it."""
        if self._drop:
            try:
                shutil.chown(self._folder, "postgres", "postgres")
            except LookupError:
                words = "PostgreSQL refuses root, and there is no user postgres: Debian's package postgresql makes one"
                raise Unobservable(Cause.NOT_CONFIGURED, words) from None
        made = ("-D", str(self._data), "-A", "trust", "-U", _USER, "-E", "UTF8", "--locale=C", "--no-sync")
        self._must("initdb", *made)

    def start(self) -> None:
        """Running, and not reachable from elsewhere."""
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=off"
        self._must("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._folder / "log"), "-o", options, "start")
        self.ask(f"CREATE DATABASE {_DATABASE} TEMPLATE template0", database="postgres")

    def restore(self, dump: Path) -> None:
        """The dump in the scratch database, or Unrestorable with the tool's first words."""
        if self._drop:
            shutil.chown(dump, "postgres", "postgres")
        words = ("--exit-on-error", "--no-owner", "--no-privileges", "-d", _DATABASE, str(dump))
        done = self._run("pg_restore", *self._where(), *words)
        if done.returncode and _LACKING.search(done.stderr):
            told = f"this PostgreSQL is older than the dump or lacks what it needs: {_first(done)}"
            raise Unobservable(Cause.NOT_CONFIGURED, told)
        if done.returncode:
            raise Unrestorable(f"pg_restore: {_first(done)}")

    def ask(self, sql: str, *, database: str = _DATABASE) -> str:
        """What psql prints, a row a line."""
        words = ("-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql)
        done = self._run("psql", *self._where(), *words)
        if done.returncode:
            raise Unrestorable(f"psql: {_first(done)}")
        return done.stdout.strip()

    def stop(self) -> None:
        """By its data directory, and for certain: nothing here is worth keeping."""
        self._until = max(self._until, time.monotonic() + 30)
        if (self._data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def _where(self) -> tuple[str, ...]:
        return ("-h", str(self._folder), "-U", _USER)

    def _must(self, name: str, *words: str) -> None:
        done = self._run(name, *words)
        if done.returncode:
            raise Unobservable(Cause.NOT_CONFIGURED, f"no scratch PostgreSQL: {name}: {_first(done)}")

    def _run(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [*self._drop, str(self._binaries / name), *words]
        # Nothing of the environment: its PG* variables lead to another database.
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGOPTIONS": _OPTIONS}
        left = self._until - time.monotonic()
        try:
            return subprocess.run(  # noqa: S603 - our own binaries and words
                command, cwd=self._folder, env=environment, capture_output=True, encoding="utf-8", errors="replace",
                timeout=max(left, 0.001), check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Unobservable(Cause.TIMED_OUT, f"{name} did not end within [backup] most_seconds") from None


def _binaries() -> Path:
    """Where PostgreSQL's own programs are: on the path, or where Debian keeps the newest."""
    beside = [Path(found).parent for found in [shutil.which("initdb")] if found]
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: float(each.parent.name))
    for folder in [*beside, *reversed(debian)]:
        if all((folder / name).is_file() for name in _BINARIES):
            return folder
    words = f"restoring a pg_dump needs {', '.join(_BINARIES)}: Debian's package postgresql"
    raise Unobservable(Cause.NOT_CONFIGURED, words)


def _first(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or ["no words"])[0][:120]


def _name(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
