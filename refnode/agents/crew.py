"""The crew: which agent does what, how often, and the housekeeping beside them."""

import asyncio
import contextlib
import random
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from refnode import corrections, held
from refnode.agents import answering, exposing, following, responding
from refnode.agents.collecting import Collector
from refnode.agents.deciding import Docket
from refnode.agents.watching import Watch
from refnode.agents.worker import Duty, run
from refnode.parts import Node

FLUSH_EVERY = 1.0
REHEARSE_EVERY = 0.5
GUARD_EVERY = 0.3
TELL_EVERY = 0.5


def duties(node: Node) -> list[Duty]:
    """Give every agent its duty."""
    docket, watch = Docket(), Watch(node)

    def audit(node: Node, rng: random.Random) -> str | None:
        finished = docket.audit(node, rng)
        return watch(node) or finished

    pace = node.temper.pace
    return [
        Duty(agent="SourceAttributionAgent", work=Collector(node), first=0.5, every=(30.0 * pace, 60.0 * pace)),
        Duty(agent="RiskProfilerAgent", work=docket.propose, first=0.5, every=(4.0, 9.0)),
        Duty(agent="BiasAuditAgent", work=audit, first=1.0, every=(1.0, 2.0)),
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
        rng = random.Random(f"{node.settings.seed}/rehearsal")
        group.create_task(_again(REHEARSE_EVERY, lambda: _rehearse(node, rng)))
        group.create_task(_again(GUARD_EVERY, lambda: _guard(node)))
        group.create_task(_again(TELL_EVERY, lambda: corrections.tell(node)))


async def _keep_house(node: Node) -> None:
    """Write counters and log lines to the store, so that a crash loses no more than a second of them."""
    while True:
        await asyncio.sleep(FLUSH_EVERY)
        await asyncio.to_thread(flush, node)


async def _again(every: float, work: Callable[[], None]) -> None:
    """Work every so many seconds, whatever the agents are busy with; without storage, the next time."""
    while True:
        await asyncio.sleep(every)
        with contextlib.suppress(SQLAlchemyError):
            await asyncio.to_thread(work)


def _rehearse(node: Node, rng: random.Random) -> None:
    """Answer what the auditor wrote, and what was reported as an emergency."""
    answering.answer(node, rng)
    responding.respond(node)


def _guard(node: Node) -> None:
    """See which safeguards are in force, whichever node triggered or lifted them."""
    node.safeguards.refresh()
    held.release(node.store)


def flush(node: Node) -> None:
    """Write what is pending; without storage it is lost, which is what the outage did."""
    try:
        node.tallies.flush()
        node.journal.flush()
    except Exception:
        return
