"""Reports of other scanners: what counts, how grave it is by their own word, and files that are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable, utc
from junzi_audit.probes import sarif
from junzi_audit.seen.weaknesses import ScannerRun

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
PLACE = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 7}}}
RULES = [{"id": "R1", "properties": {"security-severity": "9.8"}, "defaultConfiguration": {"level": "note"}}]


def result(**more: Any) -> dict[str, Any]:
    return {"ruleId": "R1", "message": {"text": "it is weak"}, "locations": [PLACE], **more}


def log(*results: Any, **run: Any) -> str:
    driver = {"name": "Trivy", "version": "0.50", "rules": RULES}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results, **run}]})


def read(folder: Path, text: str) -> ScannerRun:
    (folder / "run").mkdir(exist_ok=True)
    (folder / "one.sarif").write_text(text)
    (run,) = sarif.report(Store(folder / "run"), folder, "one.sarif", written=NOW, now=NOW)
    return run


def test_a_report_tells_who_looked_when_and_what_was_found(tmp_path: Path) -> None:
    run = read(
        tmp_path, log(result(), invocations=[{"executionSuccessful": True, "endTimeUtc": "2026-03-01T00:00:00Z"}])
    )
    assert (run.tool, run.version, run.at) == ("Trivy", "0.50", utc("2026-03-01T00:00:00Z"))
    (found,) = run.results
    assert (found.rule, found.level, found.score, found.where) == ("R1", "note", 9.8, "a.py:7")


def test_without_its_own_end_a_run_is_as_old_as_its_file(tmp_path: Path) -> None:
    assert read(tmp_path, log()).at == NOW


@pytest.mark.parametrize(
    ("more", "level", "score"),
    [
        ({"level": "error"}, "error", 9.8),
        ({"properties": {"security-severity": "3"}}, "note", 3.0),
        ({"properties": {"security-severity": "grave"}}, "note", 9.8),
        ({"properties": {"security-severity": "11"}}, "note", 9.8),
        ({"ruleId": "R9"}, "warning", None),
        ({"ruleId": "", "rule": {"id": "R1"}}, "note", 9.8),
        ({"ruleId": "", "ruleIndex": 0}, "note", 9.8),
        ({"ruleId": "", "ruleIndex": 5}, "warning", None),
    ],
)
def test_gravity_is_the_results_own_then_its_rules(
    more: dict[str, Any], level: str, score: float | None, tmp_path: Path
) -> None:
    (found,) = read(tmp_path, log(result(**more))).results
    assert (found.level, found.score) == (level, score)


def test_what_passed_or_is_gone_does_not_count_and_what_is_suppressed_is_marked(tmp_path: Path) -> None:
    run = read(
        tmp_path,
        log(
            result(kind="pass"), result(baselineState="absent"), result(suppressions=[{"kind": "inSource"}]),
            result(suppressions=[{"kind": "external", "status": "rejected"}]), result(suppressions=[]),
        ),
    )  # fmt: skip
    assert [each.suppressed for each in run.results] == [True, False, False]


EXTENDED = {
    "driver": {"name": "CodeQL", "rules": [{"id": "low", "properties": {"security-severity": "1.0"}}]},
    "extensions": [{"name": "pack", "rules": [{"id": "q/1", "properties": {"security-severity": "9.8"}}]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "score"),
    [
        ({"ruleId": "R1/sub"}, 9.8), ({"ruleId": "R1/a/b"}, 9.8), ({"ruleId": "R9", "rule": {"id": "R1"}}, 9.8),
        ({"ruleId": "R1/sub", "rule": {"id": "R1"}}, 9.8), ({"ruleId": "", "rule": {"index": 0}}, 9.8),
        ({"ruleId": "R1x"}, None), ({"ruleId": "R9", "ruleIndex": 0}, None),
    ],
)  # fmt: skip
def test_a_rule_is_found_by_its_ids_by_what_they_lie_below_and_by_its_number(
    more: dict[str, Any], score: float | None, tmp_path: Path
) -> None:
    (found,) = read(tmp_path, log(result(**more))).results
    assert (found.score, bool(found.unrated)) == (score, score is None)


@pytest.mark.parametrize(
    ("rule", "score"),
    [
        ({"index": 0, "toolComponent": {"index": 0}}, 9.8),
        ({"index": 0, "toolComponent": {"name": "pack"}}, 9.8),
        ({"index": 0}, 1.0),
        ({"index": 0, "toolComponent": {"index": 4}}, None),
        ({"id": "q/1/case", "index": 0, "toolComponent": {"index": 0}}, 9.8),
        ({"id": "q/1", "index": 0}, 9.8),
    ],
)
def test_a_rule_of_an_extension_is_found_there(rule: dict[str, Any], score: float | None, tmp_path: Path) -> None:
    (found,) = read(tmp_path, log(result(ruleId="", rule=rule), tool=EXTENDED)).results
    assert (found.score, bool(found.unrated)) == (score, score is None)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"ruleId": "R9"}, "its rule is not in the report"),
        ({"ruleId": "R9", "level": "error"}, ""),
        ({}, ""),
        ({"ruleId": "R9", "properties": {"security-severity": "2"}}, ""),
        ({"ruleId": "R9", "properties": {"security-severity": "CRITICAL"}, "level": "note"}, "'CRITICAL' is no number"),
        ({"ruleId": "R9", "properties": {"security-severity": "11"}}, "'11' is no number from 0 to 10"),
        ({"ruleId": "R9", "properties": {"security-severity": "nan"}}, "'nan' is no number from 0 to 10"),
    ],
)
def test_what_neither_a_score_nor_a_level_rates_says_why(more: dict[str, Any], why: str, tmp_path: Path) -> None:
    (found,) = read(tmp_path, log(result(**more))).results
    assert (why in found.unrated, bool(found.unrated)) == (True, bool(why))


@pytest.mark.parametrize(
    ("kind", "levels"),
    [("review", ["note"]), ("open", ["note"]), ("fail", ["note"]), ("informational", []), ("notApplicable", [])],
)
def test_what_is_open_or_to_be_reviewed_counts_as_grave_as_its_rule(
    kind: str, levels: list[str], tmp_path: Path
) -> None:
    own = {} if kind == "fail" else {"level": "none"}
    run = read(tmp_path, log(result(kind=kind, **own)))
    assert [each.level for each in run.results] == levels


@pytest.mark.parametrize(
    ("statuses", "suppressed"),
    [
        (["accepted", "rejected"], False), (["underReview", "accepted"], False), (["accepted", "accepted"], True),
    ],
)  # fmt: skip
def test_a_result_is_suppressed_only_when_nobody_objects(statuses: list[str], suppressed: bool, tmp_path: Path) -> None:
    told = [{"kind": "external", "status": status} for status in statuses]
    assert [each.suppressed for each in read(tmp_path, log(result(suppressions=told))).results] == [suppressed]


@pytest.mark.parametrize(
    "text",
    [
        "<html>", "{}", log().replace("2.1.0", "2.0.0"), '{"version": "2.1.0", "runs": []}', log("x"),
        log(invocations=[{"endTimeUtc": "yesterday"}]), log(invocations=[{"endTimeUtc": "2026-03-01T00:00:00"}]),
    ],
)  # fmt: skip
def test_what_is_no_report_is_malformed_and_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(Unobservable, match=r"one\.sarif") as raised:
        read(tmp_path, text)
    assert raised.value.cause is Cause.MALFORMED


def test_a_report_that_is_too_large_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "_MOST", 10)
    with pytest.raises(Unobservable) as raised:
        read(tmp_path, log())
    assert raised.value.cause is Cause.TOO_LARGE


def test_a_glob_names_reports_and_a_replay_needs_none_of_them(tmp_path: Path) -> None:
    for name in ("live", "again"):
        (tmp_path / name).mkdir()
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "one.sarif").write_text(log())
    found = sarif.listed(Store(tmp_path / "live"), tmp_path, "scans/*.sarif")
    assert list(found) == ["scans/one.sarif"]
    (tmp_path / "scans" / "one.sarif").unlink()
    again = Store(tmp_path / "again", replay=Archive(tmp_path / "live"))
    assert sarif.listed(again, tmp_path, "scans/*.sarif") == found


def test_a_glob_without_reports_and_a_link_out_of_the_repository_are_told(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "outside.sarif").write_text(log())
    (tmp_path / "root" / "link.sarif").symlink_to(tmp_path / "outside.sarif")
    with pytest.raises(Unobservable, match=r"\*\.sarif names no report") as raised:
        sarif.listed(Store(tmp_path), tmp_path / "root", "*.sarif")
    assert raised.value.cause is Cause.NOT_CONFIGURED


NO_DATABASE = {"level": "error", "message": {"text": "could not load the vulnerability DB"}}


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        (log(invocations=[{"executionSuccessful": False}]), True),
        (log(invocations=[{"executionSuccessful": True}, {"executionSuccessful": False}]), True),
        (log().replace(', "results": []', ""), True), (log().replace('"results": []', '"results": null'), True),
        (log(invocations=[{"toolExecutionNotifications": [NO_DATABASE]}]), True),
        (log(invocations=[{"toolConfigurationNotifications": [NO_DATABASE]}]), True),
        (log(invocations=[{"toolExecutionNotifications": [{**NO_DATABASE, "level": "warning"}]}]), False),
        (log(invocations=[{"executionSuccessful": True}]), False), (log(), False), (log(result()), False),
    ],
)  # fmt: skip
def test_a_scanner_that_failed_or_never_looked_says_so(text: str, failed: bool, tmp_path: Path) -> None:
    assert bool(read(tmp_path, text).failure) is failed
