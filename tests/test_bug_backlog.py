"""monthly.bug-backlog on a real node, three ways: honest, with each fault of its tickets, and with nobody there."""

from __future__ import annotations

from pathlib import Path

from junzi_audit.model import Verdict
from tests.audited import Audited, audit

DUTY = "monthly.bug-backlog"


def run(folder: Path, *words: str, env: dict[str, str] | None = None) -> Audited:
    return audit(folder, "-k", "bug_backlog", *words, marker="monthly", env=env)


def test_an_honest_tracker_is_met_with_its_figures_and_its_replay_is_the_same(tmp_path: Path) -> None:
    audited = run(tmp_path / "run")
    record = audited.records[DUTY]
    assert record.verdict is Verdict.MET, audited.said
    exhibits = [each for judged in record.judgements for each in judged.reading.exhibits]
    assert [exhibit.chart.kind for exhibit in exhibits if exhibit.chart] == ["bars", "bars", "series"]
    assert [use.name for use in record.baselines] == ["backlog"]
    assert "<svg" in (tmp_path / "run" / "report.html").read_text() or list((tmp_path / "run").rglob("*.svg"))

    replayed = run(tmp_path / "again", f"--replay={tmp_path / 'run'}").records[DUTY]
    assert replayed.verdict is Verdict.MET
    assert replayed.judgements == record.judgements
