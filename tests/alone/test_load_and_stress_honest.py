"""The load duty met on a real node: whatever ran beside it would be measured too."""

from __future__ import annotations

from pathlib import Path

from junzi_audit.model import Verdict
from tests.shortened import audited, gone, processes_of, small, verdicts


def test_an_honest_node_is_met_and_its_recording_says_the_same(tmp_path: Path) -> None:
    repository = small(tmp_path / "repository")
    record = audited(repository, tmp_path / "run")
    again = audited(repository, tmp_path / "again", f"--replay={tmp_path / 'run'}")

    assert verdicts(record) == {limit: {Verdict.MET} for limit in verdicts(record)}, record.reason
    assert len(verdicts(record)) == 6
    assert [each.reason for each in again.judgements] == [each.reason for each in record.judgements]
    assert all(gone(each) for each in processes_of(tmp_path / "run"))
