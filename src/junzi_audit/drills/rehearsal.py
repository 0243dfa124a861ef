"""A drill from its first look to its proven undo: whatever happens on the way, everything is put back."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from junzi_audit.drills.drill import Drill
from junzi_audit.drills.journal import Entry, Journal
from junzi_audit.drills.public import Throttled
from junzi_audit.drills.scene import Scene
from junzi_audit.model import Cause, Unobservable
from junzi_audit.seen.drills import Drilled

T = TypeVar("T")
Story = Callable[[Drill, Scene], None]
#: Seconds for which a key that is used up is waited for, in all and at least between two tries: a key has so much a
#: minute.
_MOST, _LEAST = 75.0, 15.0


@dataclass(frozen=True, kw_only=True)
class Undone:
    """``left``: what could not be put back, of ``n`` things looked at; ``unseen``: why nobody could look, if so."""

    left: Sequence[str]
    n: int
    unseen: str = ""

    @property
    def trouble(self) -> str:
        """Why the undo is not proven; empty when it is."""
        return f"it could not be undone: {', '.join(self.left)}" if self.left else self.unseen


def rehearse(story: Story, drill: Drill, scene: Scene, journal: Journal, entry: Entry) -> Drilled:
    """Play the story; undo it at its end, when it fails, and when a person interrupts it; then prove the undo."""
    drill.steady("the node is in its steady state", scene.trouble)
    scene.remember()
    journal.open(entry)
    try:
        story(drill, scene)
    except Unobservable as failure:
        trouble = _undone(drill, scene, journal, entry).trouble
        raise Unobservable(failure.cause, failure.detail + (f"; and {trouble}" if trouble else "")) from None
    except BaseException:
        _undone(drill, scene, journal, entry)
        raise
    _undone(drill, scene, journal, entry)
    return drill.outcome(scene.public.url)


def _undone(drill: Drill, scene: Scene, journal: Journal, entry: Entry) -> Undone:
    begun = drill.now()
    done = undo(scene, wait=drill.wait)
    drill.undone(begun, done.left, n=done.n, unseen=done.unseen)
    if not done.trouble:
        journal.close(entry.duty)
    return done


def undo(scene: Scene, *, wait: Callable[[float], None] = time.sleep) -> Undone:
    """Put everything back, and look; what could not be asked counts as left, unless only our key was used up."""
    back = False
    try:
        _patiently(scene.put_back, wait)
        back = True
        left, n = _patiently(scene.left_behind, wait)
    except Unobservable as failure:
        told = f"{failure.cause}: {failure.detail}"
        if back and failure.cause is Cause.THROTTLED:
            return Undone(left=[], n=0, unseen=f"it was put back and not looked at: {told}")
        return Undone(left=[told], n=1)
    return Undone(left=left, n=n)


def _patiently(do: Callable[[], T], wait: Callable[[float], None]) -> T:
    """Do it, and again when our key was used up, once the node may be asked; Unobservable when it remains so."""
    waited = 0.0
    while True:
        try:
            return do()
        except Unobservable as failure:
            if failure.cause is not Cause.THROTTLED or waited >= _MOST:
                raise
            named = failure.wait if isinstance(failure, Throttled) else 0.0
        pause = min(max(named, _LEAST), _MOST - waited)
        wait(pause)
        waited += pause


def put_back_what_was_left(
    journal: Journal, scene_of: Callable[[Entry], Scene], *, nodes: Collection[str],
    wait: Callable[[float], None] = time.sleep,
) -> tuple[str, ...]:  # fmt: skip
    """Undo every drill that was begun and not put back; Unobservable when one cannot be undone.

    Nothing is asked, and no key sent, of a node that is not among the target's ``nodes``.
    """
    told: list[str] = []
    for entry in journal.left():
        if entry.node not in nodes:
            raise Unobservable(
                Cause.REFUSED, f"the journal tells of a drill on {entry.node}, which this target does not name"
            )
        done, aborted = undo(scene_of(entry), wait=wait), f"{entry.duty} of {entry.run} was aborted"
        if done.left:
            detail = f"{aborted} and could not be undone on {entry.node}: {', '.join(done.left)}"
            raise Unobservable(Cause.UNDEFINED, detail)
        if done.unseen:
            raise Unobservable(Cause.THROTTLED, f"{aborted}; on {entry.node} {done.unseen}")
        journal.close(entry.duty)
        told.append(f"{entry.duty} of {entry.run} had been aborted; it was undone first")
    return tuple(told)
