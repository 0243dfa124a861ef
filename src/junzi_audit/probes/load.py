"""Load on a node that may be loaded: the scenarios run, the writes looked up again, the node crashed and awaited."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from junzi_audit.declared.pressure import Ground
from junzi_audit.declared.pressure import Load as Table
from junzi_audit.model import SKEW, Cause, Unobservable
from junzi_audit.probes import generator, loadlines, scenarios
from junzi_audit.probes.asking import Recorder, segment
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.published import RiskPage
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.blocks import LoadRun, Recovery

LOADED = "LOCUST published scenarios and stress ramp"
CRASHED = "CRASH of the loaded node"
#: Ids that the users read, at most so many of each kind.
_IDS = 100
#: Seconds between two looks at a crashed node, how long it is waited for, and how long to see it down at all.
_LOOK, _WAIT, _DOWN = 0.25, 120.0, 15.0


@dataclass(frozen=True, kw_only=True)
class Faces:
    """How to read one node: its root, its public API, its audit feed."""

    root: Surface
    api: Surface
    feed: Feed


class Load:
    """One load run of a target, its writes and a crash; what happened is kept as evidence, and replayed from it."""

    def __init__(
        self, *, recorder: Recorder, table: Table | None, ground: Ground, faces: Callable[[str], Faces], base: str,
        seed: int,
    ) -> None:  # fmt: skip
        self._recorder = recorder
        self._table = table
        self._ground = ground
        self._faces = faces
        self._base = base
        self._seed = seed
        self._done: dict[str, tuple[bytes, Cause | None]] = {}

    def run(self) -> LoadRun:
        """All scenarios and the ramp, one after the other; Unobservable when the node or the generator cannot."""
        return loadlines.load_run(self._kept(LOADED, "load.run", self._run))

    def kept_reports(self, run: LoadRun) -> frozenset[str]:
        """Ids of the user reports that the loaded node still knows of that time; asked after its crash, if any."""
        with contextlib.suppress(Unobservable):
            self.recovery(run)
        feed = self._faces(run.node).feed
        return frozenset(row.report_id for row in feed.user_reports(run.begun - SKEW, run.ended + SKEW))

    def recovery(self, run: LoadRun) -> Recovery:
        """The node crashed and, where it is ours, started again: how long until health and a read answer 200."""
        return Recovery(**json.loads(self._kept(CRASHED, "load.crash", lambda: self._rehearse(run.node))))

    def _kept(self, query: str, probe: str, act: Callable[[], bytes]) -> bytes:
        """What the act told, done once; a failure to look is kept with its cause, and raised again."""
        if query not in self._done:
            replayed = self._recorder.replay(query)
            self._done[query] = (replayed[1], replayed[2]) if replayed else self._acted(query, probe, act)
        body, cause = self._done[query]
        if cause is not None:
            raise Unobservable(cause, body.decode(errors="replace"))
        return body

    def _acted(self, query: str, probe: str, act: Callable[[], bytes]) -> tuple[bytes, Cause | None]:
        at, begun = datetime.now(UTC), time.perf_counter()
        cause = None
        try:
            body = act()
        except Unobservable as failure:
            body, cause = failure.detail.encode(), failure.cause
        seconds = time.perf_counter() - begun
        self._recorder.keep(probe=probe, query=query, at=at, seconds=seconds, status=0, body=body, cause=cause)
        return body, cause

    def _run(self) -> bytes:
        table = self._table
        if table is None:
            raise Unobservable(Cause.NOT_CONFIGURED, "the target's file has no [load] table: nobody said what it bears")
        stages = scenarios.stages(
            scenarios.Factors(
                time=table.time_factor, users=table.user_factor, least_seconds=table.least_seconds,
                pace=table.pace_seconds, ramp=table.ramp, ramp_seconds=table.ramp_seconds,
                most_users=table.most_users, most_seconds=table.most_seconds,
            )
        )  # fmt: skip
        keys, url = self._ground.keys(), self._ground.url()
        entities, paths = self._pages(self._faces(url))
        plan = {
            "stages": [asdict(stage) for stage in stages], "base": self._base, "key_limit": table.key_limit,
            "seed": self._seed, "entities": entities, "paths": paths,
        }  # fmt: skip
        begun = datetime.now(UTC)
        lines = generator.generate(
            plan, host=url, keys=keys, workers=table.workers, most_seconds=table.most_seconds
        )  # fmt: skip
        head = {
            "node": url, "begun": begun, "ended": datetime.now(UTC), "stages": stages, "workers": table.workers,
            "time_factor": table.time_factor, "user_factor": table.user_factor, "key_limit": table.key_limit,
        }  # fmt: skip
        return loadlines.header(head) + lines

    def _pages(self, faces: Faces) -> tuple[list[str], list[str]]:
        """Entities of the node, and every published read of some of its entities and sources."""
        rows = faces.api.one(RiskPage, "load.ids", "/risk_scores/", (("page_size", "200"),)).items
        entities = [row.entity_id for row in rows][:_IDS]
        if not entities:
            raise Unobservable(Cause.TOO_FEW, f"{faces.api.url} names no entity that could be read")
        sources = [segment(source.source_id) for source in faces.feed.newest_sources(_IDS)]
        # Every kind of page as often as any other, whatever the number of ids.
        paths = [f"/entities/{segment(each)}/{page}" for each in entities for page in ("profile", "contradictions")]
        paths += [f"/promises/{segment(each)}" for each in entities]
        paths += [f"/sources/{sources[at % len(sources)]}" for at in range(len(entities))] if sources else []
        lists = ("/risk_scores/", "/alerts/", "/disputes/", "/reports/")
        return entities, paths + [page for page in lists for _ in entities]

    def _rehearse(self, url: str) -> bytes:
        faces, begun = self._faces(url), time.perf_counter()
        self._ground.crash()
        back = self._ground.certain
        try:
            self._ground.restart()
        except Unobservable:  # it did not come back by itself: that is the finding, not a failure to look
            return json.dumps({"seconds": float("inf"), "waited": time.perf_counter() - begun}).encode()
        down = back
        while (passed := time.perf_counter() - begun) < _WAIT:
            if not _answers(faces):
                down = True
            elif down:
                return json.dumps({"seconds": time.perf_counter() - begun, "waited": passed}).encode()
            elif passed > _DOWN:
                raise Unobservable(Cause.UNDEFINED, f"the node was never seen down within {_DOWN:g} s of its crash")
            time.sleep(_LOOK)
        return json.dumps({"seconds": float("inf"), "waited": _WAIT}).encode()


def _answers(faces: Faces) -> bool:
    """Whether health and a public read both answer 200; the read is not asked while health does not answer."""
    looks = ((faces.root, "/health"), (faces.api, "/alerts/"))
    return all(face.get_all([face.ask("load.recovery", path, retry=False)])[0].status == 200 for face, path in looks)
