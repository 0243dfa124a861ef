"""What the public sends while the public API is frozen: held, and stored in its order once it no longer is."""

import json
from typing import Any, Final

from sqlalchemy import Connection, Table, text

from refnode import tables
from refnode.store import Store

INTO: Final[dict[str, Table]] = {"user_report": tables.user_reports, "dispute": tables.disputes}
# The store itself says whether something is frozen: another node may have frozen it this very moment.
TAKE_OUT = (
    "DELETE FROM held WHERE NOT EXISTS"
    " (SELECT 1 FROM safeguards WHERE state = 'active' AND safeguard = 'freeze-public-api')"
    " RETURNING n, kind, content"
)


def hold(connection: Connection, kind: str, key: str, row: dict[str, Any]) -> None:
    """Hold the row of a report or a dispute."""
    connection.execute(tables.held.insert(), {"kind": kind, "id": key, "content": json.dumps(row)})


def release(store: Store) -> None:
    """Store everything that is held, unless the public API is frozen."""
    if not store.number("SELECT count(*) FROM held"):
        return
    with store.writing() as connection:
        for _, kind, content in sorted(tuple(row) for row in connection.execute(text(TAKE_OUT))):
            connection.execute(INTO[kind].insert(), json.loads(content))
