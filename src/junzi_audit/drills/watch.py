"""A front watched through an outage: pages read again and again, reports written, from a thread of its own."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from types import TracebackType

from junzi_audit.findings import Observation
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import wire
from junzi_audit.probes.asking import Answer, Ask, Bounds

#: An answer that takes longer is none; a write may wait for another one's.
_READ, _WRITE = Bounds(connect=1, read=2, total=2), Bounds(connect=1, read=5, total=5)
#: So many good answers running say that a page is served again.
_RUNNING = 3
#: It counts our requests: neither an answer nor an outage.
_THROTTLED = 429
#: Nobody answers, or what stands before the node says that nobody does; so many running say that a node is down.
_SILENT, _DOWN = {0, 502, 504}, 2
_TAKEN = {201, 202}
#: Seconds that ending may take beyond the longest look, and looks for which something is awaited at most.
_ENDING, _PATIENCE = 10, 100


@dataclass(frozen=True, kw_only=True)
class Look:
    """One request: when it began and ended by the watch's clock, the status, 0 for no answer, and what is wrong."""

    page: str
    begun: float
    ended: float
    status: int
    problem: str = ""

    @property
    def served(self) -> bool:
        """Whether it was answered as the contract says."""
        return self.status == 200 and not self.problem


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A write that was answered as taken: its id, and when it had been."""

    key: str
    at: datetime


#: A page to be read, and what is wrong with an answer of it.
Read = tuple[Ask, Callable[[Answer], str]]


class Watch:
    """Looks from its ``with`` on until it ends. ``reads`` are asked every ``pace`` seconds, ``write`` half as often.

    Every look opens a connection of its own, as a new visitor would: a kept one may stay with the node it was on.
    """

    def __init__(
        self, reads: Sequence[Read], write: Callable[[int], Ask] | None, *, pace: float,
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
        """Whether every page was served, asked for after ``since``, and nothing but 429 came between so many looks."""
        for looks in self._since(since):
            last = looks[-_RUNNING:]
            if len(last) < _RUNNING or any(_failed(look) for look in last) or not any(look.served for look in looks):
                return False
        return True

    def silent(self, since: float) -> bool:
        """Whether no page answers, some times running, asked for after ``since``."""
        last = [looks[-_DOWN:] for looks in self._since(since)]
        return all(len(looks) == _DOWN and all(look.status in _SILENT for look in looks) for looks in last)

    def until(self, holds: Callable[[], bool]) -> bool:
        """Whether that came to hold while a patient visitor would have waited."""
        end = self._clock() + max(_ENDING, _PATIENCE * self._pace)
        while not (found := holds()) and self._clock() < end:
            time.sleep(self._pace)
        return found

    def gap(self, since: float, until: float) -> float:
        """The longest time in which a page was not served once, between the two; infinite when it still was not."""
        return max(self._gap(ask.url, since, until) for ask, _ in self._reads)

    def failed(self, since: float, until: float) -> tuple[int, int]:
        """How many looks failed, and how many there were, of those that ended between the two."""
        looks = [look for look in tuple(self.looks) if since <= look.ended <= until]
        return sum(_failed(look) for look in looks), len(looks)

    def lines(self) -> bytes:
        """Every look as a line of JSON, in the order in which they ended; times are seconds by the watch's clock."""
        return b"".join(json.dumps(asdict(look)).encode() + b"\n" for look in tuple(self.looks))

    def _since(self, since: float) -> list[list[Look]]:
        """The looks at each page that began after that; Unobservable when nobody looks any more."""
        if self._failure is not None:
            raise Unobservable(Cause.UNDEFINED, f"the watch itself broke: {type(self._failure).__name__}")
        looks = [look for look in tuple(self.looks) if look.begun >= since]
        return [[look for look in looks if look.page == ask.url] for ask, _ in self._reads]

    def _gap(self, page: str, since: float, until: float) -> float:
        served, out = [], True
        for look in tuple(self.looks):
            if look.page == page and look.ended <= until:
                out = not look.served if look.status != _THROTTLED else out  # 429 goes on as it was before
                served += [] if out else [look.ended]
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
        trusting = not all(wire.is_loopback(ask.url) for ask, _ in self._reads)
        async with wire.client(trust_environment=trusting) as client:
            works = [self._reading(client, ask, problem) for ask, problem in self._reads]
            await asyncio.gather(*works, *([self._writing(client, self._write)] if self._write else []))

    async def _reading(self, client: wire.Client, ask: Ask, problem: Callable[[Answer], str]) -> None:
        while not self._over.is_set():
            begun = self._clock()
            status, body = await _status(client, replace(ask, bounds=_READ))
            ended = self._clock()
            told = problem(_answer(ask, status, body)) if status == 200 else ""
            self.looks.append(Look(page=ask.url, begun=begun, ended=ended, status=status, problem=told))
            await asyncio.sleep(max(0.0, self._pace - (self._clock() - begun)))

    async def _writing(self, client: wire.Client, write: Callable[[int], Ask]) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            status, body = await _status(client, replace(write(number), bounds=_WRITE))
            if status in _TAKEN and (key := _receipt(body)):
                self.taken.append(Taken(key=key, at=datetime.now(UTC)))
            await asyncio.sleep(self._pace * 2)


def _failed(look: Look) -> bool:
    return not look.served and look.status != _THROTTLED


def _answer(ask: Ask, status: int, body: bytes) -> Answer:
    """What the page's contract is held against; a watch keeps all its looks together, so none for itself."""
    seen = Observation(
        id="", probe=ask.probe, query=ask.query, at=datetime.now(UTC), seconds=0, status=status, sha256="",
        size=len(body), path="",
    )  # fmt: skip
    return Answer(observation=seen, body=body)


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
