"""A front watched through an outage: pages read again and again, reports written, from a thread of its own."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from types import TracebackType

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import wire
from junzi_audit.probes.asking import Ask, Bounds

#: An answer that takes longer is none; a write may wait for another one's.
_READ, _WRITE = Bounds(connect=1, read=2, total=2), Bounds(connect=1, read=5, total=5)
#: So many good answers running say that a page is served again.
_RUNNING = 3
#: Answers of a service that is there; 429 says that it counts our requests.
_SERVED = {200, 429}
_TAKEN = {201, 202}
#: Seconds that ending may take beyond the longest look, and looks for which something is awaited at most.
_ENDING, _PATIENCE = 10, 100


@dataclass(frozen=True, kw_only=True)
class Look:
    """One request: when it began and ended by the watch's clock, and the status, 0 for no answer."""

    page: str
    begun: float
    ended: float
    status: int


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A write that was answered as taken: its id, and when it had been."""

    key: str
    at: datetime


class Watch:
    """Looks from its ``with`` on until it ends. ``reads`` are asked every ``pace`` seconds, ``write`` half as often.

    Every look opens a connection of its own, as a new visitor would: a kept one may stay with the node it was on.
    """

    def __init__(
        self, reads: Sequence[Ask], write: Callable[[int], Ask] | None, *, pace: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:  # fmt: skip
        self.looks: list[Look] = []
        self.taken: list[Taken] = []
        self._reads, self._write, self._pace, self._clock = reads, write, pace, clock
        self._over = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(_WRITE.total + _ENDING)

    def now(self) -> float:
        """The watch's clock."""
        return self._clock()

    def answered(self, since: float) -> bool:
        """Whether every page was served some times running, asked for after ``since``."""
        if self._failure is not None:
            raise Unobservable(Cause.UNDEFINED, f"the watch itself broke: {type(self._failure).__name__}")
        for ask in self._reads:
            last = [look for look in tuple(self.looks) if look.page == ask.url][-_RUNNING:]
            if len(last) < _RUNNING or any(look.begun < since or look.status not in _SERVED for look in last):
                return False
        return True

    def until(self, holds: Callable[[], bool]) -> bool:
        """Whether that came to hold while a patient visitor would have waited."""
        end = self._clock() + max(_ENDING, _PATIENCE * self._pace)
        while not (found := holds()) and self._clock() < end:
            time.sleep(self._pace)
        return found

    def gap(self, since: float, until: float) -> float:
        """The longest time in which a page was not served once, between the two; infinite when it still was not."""
        return max(self._gap(ask.url, since, until) for ask in self._reads)

    def failed(self, since: float, until: float) -> tuple[int, int]:
        """How many looks failed, and how many there were, of those that ended between the two."""
        looks = [look for look in tuple(self.looks) if since <= look.ended <= until]
        return sum(look.status not in _SERVED for look in looks), len(looks)

    def _gap(self, page: str, since: float, until: float) -> float:
        served = sorted(
            look.ended for look in tuple(self.looks)
            if look.page == page and look.status in _SERVED and look.ended <= until
        )  # fmt: skip
        before, after = [at for at in served if at < since], [at for at in served if at >= since]
        if not after:
            return math.inf
        ends = [before[-1] if before else since, *after]
        return max(later - earlier for earlier, later in pairwise(ends))

    def _run(self) -> None:
        try:
            asyncio.run(self._watch())
        except BaseException as failure:
            self._failure = failure

    async def _watch(self) -> None:
        trusting = not all(wire.is_loopback(ask.url) for ask in self._reads)
        async with wire.client(trust_environment=trusting) as client:
            works = [self._reading(client, ask) for ask in self._reads]
            await asyncio.gather(*works, *([self._writing(client, self._write)] if self._write else []))

    async def _reading(self, client: wire.Client, ask: Ask) -> None:
        while not self._over.is_set():
            begun = self._clock()
            status, _ = await _status(client, replace(ask, bounds=_READ))
            self.looks.append(Look(page=ask.url, begun=begun, ended=self._clock(), status=status))
            await asyncio.sleep(max(0.0, self._pace - (self._clock() - begun)))

    async def _writing(self, client: wire.Client, write: Callable[[int], Ask]) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            status, body = await _status(client, replace(write(number), bounds=_WRITE))
            if status in _TAKEN and (key := _receipt(body)):
                self.taken.append(Taken(key=key, at=datetime.now(UTC)))
            await asyncio.sleep(self._pace * 2)


async def _status(client: wire.Client, ask: Ask) -> tuple[int, bytes]:
    once = replace(ask, headers={**ask.headers, "Connection": "close"})
    try:
        async with asyncio.timeout(ask.bounds.total):
            status, body, _, _ = await wire.exchange(client, once)
    except wire.ERRORS:
        return 0, b""
    return status, body


def _receipt(body: bytes) -> str:
    try:
        return str(json.loads(body)["report_id"])
    except (ValueError, KeyError, TypeError):
        return ""
