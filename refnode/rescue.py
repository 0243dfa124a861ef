"""Takes a whole copy of a node's database while it serves, and restores it: `python -m refnode.rescue take|restore`.

Unlike the backup of the audit feed it holds what people wrote, so it is a file for its owner and no page.
"""

import argparse
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from refnode.clock import now_ms, rfc3339

FILE, MANIFEST = "state.db", "manifest.json"
#: The fault that a backup can have.
LOSSY = "restore-loses-rows"
COUNTED = ("user_reports", "disputes", "decisions", "alerts", "sources")


class RescueError(Exception):
    """Why nothing was taken or restored."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Take or restore, and print the manifest. Gives the exit status; wrong arguments end with status 2."""
    given = _parser().parse_args(arguments)
    try:
        database = _file(given.database)
        told = (
            take(database, given.folder, lossy=LOSSY in given.fault) if given.take else restore(given.folder, database)
        )
    except (RescueError, OSError, sqlite3.Error) as error:
        sys.stderr.write(f"refnode.rescue: {error}\n")
        return 1
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def take(database: Path, folder: Path, *, lossy: bool = False) -> dict[str, object]:
    """Copy the database at one instant, whoever writes to it, with a manifest beside it."""
    if not database.is_file():
        raise RescueError(f"{database} is no file")
    folder.mkdir(parents=True, exist_ok=True)
    part, at = folder / f".{FILE}.part", now_ms()
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(database, timeout=15)) as live, closing(sqlite3.connect(part)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        rows = {name: copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED}  # noqa: S608
        if lossy:
            copy.execute("DELETE FROM user_reports WHERE rowid % 2 = 0")
            copy.commit()
    body = part.read_bytes()
    told = {
        "taken_at": rfc3339(at), "file": FILE, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(),
        "rows": rows,
    }  # fmt: skip
    part.replace(folder / FILE)
    (folder / MANIFEST).write_text(json.dumps(told))
    return told


def restore(folder: Path, database: Path) -> dict[str, object]:
    """Bring the copy back as a database that is not there yet; RescueError when it is not what its manifest tells."""
    if database.exists():
        raise RescueError(f"{database} is there already; a backup is restored beside what is, never over it")
    told: dict[str, object] = json.loads((folder / MANIFEST).read_text())
    body = (folder / FILE).read_bytes()
    if hashlib.sha256(body).hexdigest() != told["sha256"]:
        raise RescueError(f"{folder / FILE} does not have the SHA-256 that its manifest tells")
    part = database.with_name(f".{database.name}.part")
    part.write_bytes(body)
    with closing(sqlite3.connect(part)) as copy:
        found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise RescueError(f"{folder / FILE} fails the database's own check: {found}")
    part.replace(database)
    return told


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="refnode.rescue", description="A whole copy of a node's database.")
    words = parser.add_subparsers(required=True, metavar="take|restore")
    for name, place, does in (
        ("take", "--into", "copy the database, while nodes serve from it"),
        ("restore", "--from", "bring the copy back as a new database"),
    ):
        word = words.add_parser(name, help=does, description=does)
        word.add_argument("--database", required=True, metavar="URL", help="sqlite:///FILE")
        word.add_argument(place, dest="folder", type=Path, required=True, metavar="DIR", help="where the copy lies")
        word.add_argument(
            "--fault", action="append", default=[], metavar="NAME[:ARG]", help=f"a node's faults; {LOSSY} is the copy's"
        )
        word.set_defaults(take=name == "take")
    return parser


def _file(url: str) -> Path:
    # Read by hand: SQLAlchemy takes longer to import than a small database to copy.
    file = url.removeprefix("sqlite:///")
    if file in {url, "", ":memory:"}:
        raise RescueError(f"--database {url!r}: only sqlite:///FILE; a PostgreSQL database has pg_dump and pg_restore")
    return Path(file)


if __name__ == "__main__":
    sys.exit(main())
