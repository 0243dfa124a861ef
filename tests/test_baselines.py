"""The memory: who may approve what, for how long, and what becomes of a file that was touched."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.baselines import Baseline, BaselineError, Shelf
from junzi_audit.model import Cause, Unobservable, utc
from junzi_audit.plan import load
from tests.synthetic import ROOT

DUTY = load(ROOT / "obligations")["heartbeat.bias-detection-drift"]
NOW = utc("2026-03-01T12:00:00.123456Z")
DRAFT = Baseline(
    name="score-norm", duty=DUTY.id, target="staging", value={"mean": 4.25, "days": 56, "näme": ["a", None]},
    run="r1", seen=NOW - timedelta(days=1), approver=DUTY.owner, approved=NOW, why="Eight quiet weeks.",
    expires=NOW + timedelta(days=180), previous="", digest="",
)  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "staging")


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def cause_of(shelf: Shelf, *, after: timedelta = timedelta(0), name: str = "score-norm") -> tuple[Cause, str]:
    with pytest.raises(Unobservable) as raised:
        shelf.recall(name, NOW + after)
    return raised.value.cause, raised.value.detail


def test_what_was_approved_is_recalled(shelf: Shelf) -> None:
    shelf.approve(DRAFT, DUTY)
    found = shelf.recall("score-norm", NOW)
    assert found.is_whole
    assert found.value == DRAFT.value
    assert (found.approver, found.run, found.why) == (DUTY.owner, "r1", "Eight quiet weeks.")
    assert shelf.names() == ("score-norm",)


def test_figures_survive_to_the_last_bit(shelf: Shelf) -> None:
    exact = {"third": 1 / 3, "tiny": 5e-324, "large": 1e308, "many": 2**63 + 1, "never": math.inf}
    shelf.approve(dataclasses.replace(DRAFT, value=exact), DUTY)
    assert shelf.recall("score-norm", NOW).value == exact


def test_nothing_stored_says_how_to_store_it(shelf: Shelf) -> None:
    cause, detail = cause_of(shelf)
    assert cause is Cause.NO_BASELINE
    assert "junzi-audit baseline approve RUN score-norm" in detail


def test_a_baseline_ends_at_its_instant(shelf: Shelf) -> None:
    shelf.approve(DRAFT, DUTY)
    shelf.recall("score-norm", DRAFT.expires - timedelta(seconds=1))
    assert cause_of(shelf, after=timedelta(days=180))[0] is Cause.STALE


@pytest.mark.parametrize(
    "change",
    [
        {"value": {"mean": 9.0}}, {"expires": "2099-01-01T00:00:00.000Z"}, {"approver": "Somebody"},
        {"why": "Because it is so."},        {"digest": "0" * 64}, {"previous": "0" * 64}, {"run": "other"},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_a_file_edited_by_hand_is_not_believed(shelf: Shelf, change: dict[str, Any]) -> None:
    edit(shelf.approve(DRAFT, DUTY), **change)
    cause, detail = cause_of(shelf)
    assert cause is Cause.NO_BASELINE
    assert "edited by hand" in detail
    assert not shelf.read("score-norm").is_whole


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"name": "score-norm"}', '{"n": 3}'])
def test_a_file_that_is_no_baseline_is_told_not_raised(shelf: Shelf, content: str) -> None:
    shelf.approve(DRAFT, DUTY).write_text(content)
    cause, detail = cause_of(shelf)
    assert cause is Cause.NO_BASELINE
    assert "not readable" in detail


def test_one_targets_normal_is_not_anothers(tmp_path: Path, shelf: Shelf) -> None:
    stored = shelf.approve(DRAFT, DUTY)
    for place in (tmp_path / "live" / "score-norm.json", tmp_path / "staging" / "other-norm.json"):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(stored.read_bytes())
    assert "belongs elsewhere" in cause_of(Shelf(tmp_path, "live"))[1]
    assert "belongs elsewhere" in cause_of(shelf, name="other-norm")[1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"approver": DUTY.escalates_to}, f"only {DUTY.owner!r}, who owns {DUTY.id}, may approve"),
        ({"approver": DUTY.owner.lower()}, "may approve its baseline"),
        ({"why": "ok"}, "say in a sentence why"),
    ],
)
def test_only_the_owner_approves_and_says_why(shelf: Shelf, change: dict[str, Any], told: str) -> None:
    with pytest.raises(BaselineError, match=re.escape(told)):
        shelf.approve(dataclasses.replace(DRAFT, **change), DUTY)
    assert shelf.names() == ()


def test_a_new_baseline_is_chained_to_the_one_before(shelf: Shelf) -> None:
    first = hashlib.sha256(shelf.approve(DRAFT, DUTY).read_bytes()).hexdigest()
    assert shelf.digests() == {"score-norm": first}
    shelf.approve(dataclasses.replace(DRAFT, value={"mean": 5.0}), DUTY)
    assert shelf.recall("score-norm", NOW).previous == first


def test_a_shelf_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert Shelf(tmp_path / "nowhere", "x").names() == ()
    assert Shelf(tmp_path / "nowhere", "x").digests() == {}
