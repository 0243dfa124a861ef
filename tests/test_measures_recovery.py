"""A restored copy against its manifest and the live node, by figures counted by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import recovery
from junzi_audit.model import Cause
from junzi_audit.records import ScoredDecision
from junzi_audit.seen.backups import Contents, Manifest, Restored, Step

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = {
    "decisions": Contents(columns=("risk_id", "audit"), rows=100, digest="a" * 64),
    "audits": Contents(columns=("id",), rows=50, digest="b" * 64),
}
MANIFEST = Manifest(taken_at=NOON, file="b.tar", bytes=9, sha256="c" * 64, tables=TABLES, broken={"alerts.source": 2})
WHOLE = Restored(
    tables=TABLES, references={"decisions.audit": 100, "alerts.source": 9},
    broken={"decisions.audit": 0, "alerts.source": 2},
    steps=(Step(name="fetch", seconds=30), Step(name="restore", seconds=60)),
)  # fmt: skip
BROKEN = Restored(problem="SQLite: file is not a database")


def made(number: int) -> ScoredDecision:
    return ScoredDecision(
        risk_id=f"r{number}", entity_id="e", calculated_at=NOON - timedelta(minutes=number), risk_value=1.0,
        flagged=False, outcome=None, adjudicated_at=None, party="p", jurisdiction="j", role="r", region="x",
        bias_audit_id=f"b{number}", bias_audit="passed", model_version="1",
    )  # fmt: skip


def single(reading: object) -> Measurement:
    assert isinstance(reading, Measurement)
    return reading


def test_a_whole_copy_has_lost_nothing_and_its_table_shows_each_row() -> None:
    found = recovery.rows_lost(MANIFEST, WHOLE, [made(1), made(2)])
    assert isinstance(found, dict)
    told, live = single(found["manifest"]), single(found["live node"])
    assert (told.value, told.n, live.value, live.n) == (0, 150, 0, 2)
    assert told.exhibits[0].rows == (("decisions", 100, 100, 0, "equal"), ("audits", 50, 50, 0, "equal"))
    assert "2026-03-01T11:59" in live.detail
    assert single(recovery.digest_mismatches(MANIFEST, WHOLE)).value == 0


def test_lost_rows_are_told_by_table_and_a_missing_table_lost_them_all() -> None:
    fewer = {"decisions": replace(TABLES["decisions"], rows=98, digest="d" * 64)}
    torn = replace(WHOLE, tables=fewer, absent=("r2",))
    found = recovery.rows_lost(MANIFEST, torn, [made(1), made(2)])
    assert isinstance(found, dict)
    assert single(found["manifest"]).value == 2 + 50
    assert single(found["live node"]).value == 1
    assert "r2" in single(found["live node"]).detail
    differing = single(recovery.digest_mismatches(MANIFEST, torn))
    assert (differing.value, differing.detail) == (2, "decisions: other rows, audits: is missing")


def test_contents_columns_and_unknown_tables_differ_though_no_row_is_lost() -> None:
    other = {
        "decisions": replace(TABLES["decisions"], digest="d" * 64),
        "audits": replace(TABLES["audits"], columns=("other",)), "more": TABLES["audits"],
    }  # fmt: skip
    found = single(recovery.digest_mismatches(MANIFEST, replace(WHOLE, tables=other)))
    assert found.value == 3
    assert found.detail == "decisions: other contents, audits: other columns, more: not in the manifest"


EXCUSED = {"alerts.source": 2}


def torn(restored: Restored, manifest: Manifest = MANIFEST, excused: Mapping[str, int] = EXCUSED) -> dict[str, Any]:
    found = recovery.broken_references(manifest, restored, excused=excused)
    assert isinstance(found, dict)
    return {name: each.cause if isinstance(each, Unseen) else single(each).value for name, each in found.items()}


def test_only_references_that_the_source_did_not_break_count_each_column_for_itself() -> None:
    assert torn(WHOLE) == {"decisions.audit": 0, "alerts.source": 0}
    assert torn(replace(WHOLE, broken={"decisions.audit": 7, "alerts.source": 3})) == {
        "decisions.audit": 7, "alerts.source": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "excused", "left"), [(10**9, {}, 2), (10**9, {"alerts.source": 1}, 1), (1, {"alerts.source": 9}, 1)]
)
def test_a_manifest_excuses_no_more_than_the_target_allows_nor_than_it_tells_itself(
    told: int, excused: dict[str, int], left: int
) -> None:
    assert torn(WHOLE, replace(MANIFEST, broken={"alerts.source": told}), excused)["alerts.source"] == left


def test_a_column_that_is_gone_is_broken_and_one_without_rows_shows_nothing() -> None:
    keys = {"foreign keys": 0, "decisions.audit": 0}
    copy = replace(WHOLE, references=keys, broken=keys, severed=("alerts.source",))
    assert torn(copy) == {"decisions.audit": Cause.TOO_FEW, "alerts.source": 1}
    assert torn(replace(copy, broken=keys | {"foreign keys": 3}))["foreign keys"] == 3
    found = recovery.broken_references(MANIFEST, copy, excused={})
    assert isinstance(found, dict)
    (table,) = [table for each in found.values() for table in getattr(each, "exhibits", ())]
    assert table.rows == (("foreign keys", 0, 0, 0), ("decisions.audit", 0, 0, 0), ("alerts.source", None, None, None))


@pytest.mark.parametrize(
    ("tier", "rto", "rpo"), [(1, 1.5 / 60, 20 / 15), (2, 1.5 / 240, 20 / 30), (4, 1.5 / 1440, 20 / 120)]
)
def test_times_are_shares_of_what_the_tier_allows(tier: int, rto: float, rpo: float) -> None:
    assert single(recovery.rto_share(WHOLE, tier)).value == pytest.approx(rto)
    late = single(recovery.rpo_share(MANIFEST, tier, now=NOON + timedelta(minutes=20)))
    assert late.value == pytest.approx(rpo)
    assert f"tier {tier}" in late.detail


def test_a_backup_taken_a_moment_after_the_run_began_is_fresh_and_one_of_tomorrow_is_no_backup() -> None:
    assert single(recovery.rpo_share(MANIFEST, 1, now=NOON - timedelta(seconds=9))).value == 0
    ahead = recovery.rpo_share(MANIFEST, 1, now=NOON - timedelta(hours=9))
    assert isinstance(ahead, Unseen)
    assert ahead.cause is Cause.MALFORMED


def test_no_backup_and_one_that_cannot_be_read_breach_by_themselves() -> None:
    assert single(recovery.unrestorable(MANIFEST, WHOLE)).value == 0
    assert single(recovery.unrestorable(None, None)).value == 1
    broken = single(recovery.unrestorable(MANIFEST, BROKEN))
    assert (broken.value, broken.detail) == (1, "b.tar: SQLite: file is not a database")
    for manifest, restored in ((None, None), (MANIFEST, BROKEN)):
        readings = (
            recovery.rows_lost(manifest, restored, ()), recovery.digest_mismatches(manifest, restored),
            recovery.broken_references(manifest, restored, excused={}), recovery.rto_share(restored, 1),
        )  # fmt: skip
        assert all(isinstance(each, Unseen) and each.cause is Cause.UNDEFINED for each in readings)
    assert isinstance(recovery.rpo_share(None, 1, now=NOON), Unseen)


def test_a_node_that_says_nothing_leaves_its_share_unseen_and_the_manifest_judged() -> None:
    silent = Unseen(cause=Cause.TIMED_OUT, detail="no answer")
    for told, cause in ((silent, Cause.TIMED_OUT), ((), Cause.TOO_FEW)):
        found = recovery.rows_lost(MANIFEST, WHOLE, told)
        assert isinstance(found, dict)
        live = found["live node"]
        assert isinstance(live, Unseen)
        assert live.cause is cause
        assert single(found["manifest"]).value == 0
