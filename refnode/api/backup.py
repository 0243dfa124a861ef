"""The newest backup in the audit feed: its manifest, and the archive beside it."""

import threading

from fastapi import APIRouter, HTTPException
from starlette.responses import JSONResponse, Response

from refnode.backups import NAME, Taken, take
from refnode.parts import Node
from refnode.roster import AUDIT


def backup_feed(node: Node) -> APIRouter:
    """Route the manifest, for which a backup is taken, and the archive of the last one taken."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)
    turn = threading.Lock()
    newest: list[Taken] = []

    def taken(*, digests: bool) -> Taken:
        if node.store.engine.dialect.name != "sqlite":
            raise HTTPException(501, "this node keeps its records in another database than SQLite, and backs up none")
        newest[:] = [take(node, digests=digests)]
        return newest[0]

    @router.get("/backup/manifest.json")
    def manifest() -> Response:
        with turn:
            return JSONResponse(taken(digests=True).manifest)

    @router.get(f"/backup/{NAME}")
    def archive() -> Response:
        with turn:
            last = newest[0] if newest else taken(digests=False)
        return Response(last.archive, media_type="application/gzip")

    return router
