"""One drill under way: steps with their times, looks that repeat until they hold or time is up, and figures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from junzi_audit.model import Cause, Unobservable
from junzi_audit.seen.drills import Drilled, Figure, Step

T = TypeVar("T")
_NAMED = 5


class Drill:
    """Keeps what was done, seen and counted. ``limits`` are the duty's, by name; times among them are in seconds.

    A look is repeated every ``pause`` seconds for the time that a limit allows, but never longer than ``patience``.
    """

    def __init__(
        self, limits: Mapping[str, float], *, patience: float, pause: float,
        clock: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._limits, self._patience, self._pause = limits, patience, pause
        self._clock, self._sleep = clock, sleep
        self._begun = self.acted = clock()
        self._steps: list[Step] = []
        self._figures: dict[str, Figure] = {}

    def steady(self, name: str, trouble: Callable[[], str]) -> None:
        """The hypothesis: Unobservable when there is ``trouble`` before anything was done, so nothing is."""
        begun = self._clock()
        told = trouble()
        self._note("steady", name, begun, told=told)
        if told:
            raise Unobservable(Cause.UNDEFINED, f"not steady before the drill, so it was not begun: {told}")

    def act(self, name: str, do: Callable[[], T]) -> T:
        """Do something, and note how long it took; ``acted`` is when it began."""
        begun = self.acted = self._clock()
        done = do()
        self._note("act", name, begun)
        return done

    def expect(self, limit: str, name: str, holds: Callable[[], bool], *, since: float | None = None) -> bool:
        """Look until it ``holds``; the seconds ``since`` (now) are the limit's figure, infinite when it never did."""
        begun = self._clock() if since is None else since
        seconds, told = self._looked(limit, holds, begun)
        self._note("expect", name, begun, seconds=seconds, within=self._limits[limit], told=told)
        worst = max(seconds, self._figures[limit].value if limit in self._figures else 0.0)
        self._figures[limit] = Figure(value=worst, n=1, told=f"{name}: {told or f'after {seconds:.2f} s'}")
        return not told

    def awaited(self, limit: str, name: str, holds: Callable[[], bool]) -> bool:
        """Look until it ``holds``, for a limit's time and as no figure of it: one node may be behind another."""
        begun = self._clock()
        seconds, told = self._looked(limit, holds, begun)
        self._note("look", name, begun, seconds=seconds, told=told)
        return not told

    def stays(self, seconds: float, holds: Callable[[], bool]) -> bool:
        """Whether it holds all that time."""
        begun = self._clock()
        while holds():
            if self._clock() - begun > seconds:
                return True
            self._sleep(self._pause)
        return False

    def count(self, limit: str, name: str, wrong: Sequence[str], *, n: int) -> None:
        """Things that are not as they should be, of ``n`` looked at; a second count of a limit adds to the first."""
        before = self._figures.get(limit, Figure(value=0, n=0))
        more = f", and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        told = f"{name}: {', '.join(wrong[:_NAMED])}{more}" if wrong else ""
        self._note("look", f"looked for: {name}", self._clock(), told=told or f"none of {n}")
        both = "; ".join(filter(None, (before.told, told)))
        self._figures[limit] = Figure(value=before.value + len(wrong), n=before.n + n, told=both)

    def unseen(self, limit: str, told: str) -> None:
        """A part of a limit could not be looked at: too little was seen to call it right, but a breach remains one."""
        before = self._figures.get(limit, Figure(value=0, n=0))
        both = "; ".join(filter(None, (before.told, told)))
        n = before.n if before.value > self._limits[limit] else 0
        self._figures[limit] = Figure(value=before.value, n=n, told=both)

    def measured(self, limit: str, value: float, *, n: int, told: str = "") -> None:
        """A figure that was measured by other means."""
        self._figures[limit] = Figure(value=value, n=n, told=told)

    def undone(self, begun: float, left: Sequence[str], *, n: int, unseen: str = "") -> None:
        """What putting back left behind, of ``n`` things looked at; ``begun`` is when it began by the drill's clock.

        ``unseen``: why nobody could look; empty when somebody did.
        """
        self._note("undo", "everything is put back", begun, told=", ".join(left[:_NAMED]) or unseen)
        told = f"not as before: {', '.join(left[:_NAMED])}" if left else unseen or "everything is as it was before"
        self._figures["left_behind"] = Figure(value=len(left), n=n, told=told)

    def wait(self, seconds: float) -> None:
        """Let that time pass by the drill's clock."""
        self._sleep(seconds)

    def now(self) -> float:
        """The drill's clock, in seconds."""
        return self._clock()

    def outcome(self, where: str) -> Drilled:
        """All of it, in the order of the duty's limits; Unobservable when the drill told nothing of one of them."""
        untold = [name for name in self._limits if name not in self._figures]
        if untold:
            raise Unobservable(Cause.NOT_RUN, f"the drill ended before it could tell {untold[0]}")
        figures = {name: self._figures[name] for name in self._limits}
        return Drilled(where=where, steps=tuple(self._steps), figures=figures)

    def _looked(self, limit: str, holds: Callable[[], bool], begun: float) -> tuple[float, str]:
        """The seconds since ``begun`` after which it held; infinite, with words, when it did not in time."""
        most = min(self._limits[limit], self._patience)
        while True:
            found, passed = holds(), self._clock() - begun
            if found:
                return passed, ""
            if passed > most:
                return math.inf, f"not within {most:g} s, after which nobody looked any more"
            self._sleep(self._pause)

    def _note(
        self, phase: str, name: str, begun: float, *, seconds: float | None = None, within: float | None = None,
        told: str = "",
    ) -> None:  # fmt: skip
        now = self._clock()
        took = now - begun if seconds is None else seconds
        self._steps.append(
            Step(phase=phase, name=name, at=now - self._begun, seconds=took, within=within, told=told)
        )  # fmt: skip
