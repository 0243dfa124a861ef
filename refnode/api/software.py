"""What the node runs on, in the audit feed: its bill of materials, and advisories that were invented for it."""

from functools import cache
from importlib.metadata import distributions
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from refnode import NODE, VERSION
from refnode.clock import DAY, now_ms, rfc3339
from refnode.parts import Node
from refnode.roster import AUDIT

# No release of these packages had these weaknesses: package, fixed in, published so many days ago, word, CVSS vector.
INVENTED = (
    ("starlette", "0.12.0", 200, "HIGH", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
    ("uvicorn", "0.11.0", 120, "MODERATE", "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N"),
    ("SQLAlchemy", "1.3.0", 45, "LOW", "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N"),
)
OUTDATED = {"starlette": "0.9.1"}


def software_feed(node: Node) -> APIRouter:
    """Route what is installed and what is known of it."""
    router = APIRouter(prefix=AUDIT, include_in_schema=False)

    @router.get("/sbom.json")
    def sbom() -> Response:
        told = _installed() | (OUTDATED if node.temper.outdated else {})
        return JSONResponse(_bill(told), media_type="application/vnd.cyclonedx+json")

    @router.get("/advisories.json")
    def advisories() -> Response:
        return JSONResponse([_advisory(number, node.temper.advisories_age) for number in range(len(INVENTED))])

    return router


@cache
def _installed() -> dict[str, str]:
    """Name and version of every distribution that this process could import."""
    found = {each.metadata["Name"]: each.version for each in distributions() if each.metadata["Name"]}
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))


def _bill(told: dict[str, str]) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": rfc3339(now_ms()),
            "component": {"type": "application", "name": NODE, "version": VERSION},
        },
        "components": [
            {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name.lower()}@{version}"}
            for name, version in told.items()
        ],
    }


def _advisory(number: int, age: int) -> dict[str, Any]:
    package, fixed, days, word, vector = INVENTED[number]
    return {
        "schema_version": "1.7.0",
        "id": f"INVENTED-2026-{number + 1}",
        "modified": rfc3339(now_ms() - age * DAY),
        "published": rfc3339(now_ms() - days * DAY),
        "aliases": [],
        "summary": f"Invented for this demonstration: {package} before {fixed} never had this weakness.",
        "severity": [{"type": "CVSS_V3", "score": vector}],
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": package},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
            }
        ],
        "database_specific": {"severity": word},
    }
