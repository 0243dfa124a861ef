"""Runs one node from its settings: opens its memory, applies faults, serves, and tidies up."""

from collections.abc import Iterator
from contextlib import contextmanager

from refnode.agents import crew
from refnode.api.application import application
from refnode.faults import Applied, apply
from refnode.journal import Journal
from refnode.opening import Memory, open_memory
from refnode.parts import Node, people_of
from refnode.protecting import begin_recovery
from refnode.pulse import Pulse
from refnode.safeguards import Safeguards
from refnode.server import serve
from refnode.settings import Settings
from refnode.tallies import Tallies


def run(settings: Settings) -> None:
    """Run until told to stop."""
    with prepared(settings) as (node, applied):
        serve(
            application(node, applied.wraps),
            settings,
            lambda: crew.work(node),
            applied.protocol or "h11",
            stray_port=applied.temper.stray_port,
        )


@contextmanager
def prepared(settings: Settings) -> Iterator[tuple[Node, Applied]]:
    """Prepare a node with its faults applied, and tidy up after it; nothing is served or worked on yet."""
    memory = open_memory(settings)
    try:
        applied = apply(settings.faults, memory.store, memory.clock)
        node = _assembled(settings, memory, applied)
        yield node, applied
        crew.flush(node)
    finally:
        memory.store.close()
        if memory.copy:
            memory.copy.discard()


def _assembled(settings: Settings, memory: Memory, applied: Applied) -> Node:
    store, clock, temper = memory.store, applied.clock, applied.temper
    if settings.recovering:
        begin_recovery(store, clock)
    return Node(
        settings=settings,
        temper=temper,
        clock=clock,
        store=store,
        tallies=Tallies(store, undercount=temper.undercount),
        journal=Journal(store, clock),
        pulse=Pulse(store, scan_backlog=temper.scan_backlog),
        safeguards=Safeguards(store, temper.responding),
        people=people_of(store),
    )
