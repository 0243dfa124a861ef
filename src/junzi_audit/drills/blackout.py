"""Where a downtime drill is held: the front as the public sees it, the nodes behind it, the one that is restored."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from junzi_audit.declared.downtime import Failed, Pair
from junzi_audit.drills.public import LISTS
from junzi_audit.drills.scene import Scene
from junzi_audit.drills.watch import Read, Watch
from junzi_audit.model import SKEW, Unobservable
from junzi_audit.probes.asking import Ask, Recorder
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.published import health_problem, page_problem
from junzi_audit.probes.surface import Surface

#: How often the primary's count of requests is looked at, and for how many seconds at least, until it rises by so many.
_LOOKS, _PATIENCE, _MORE = 20, 15, 3
#: For how many such pauses it must stand still, where a primary that is down can be asked for it at all.
_STILL = 2
#: How far back the records go that a restored node is held against.
_WEEK = timedelta(days=7)


@dataclass(kw_only=True)
class Blackout(Scene):
    """A scene whose node is the front. ``nodes``: the root of the primary and of the secondary behind it.

    ``counted``: the public requests that the primary tells of; ``back``: the restored node as a scene of its own;
    ``pace``: seconds between two looks of a watch, which ``recorder`` keeps. ``record``: when what the node held before
    the drill had come, by its id.
    """

    pair: Pair
    nodes: Sequence[Surface]
    counted: Callable[[], float]
    back: Callable[[], Scene]
    pace: float
    recorder: Recorder
    record: Mapping[str, datetime] = field(default_factory=dict)
    unrevived: str = ""

    def trouble(self) -> str:
        """As of any node, or that what is to be restored is there already; Unobservable when one of the two is down."""
        for node in self.nodes:
            node.get_all([node.ask("drill.read", "/health", retry=False)])[0].usable()
        there = [url for url, told in self.back().health() if told] if self.pair.stays else []
        return "; ".join(filter(None, [super().trouble(), *(f"{url} answers before it was restored" for url in there)]))

    def remember(self) -> None:
        """Also what a backup should hold."""
        super().remember()
        self.record = self.on_record(self.feed())

    def on_record(self, feed: Feed) -> dict[str, datetime]:
        """When each user report and decision came, by its id, since a week before the drill."""
        since, until = self.begun - _WEEK, datetime.now(UTC) + SKEW
        reports = {row.report_id: row.submitted_at for row in feed.user_reports(since, until)}
        return reports | {row.risk_id: row.calculated_at for row in feed.decisions(since, until)}

    def watched(
        self, api: Surface, pages: Sequence[str], *, writing: str = ""
    ) -> AbstractContextManager[Watch]:  # fmt: skip
        """Pages of that API watched, and reports written on that entity, where it is named."""
        reads = [(api.ask("drill.watch", page), partial(page_problem, page)) for page in pages]
        return self._watching(reads, self._report(writing) if writing else None)

    def primary_silent(self) -> bool:
        """Whether the primary itself, asked past the front, is seen to answer no more, and nothing arrives there.

        Its health may be silent alone: a public page must be too, and what it counted itself must not rise on.
        """
        with self._watching([*self._healths(self.nodes[:1]), self._past_the_front(LISTS[0])]) as watch:
            silent = watch.until(partial(watch.silent, watch.now()))
        return silent and not self._counts_on()

    def primary_serves(self) -> bool:
        """Whether what the public asks is seen to arrive at the primary, so that its end would be felt."""
        first, end = math.inf, time.monotonic() + max(_PATIENCE, _LOOKS * _MORE * self.pace)
        while time.monotonic() < end:
            with suppress(Unobservable):  # it may be coming up
                count = self.counted()
                first = min(first, count)
                if count >= first + _MORE:
                    return True
            time.sleep(_MORE * self.pace)
        return False

    def _counts_on(self) -> bool:
        """Whether the primary's count of requests still rises; one that cannot be read says of nobody that he asks."""
        try:
            first = self.counted()
            time.sleep(_STILL * _MORE * self.pace)
            return self.counted() >= first + _MORE  # one or two may have been under way
        except Unobservable:
            return False

    def _past_the_front(self, page: str) -> Read:
        """The public page as the front is asked for it, but of the primary itself."""
        ask = self.public.primary.ask("drill.watch", page)
        url = self.pair.primary.rstrip("/") + ask.url.removeprefix(self.pair.front.rstrip("/"))
        return replace(ask, url=url), partial(page_problem, page)

    def recovery(self) -> str:
        """The safeguard that holds back the alerts of the restored node; empty when there is none."""
        control = self.back().control
        found = control.safeguards(self.begun - SKEW, datetime.now(UTC) + SKEW)
        active = (each for each in found if each.safeguard == "recovery" and each.state == "active")
        return next((each.safeguard_id for each in active), "")

    def put_back(self) -> None:
        """First the nodes, then what was written to them."""
        self.unrevived = ""
        try:
            self.pair.put_back()
        except Failed as failure:
            self.unrevived = str(failure)
        with self.watched(self.public.primary, LISTS[:1]) as watch:  # a front may take its time to notice
            watch.until(partial(watch.answered, watch.now()))
        super().put_back()

    def left_behind(self) -> tuple[list[str], int]:
        """Also a node that did not come back, where the nodes outlive the drill."""
        left, n = super().left_behind()
        if not self.pair.stays:
            return left, n
        with self._watching(self._healths(self.nodes)) as watch:
            back = watch.until(partial(watch.answered, watch.now()))
        down = self.unrevived or "the primary or the secondary does not answer"
        return [*([] if back and not self.unrevived else [down]), *left], n + len(self.nodes)

    @contextmanager
    def _watching(self, reads: Sequence[Read], write: Callable[[int], Ask] | None = None) -> Iterator[Watch]:
        """A watch whose looks are kept as one observation when it ends, however that is."""
        at, begun = datetime.now(UTC), time.perf_counter()
        watch = Watch(reads, write, pace=self.pace)
        try:
            with watch:
                yield watch
        finally:
            self.control.note("user_report", *(each.key for each in watch.taken))
            self.recorder.keep(
                probe="drill.watch", query=f"WATCH {' '.join(ask.url for ask, _ in reads)}",
                at=at.replace(microsecond=at.microsecond // 1000 * 1000), seconds=time.perf_counter() - begun, status=0,
                body=watch.lines(), cause=None,
            )  # fmt: skip

    @staticmethod
    def _healths(nodes: Sequence[Surface]) -> list[Read]:
        return [(node.ask("drill.watch", "/health"), health_problem) for node in nodes]

    def _report(self, entity: str) -> Callable[[int], Ask]:
        heads = {"Content-Type": "application/json", "X-Audit-Label": self.control.label}

        def made(number: int) -> Ask:
            body = {"entity_id": entity, "report_type": "other", "content": f"A rehearsal of the auditor's, {number}."}
            return self.public.primary.ask(
                "drill.write", "/user_reports/", method="POST", body=json.dumps(body).encode(), headers=heads
            )  # fmt: skip

        return made
