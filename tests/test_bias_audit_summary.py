"""weekly.bias-audit-summary on the reference node, whose council rehearses: met, rejected, overdue, unreachable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from junzi_audit.findings import Awaited, Measurement
from junzi_audit.model import Verdict
from tests.audited import Audited, audit

DUTY = "weekly.bias-audit-summary"


def run(folder: Path, *words: str, env: dict[str, str] | None = None) -> Audited:
    return audit(folder, "-k", "bias_audit_summary", *words, marker="weekly", env=env)


def test_an_honest_council_signed_both_weeks_and_a_replay_reads_the_same_summary(tmp_path: Path) -> None:
    audited = run(tmp_path / "run")
    record = audited.records[DUTY]
    assert record.verdict is Verdict.MET, audited.said
    taken = [each.reading for each in record.judgements if each.limit.name == "days_unreviewed"]
    assert len(taken) == 2
    assert all(isinstance(each, Measurement) and "rehearsal (built-in council)" in each.detail for each in taken)
    assert "rehearsal (built-in council)" in (audited.folder / "report.html").read_text()

    packs = audited.folder / "packs" / DUTY
    content = json.loads((packs / "summary.json").read_text())
    assert content["decisions"] > 1000
    assert set(content["rates"]["selection rate"]) == {"party", "jurisdiction", "role", "region"}
    assert "Bias audit summary" in (packs / "summary.html").read_text()

    again = run(tmp_path / "again", f"--replay={audited.folder}")
    assert again.records[DUTY].verdict is Verdict.MET, again.said
    for name in ("summary.json", "summary.html"):
        assert (again.folder / "packs" / DUTY / name).read_bytes() == (packs / name).read_bytes()


@pytest.mark.parametrize("fault", ["review-missing", "review-of-another-digest"])
def test_a_week_nobody_reviewed_is_overdue_and_the_last_one_awaited(fault: str, tmp_path: Path) -> None:
    audited = run(tmp_path / "run", "--node-fault", fault)
    record = audited.records[DUTY]
    assert record.verdict is Verdict.OVERDUE, audited.said
    judged = [each for each in record.judgements if each.limit.name == "days_unreviewed"]
    assert [each.verdict for each in judged] == [Verdict.AWAITING, Verdict.OVERDUE]
    assert all(isinstance(each.reading, Awaited) for each in judged)
    assert "no quorate review" in record.reason
    assert ("of another digest" in record.reason) == (fault == "review-of-another-digest")
    assert "! OVERDUE" in audited.said
