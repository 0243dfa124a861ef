"""quarterly.random-audit on a real node: honest with its replay; where people answer, an audit waits for them."""

from __future__ import annotations

from pathlib import Path

from junzi_audit.model import Verdict
from tests.audited import audit

DUTY = "quarterly.random-audit"


def test_an_honest_node_is_met_and_its_replay_is_the_same(tmp_path: Path) -> None:
    audited = audit(tmp_path / "run", "-k", "random_audit", marker="quarterly")
    record = audited.records[DUTY]
    assert record.verdict is Verdict.MET, audited.said
    shown = {each.title: each for judged in record.judgements for each in judged.reading.exhibits}
    chart = shown["Evidence, draw by draw"].chart
    assert chart is not None
    assert chart.log
    assert len(shown["Drawn contradictions and what reviewers answered"].rows) == 150
    assert all("rehearsal" in str(row[4]) for row in shown["Controls, by reviewer"].rows)
    assert (tmp_path / "run" / "worksheets" / DUTY / "second.csv").is_file()

    again = audit(tmp_path / "again", "-k", "random_audit", f"--replay={tmp_path / 'run'}", marker="quarterly")
    assert again.records[DUTY].judgements == record.judgements
