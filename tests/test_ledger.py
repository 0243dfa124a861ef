"""What earlier runs saw is kept once, compared, and not believed when somebody changed it."""

from __future__ import annotations

import fcntl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from junzi_audit.evidence.ledger import Ledger
from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable
from junzi_audit.seen.looks import Cell, Look, Looks

START = date(2026, 1, 1)
NOW = datetime(2026, 1, 9, tzinfo=UTC)


def look(day: int, hits: int = 5) -> Look:
    cells = (Cell(group="a", size=1, hits=1, clusters=hits), Cell(group="a", size=2, hits=0, clusters=9))
    return Look(day=START + timedelta(days=day), cells=cells)


def seen(*looks: Look, name: str = "s") -> dict[str, Looks]:
    return {name: Looks(selection=looks, odds=())}


def days(*places: int) -> tuple[date, ...]:
    return tuple(START + timedelta(days=place) for place in places)


def ledger(folder: Path, *, name: str = "run", writes: bool = True, archive: Archive | None = None) -> Ledger:
    (folder / name).mkdir(exist_ok=True)
    store = Store(folder / name, replay=archive)
    return Ledger(folder / "ledgers" / "x.jsonl", store, run=name, now=NOW, writes=writes)


def test_past_days_are_kept_and_the_window_moves_on(tmp_path: Path) -> None:
    first = ledger(tmp_path).remember(seen(look(0), look(1), look(3)), *days(0, 3))
    assert (first.compared, first.rewritten, first.days) == (0, (), 3)
    later = ledger(tmp_path, name="later").remember(seen(look(3), look(4)), *days(2, 4))
    assert (later.compared, later.rewritten) == (1, ())
    assert later.selection["s"] == (look(0), look(1), look(3), look(4))
    assert ledger(tmp_path, name="other").remember(seen(look(0), name="t"), *days(0, 0)).compared == 0


def test_a_run_twice_changes_nothing(tmp_path: Path) -> None:
    asked = (seen(look(0), look(1)), *days(0, 1))
    ledger(tmp_path).remember(*asked)
    before = (tmp_path / "ledgers" / "x.jsonl").read_bytes()
    again = ledger(tmp_path, name="again").remember(*asked)
    assert (again.selection["s"], again.rewritten, again.compared) == ((look(0), look(1)), (), 2)
    assert (tmp_path / "ledgers" / "x.jsonl").read_bytes() == before


def test_days_that_changed_vanished_or_were_slipped_in_are_named_and_the_first_sight_stands(tmp_path: Path) -> None:
    ledger(tmp_path).remember(seen(look(0), look(1), look(3), look(5)), *days(0, 5))
    found = ledger(tmp_path, name="later").remember(seen(look(1, 6), look(2), look(5), look(6)), *days(0, 6))
    assert found.rewritten == days(0, 1, 2, 3)
    assert found.selection["s"] == (look(0), look(1), look(3), look(5), look(6))


@pytest.mark.parametrize("change", [("5", "6"), ("{", "["), ('"previous": ""', '"previous": "0"')])
def test_a_ledger_changed_by_hand_is_not_believed(tmp_path: Path, change: tuple[str, str]) -> None:
    ledger(tmp_path).remember(seen(look(0), look(1), look(2)), *days(0, 2))
    path = tmp_path / "ledgers" / "x.jsonl"
    path.write_text(path.read_text().replace(*change, 1))
    with pytest.raises(Unobservable, match="does not follow") as caught:
        ledger(tmp_path, name="later").remember(seen(look(3)), *days(0, 3))
    assert caught.value.cause is Cause.MALFORMED


def test_a_replay_remembers_what_the_run_remembered_and_writes_nothing(tmp_path: Path) -> None:
    ledger(tmp_path).remember(seen(look(0), look(1)), *days(0, 1))
    live = ledger(tmp_path, name="live").remember(seen(look(1, 6), look(2)), *days(1, 2))
    path = tmp_path / "ledgers" / "x.jsonl"
    path.unlink()
    archive = Archive(tmp_path / "live")
    again = ledger(tmp_path, name="again", writes=False, archive=archive)
    assert again.remember(seen(look(1, 6), look(2)), *days(1, 2)) == live
    assert not path.exists()


def test_only_whole_days_are_looked_at(tmp_path: Path) -> None:
    asked: list[tuple[datetime, datetime]] = []

    def looked(since: datetime, until: datetime) -> dict[str, Looks]:
        asked.append((since, until))
        return seen(look(4), look(7))

    made = ledger(tmp_path)
    past = made.recall(looked, timedelta(days=5))
    assert asked == [(NOW - timedelta(days=4), NOW)]
    assert (past.until, past.days) == (date(2026, 1, 8), 2)


def test_a_node_made_for_the_run_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    nothing = Ledger(None, Store(tmp_path / "run"), run="run", now=NOW, writes=True)
    assert nothing.remember(seen(look(0)), *days(0, 0)).selection["s"] == (look(0),)
    assert nothing.remember(seen(look(0, 6)), *days(0, 0)).rewritten == ()


def test_a_run_waits_for_another_that_holds_the_ledger(tmp_path: Path) -> None:
    ledger(tmp_path).remember(seen(look(0)), *days(0, 0))
    file = tmp_path / "ledgers" / "x.jsonl"
    before = file.read_bytes()
    with ThreadPoolExecutor(1) as pool, file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = pool.submit(ledger(tmp_path, name="later").remember, seen(look(0), look(1)), *days(0, 1))
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        assert file.read_bytes() == before
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert waiting.result(5).days == 2


def test_a_line_that_was_never_finished_is_none_and_is_written_anew(tmp_path: Path) -> None:
    ledger(tmp_path).remember(seen(look(0), look(1)), *days(0, 1))
    file = tmp_path / "ledgers" / "x.jsonl"
    whole = file.read_text()
    file.write_text(whole[:-20])
    found = ledger(tmp_path, name="later").remember(seen(look(0), look(1), look(2)), *days(0, 2))
    assert (found.compared, found.rewritten) == (1, ())
    assert ledger(tmp_path, name="last").remember(seen(look(0), look(1), look(2)), *days(0, 2)).compared == 3
