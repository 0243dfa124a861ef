"""A drill from its first look to its proven undo: whatever happens on the way, everything is put back."""

from __future__ import annotations

from collections.abc import Callable, Collection

from junzi_audit.drills.drill import Drill
from junzi_audit.drills.journal import Entry, Journal
from junzi_audit.drills.scene import Scene
from junzi_audit.model import Cause, Unobservable
from junzi_audit.seen.drills import Drilled

Story = Callable[[Drill, Scene], None]


def rehearse(story: Story, drill: Drill, scene: Scene, journal: Journal, entry: Entry) -> Drilled:
    """Play the story; undo it at its end, when it fails, and when a person interrupts it; then prove the undo."""
    drill.steady("the node is in its steady state", scene.trouble)
    scene.remember()
    journal.open(entry)
    try:
        story(drill, scene)
    except Unobservable as failure:
        left = _undone(drill, scene, journal, entry)
        told = f"; and it could not be undone: {', '.join(left)}" if left else ""
        raise Unobservable(failure.cause, failure.detail + told) from None
    except BaseException:
        _undone(drill, scene, journal, entry)
        raise
    _undone(drill, scene, journal, entry)
    return drill.outcome(scene.public.url)


def _undone(drill: Drill, scene: Scene, journal: Journal, entry: Entry) -> list[str]:
    begun = drill.now()
    left, n = undo(scene)
    drill.undone(begun, left, n=n)
    if not left:
        journal.close(entry.duty)
    return left


def undo(scene: Scene) -> tuple[list[str], int]:
    """What could not be put back, and how many things were looked at; what could not be asked counts as left."""
    try:
        scene.put_back()
        return scene.left_behind()
    except Unobservable as failure:
        return [f"{failure.cause}: {failure.detail}"], 1


def put_back_what_was_left(
    journal: Journal, scene_of: Callable[[Entry], Scene], *, nodes: Collection[str]
) -> tuple[str, ...]:
    """Undo every drill that was begun and not put back; Unobservable when one cannot be undone.

    Nothing is asked, and no key sent, of a node that is not among the target's ``nodes``.
    """
    told = []
    for entry in journal.left():
        if entry.node not in nodes:
            raise Unobservable(
                Cause.REFUSED, f"the journal tells of a drill on {entry.node}, which this target does not name"
            )
        left, _ = undo(scene_of(entry))
        if left:
            raise Unobservable(
                Cause.UNDEFINED,
                f"{entry.duty} of {entry.run} was aborted and could not be undone on {entry.node}: {', '.join(left)}",
            )
        journal.close(entry.duty)
        told.append(f"{entry.duty} of {entry.run} had been aborted; it was undone first")
    return tuple(told)
