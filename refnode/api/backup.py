"""The newest backup: its manifest in the audit feed with the archive beside it, its summary on the control plane."""

from typing import Any

from fastapi import APIRouter, HTTPException
from starlette.responses import JSONResponse, Response

from refnode.backups import NAME, Vault
from refnode.parts import Node
from refnode.roster import AUDIT


def backup_calls(node: Node) -> APIRouter:
    """Route the manifest, for which a backup is taken, and the archive and the summary of the last one taken."""
    router = APIRouter(include_in_schema=False)
    vault = Vault(node)

    def opened() -> Vault:
        if node.store.engine.dialect.name != "sqlite":
            raise HTTPException(501, "this node keeps its records in another database than SQLite, and backs up none")
        return vault

    @router.get(f"{AUDIT}/backup/manifest.json")
    def manifest() -> Response:
        return JSONResponse(opened().take().manifest)

    @router.get(f"{AUDIT}/backup/{NAME}")
    def archive() -> Response:
        return Response(opened().newest().archive, media_type="application/gzip")

    @router.get("/iri/backup-status")
    def backup_status() -> dict[str, Any]:
        last = opened().newest()
        return {"taken_at": last.manifest["taken_at"], "rows": last.rows, "sha256": last.manifest["sha256"]}

    return router
