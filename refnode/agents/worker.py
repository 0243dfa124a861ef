"""Runs an agent: a beat every five seconds, and its work whenever it is due."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from refnode import tables
from refnode.parts import Node

BEAT_EVERY = 5.0

Work = Callable[[Node, random.Random], str | None]


@dataclass(frozen=True, kw_only=True)
class Duty:
    """What an agent does and how often: first after `first` seconds, then each `every` (from, to) seconds.

    The work gives the event to log, or None when there was nothing to do.
    """

    agent: str
    work: Work
    first: float
    every: tuple[float, float]


async def run(node: Node, duty: Duty) -> None:
    """Live an agent's life until cancelled."""
    rng = random.Random(f"{node.settings.seed}/live/{duty.agent}")
    log = node.journal.speaker(duty.agent)
    wait, quiet = duty.first, BEAT_EVERY
    while True:
        if quiet >= BEAT_EVERY and duty.agent not in node.temper.silent_agents:
            quiet = 0.0
            await asyncio.to_thread(_beat, node, duty.agent)
        if wait <= 0:
            wait = rng.uniform(*duty.every)
            try:
                event = await asyncio.to_thread(duty.work, node, rng)
            except Exception as error:
                # An agent outlives a storage outage; it says so and tries again when it is next due.
                log.warning("work postponed", trace_id=_trace(rng), cause=type(error).__name__)
            else:
                if event:
                    log.info(event, trace_id=_trace(rng))
        pause = max(0.2, min(BEAT_EVERY - quiet, wait))
        await asyncio.sleep(pause)
        wait -= pause
        quiet += pause


def _beat(node: Node, agent: str) -> None:
    at = node.clock.now() + node.clock.ahead
    try:
        node.store.insert(tables.heartbeats, {"agent": agent, "at": at})
    except Exception:
        # No storage, no beat: the missing beat is the message.
        return
    node.pulse.beat(agent, at)


def _trace(rng: random.Random) -> str:
    return f"{rng.getrandbits(128):032x}"
