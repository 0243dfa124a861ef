"""Where a downtime drill is held: the front as the public sees it, the nodes behind it, the one that is restored."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from junzi_audit.declared.downtime import Failed, Pair
from junzi_audit.drills.public import LISTS
from junzi_audit.drills.scene import Scene
from junzi_audit.drills.watch import Watch
from junzi_audit.model import Unobservable
from junzi_audit.probes.asking import Ask
from junzi_audit.probes.surface import Surface

#: How often the primary's count of requests is looked at, and for how many seconds at least, until it rises by so many.
_LOOKS, _PATIENCE, _MORE = 20, 15, 3
_SKEW = timedelta(minutes=5)


@dataclass(kw_only=True)
class Blackout(Scene):
    """A scene whose node is the front. ``nodes``: the root of the primary and of the secondary behind it.

    ``counted``: the public requests that the primary tells of; ``back``: the restored node as a scene of its own;
    ``pace``: seconds between two looks of a watch.
    """

    pair: Pair
    nodes: Sequence[Surface]
    counted: Callable[[], float]
    back: Callable[[], Scene]
    pace: float
    unrevived: str = ""

    def trouble(self) -> str:
        """As of any node; Unobservable when one of the two is down already."""
        for node in self.nodes:
            node.get_all([node.ask("drill.read", "/health", retry=False)])[0].usable()
        return super().trouble()

    def watched(self, api: Surface, pages: Sequence[str], *, writing: str = "") -> Watch:
        """Pages of that API watched, and reports written on that entity, where it is named."""
        reads = [api.ask("drill.watch", page) for page in pages]
        return Watch(reads, self._report(writing) if writing else None, pace=self.pace)

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

    def recovery(self) -> str:
        """The safeguard that holds back the alerts of the restored node; empty when there is none."""
        control = self.back().control
        found = control.safeguards(self.begun - _SKEW, datetime.now(UTC) + _SKEW)
        active = (each for each in found if each.safeguard == "recovery" and each.state == "active")
        return next((each.safeguard_id for each in active), "")

    def put_back(self) -> None:
        """First the nodes, then what was written to them."""
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
        with Watch([node.ask("drill.watch", "/health") for node in self.nodes], None, pace=self.pace) as watch:
            back = watch.until(partial(watch.answered, watch.now()))
        down = self.unrevived or "the primary or the secondary does not answer"
        return [*([] if back and not self.unrevived else [down]), *left], n + len(self.nodes)

    def _report(self, entity: str) -> Callable[[int], Ask]:
        heads = {"Content-Type": "application/json", "X-Audit-Label": self.control.label}

        def made(number: int) -> Ask:
            body = {"entity_id": entity, "report_type": "other", "content": f"A rehearsal of the auditor's, {number}."}
            return self.public.primary.ask(
                "drill.write", "/user_reports/", method="POST", body=json.dumps(body).encode(), headers=heads
            )  # fmt: skip

        return made
