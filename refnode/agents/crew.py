"""The crew: which agent does what, how often, and the housekeeping beside them."""

import asyncio
import contextlib
import random

from sqlalchemy.exc import SQLAlchemyError

from refnode.agents import answering, exposing, following
from refnode.agents.collecting import Collector
from refnode.agents.deciding import Docket
from refnode.agents.worker import Duty, run
from refnode.parts import Node

FLUSH_EVERY = 1.0
REHEARSE_EVERY = 0.5


def duties(node: Node) -> list[Duty]:
    """Give every agent its duty."""
    docket = Docket()
    pace = node.temper.pace
    return [
        Duty(agent="SourceAttributionAgent", work=Collector(node), first=0.5, every=(30.0 * pace, 60.0 * pace)),
        Duty(agent="RiskProfilerAgent", work=docket.propose, first=0.5, every=(4.0, 9.0)),
        Duty(agent="BiasAuditAgent", work=docket.audit, first=1.0, every=(1.0, 2.0)),
        Duty(agent="PublicExposureAgent", work=exposing.publish, first=60.0, every=(240.0, 480.0)),
        Duty(agent="ContradictionScannerAgent", work=following.scan, first=2.0, every=(20.0, 40.0)),
        Duty(agent="PromiseTrackerAgent", work=following.track, first=3.0, every=(20.0, 40.0)),
        Duty(agent="JurisdictionContextAgent", work=following.triage, first=4.0, every=(50.0, 70.0)),
    ]


async def work(node: Node) -> None:
    """Run the crew until cancelled."""
    async with asyncio.TaskGroup() as group:
        for duty in duties(node):
            group.create_task(run(node, duty))
        group.create_task(_keep_house(node))
        group.create_task(_rehearse(node))


async def _keep_house(node: Node) -> None:
    """Write counters and log lines to the store, so that a crash loses no more than a second of them."""
    while True:
        await asyncio.sleep(FLUSH_EVERY)
        await asyncio.to_thread(flush, node)


async def _rehearse(node: Node) -> None:
    """Answer what the auditor wrote within a second, whatever the agents are busy with."""
    rng = random.Random(f"{node.settings.seed}/rehearsal")
    while True:
        await asyncio.sleep(REHEARSE_EVERY)
        with contextlib.suppress(SQLAlchemyError):
            await asyncio.to_thread(answering.answer, node, rng)


def flush(node: Node) -> None:
    """Write what is pending; without storage it is lost, which is what the outage did."""
    try:
        node.tallies.flush()
        node.journal.flush()
    except Exception:
        return
