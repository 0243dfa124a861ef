"""Names the symptoms that a node shows; an honest node shows none."""

from starlette.types import ASGIApp

from tests.refnode import (
    symptoms_backups,
    symptoms_council,
    symptoms_deployment,
    symptoms_disclosure,
    symptoms_emergencies,
    symptoms_maintenance,
    symptoms_openness,
    symptoms_operation,
    symptoms_records,
    symptoms_registers,
    symptoms_reviews,
)
from tests.refnode.view import SYMPTOMS, View

ROOMS = (
    symptoms_maintenance,
    symptoms_openness,
    symptoms_operation,
    symptoms_records,
    symptoms_council,
    symptoms_disclosure,
    symptoms_deployment,
    symptoms_backups,
    symptoms_reviews,
    symptoms_emergencies,
    symptoms_registers,
)


def symptoms(app: ASGIApp) -> set[str]:
    """Name all symptoms that the node shows, of those the rooms above have told `SYMPTOMS`."""
    view = View(app)
    return {name for name, see in SYMPTOMS.items() if see(view)}
