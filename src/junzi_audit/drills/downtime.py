"""The primary is killed and hangs, both nodes are lost, a backup is restored: who served, what was lost, how long."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from junzi_audit.declared.downtime import Failed
from junzi_audit.drills.blackout import Blackout
from junzi_audit.drills.drill import Drill
from junzi_audit.drills.scene import Scene
from junzi_audit.drills.watch import Taken, Watch
from junzi_audit.model import BOARD, Cause, Unobservable

#: What the public reads all along, and what it gets back only when the Board says so.
_OPEN, _HELD = ("/risk_scores/",), ("/alerts/",)
#: Reports written after the backup, and looks at the alerts before anybody approves of them.
_LATER, _EARLY = 5, 10
#: A record this young may have been under way when the backup was taken.
_UNDER_WAY = timedelta(minutes=1)
#: Why a way could not be tried, and what a person can do about it.
_ELSEWHERE = (
    "the primary's count of requests was not seen to rise, as if the front sent the public elsewhere; hand the public "
    "back to the primary, as the last thing that revive does where the front does not go back by itself, and hold the "
    "drill again"
)


def story(drill: Drill, scene: Blackout) -> None:
    """Figures: failover_time, rows_lost, loss_window, recovery_time, alerts_early."""
    entity = min(scene.public.scored())
    with scene.watched(scene.public.primary, (*_OPEN, *_HELD), writing=entity) as watch:
        _failover(drill, scene, watch)
    taken = tuple(watch.taken)
    keys = [each.key for each in taken]
    drill.awaited("failover_time", "what was accepted is on record", lambda: not _absent(keys, scene.reports()))
    drill.count("rows_lost", "accepted during the failover and gone", _absent(keys, scene.reports()), n=len(taken))
    aged = drill.act("a backup is seen to", scene.pair.backup)
    with scene.watched(scene.public.primary, _OPEN, writing=entity) as watch:
        drill.act("more is written after it", partial(watch.until, lambda: len(watch.taken) >= _LATER))
    _loss(drill, scene, (*taken, *watch.taken), aged)
    if not taken:
        drill.unseen("rows_lost", "no report was accepted during the failover")


def _failover(drill: Drill, scene: Blackout, watch: Watch) -> None:
    """The longest time in which the public was not served, over a kill and a hang; infinite when it never was again.

    A way that was not tried is unseen. Unobservable when the primary goes on after the first: then nobody had anything
    to take over.
    """
    told: list[str] = []
    gaps: list[float] = []
    looks, pair = 0, scene.pair
    ways = [("killed", pair.kill, pair.revive), ("made to hang", pair.hang, pair.resume)][: 2 if pair.hangs else 1]
    why = ""
    for word, do, undo in ways:
        if not drill.act("the primary serves the public", scene.primary_serves):
            why = _ELSEWHERE
            break
        since = watch.now()
        drill.act(f"the primary is {word}", do)
        if not drill.act("the primary itself answers no more", scene.primary_silent):
            why = f"the primary was not seen down after it was {word}: it answers itself, or goes on counting requests"
            if not gaps:
                raise Unobservable(Cause.UNDEFINED, why)
            drill.act("the primary is brought back", undo)
            break
        down = watch.now()
        survived = drill.expect("failover_time", "the public is served again", partial(watch.answered, down))
        until = watch.now()
        drill.act("the primary is brought back", undo)
        back = watch.now()
        drill.act("the public is served as before", partial(watch.until, partial(watch.answered, back)))
        failed, asked = watch.failed(since, until)
        gaps.append(watch.gap(since, until) if survived else math.inf)
        told.append(f"{word}: {failed} of {asked} looks failed, longest gap {gaps[-1]:.2f} s")
        looks += asked
        if not survived:
            why = f"the public was not served again after the primary was {word}"
            break
    drill.measured("failover_time", max(gaps, default=0.0), n=looks, told="; ".join(told))
    if untried := [f"not {word}" for word, *_ in ways[len(gaps) :]]:
        drill.unseen("failover_time", f"{', '.join(untried)}: {why}")


def _loss(drill: Drill, scene: Blackout, taken: Sequence[Taken], aged: datetime) -> None:
    """Both nodes are gone: what the backup brings back, and when."""
    drill.act("both nodes are lost", scene.pair.lose)
    lost, instant = drill.now(), datetime.now(UTC)
    before, after = [each.key for each in taken if each.at < aged], [each.key for each in taken if each.at >= aged]
    older = {key: at for key, at in scene.record.items() if at < aged - _UNDER_WAY}
    kept = _recovered(drill, scene, lost)
    window = max(0.0, (instant - aged).total_seconds() / 60)
    told = "nothing was restored"
    if kept is not None:
        told = f"{len(_absent(after, kept))} of {len(after)} reports accepted after it are gone"
        # Nodes may number their records alike, so one of that id from another instant is another one.
        gone = [*_absent(before, kept), *(key for key, at in older.items() if kept.get(key) != at)]
        n = len(before) + len(older)
        drill.count("rows_lost", "of before the backup and gone after it was restored", gone, n=n)
    if kept is None or not (before or older):
        drill.unseen("rows_lost", "no report or decision of before the backup could be looked for in what it restored")
    drill.measured("loss_window", window, n=1, told=f"the backup was {window * 60:.1f} s old at the loss; {told}")


def _recovered(drill: Drill, scene: Blackout, lost: float) -> Mapping[str, datetime] | None:
    """When the reports and decisions that the restored node knows had come, by id; None when it never served."""
    back = scene.back()
    with scene.watched(back.public.primary, _OPEN) as reading, scene.watched(back.public.primary, _HELD) as held:
        since = reading.now()
        try:
            drill.act("the backup is restored", scene.pair.restore)
            drill.act("a node is started on it", scene.pair.recover)
        except Failed as failure:
            _never(drill, f"the backup could not be brought back: {failure}")
            return None
        if not drill.expect("recovery_time", "the public reads again", partial(reading.answered, since)):
            _never(drill, "the public was never served again")
            return None
        public = drill.now() - lost
        alerts = _released(drill, scene, held)
    total = drill.now() - lost if alerts else math.inf
    told = f"public pages {public:.2f} s after the loss, alerts {total:.2f} s after it"
    drill.measured("recovery_time", total, n=2, told=told)
    return scene.on_record(back.feed())


def _never(drill: Drill, told: str) -> None:
    """Nothing served, so nothing was seen of it either."""
    drill.measured("recovery_time", math.inf, n=1, told=told)
    drill.measured("alerts_early", 0, n=0, told="no restored node was seen")


def _released(drill: Drill, scene: Blackout, held: Watch) -> bool:
    """Whether alerts return: not before integrity and bias audit are in order, and the Board has approved."""
    back = scene.back()
    key = scene.recovery()
    status = back.control.recover(key, [])
    wrong = [] if status == 403 else [f"asked to end it by nobody, answered {status}"]
    sound = drill.expect("recovery_time", "integrity and bias audit are in order", partial(_in_order, back))
    drill.act("the alerts are looked at meanwhile", partial(held.until, lambda: len(held.looks) >= _EARLY))
    looks = tuple(held.looks)
    wrong += [f"/alerts/ answered 200, look {number}" for number, look in enumerate(looks) if look.status == 200]
    drill.count("alerts_early", "before anybody approved", wrong, n=len(looks) + 1)
    since = held.now()
    drill.act("the Board approves", lambda: back.control.recover(key, [scene.approvals[BOARD]]))
    return drill.expect("recovery_time", "alerts are served again", partial(held.answered, since)) and sound


def _in_order(back: Scene) -> bool:
    """A check of nothing finds nothing wrong, and is none."""
    told = back.control.integrity()
    return told.ok and told.checked > 0


def _absent(held: Sequence[str], kept: Collection[str]) -> list[str]:
    return [key for key in held if key not in kept]
