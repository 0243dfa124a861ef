"""``junzi-audit gate``: open when every condition holds, and closed by the name of each that does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from junzi_audit import cli
from junzi_audit.measures.deployment import BIAS_DUTIES, DISPUTES, SCAN
from junzi_audit.model import Verdict
from junzi_audit.seen.deployments import MODEL_VETO, Condition
from tests.gated import DIGEST, DUTIES, PLAN, VERSION, a_run, dispute, repository, signed

DRIFT = "daily.bias-drift"
Ask = Callable[..., tuple[int, dict[str, Any]]]
Change = Callable[[Path], object]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = repository(tmp_path / "r")
    monkeypatch.chdir(made)
    return made


@pytest.fixture
def ask(root: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The status, and the outcome with what failed: label and verdict."""

    def asked(*words: str) -> tuple[int, dict[str, Any]]:
        status = cli.main(["gate", "--model", VERSION, "--target", "staging", "--digest", DIGEST, "--json", *words])
        document = json.loads(capsys.readouterr().out)
        document["failing"] = {
            f"{each['name']}[{each['of']}]" if each["of"] else each["name"]: each
            for each in document["conditions"]
            if each["verdict"] != "MET"
        }
        return status, document

    return asked


def test_it_opens_when_every_condition_holds_and_keeps_the_outcome(root: Path, ask: Ask) -> None:
    a_run(root)
    signed(root)
    status, outcome = ask()
    assert (status, outcome["failing"]) == (0, {})
    assert outcome["passed"] is True
    assert {each["name"] for each in outcome["conditions"]} == set(Condition)
    assert all(each["evidence"] for each in outcome["conditions"] if each["name"] != "veto")
    (kept,) = (root / "gates" / "staging").iterdir()
    assert kept.name.endswith(f"-{DIGEST[:12]}-passed.json")
    assert json.loads(kept.read_text()) == {key: value for key, value in outcome.items() if key != "failing"}


def test_people_read_one_line_for_each_condition(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a_run(root, verdicts={DRIFT: Verdict.BREACHED})
    signed(root)
    status = cli.main(["gate", "--model", VERSION, "--target", "staging", "--artifact", "model.bin"])
    said = capsys.readouterr().out.splitlines()
    assert status == 1
    assert said[0].startswith(f"gate: {VERSION} ({DIGEST[:12]}…)")
    assert [line.split()[:2] for line in said[1:-2]] == [
        ["holds", "approval"], ["holds", "veto"],
        *(["refused" if duty == DRIFT else "holds", f"bias-duties[{duty}]"] for duty in BIAS_DUTIES),
        ["holds", "vulnerabilities"], ["holds", "disputes"], ["holds", "rollback"],
    ]  # fmt: skip
    assert said[-2] == f"closed: bias-duties[{DRIFT}]"
    assert "-refused.json" in said[-1]


def _unsigned(root: Path) -> None:
    a_run(root)


def _with(**changes: Any) -> Change:
    return lambda root: (a_run(root), signed(root, **changes))


def _running(**changes: Any) -> Change:
    return lambda root: (a_run(root, **changes), signed(root))


def _then(**rejection: Any) -> Change:
    return lambda root: (
        a_run(root), signed(root, days_ago=9),
        signed(root, "rejected", decision="rejected", remarks="It harms.", **rejection),
    )  # fmt: skip


def _unreadable(root: Path) -> None:
    a_run(root)
    signed(root)
    (root / "attestations" / "torn.yaml").write_text("decision: [rejected", encoding="utf-8")


def _altered(root: Path) -> None:
    folder = a_run(root)
    signed(root)
    for file in (folder / "raw").glob("*/*"):
        file.write_bytes(file.read_bytes() + b" ")


def _other_plan(root: Path) -> None:
    a_run(root)
    signed(root)
    (root / PLAN).write_text("Hope.\n")


TWO = [{"who": "Ada", "role": "chair"}, {"who": "Ben", "role": "secretary"}]
BIAS = {f"bias-duties[{duty}]" for duty in BIAS_DUTIES}
#: Not what people reviewed of a past week.
MEASURED = BIAS - {f"bias-duties[{BIAS_DUTIES[3]}]"}
DATED = {"date": "2020-01-01", "expires": "2020-02-01"}


@pytest.mark.parametrize(
    ("prepare", "status", "failing", "told"),
    [
        (_unsigned, 20, {"approval", "veto", "rollback"}, "there is no such folder"),
        (_with(subject="b" * 64), 21, {"approval", "rollback"}, "1 of another digest"),
        (_with(signatures=TWO), 21, {"approval", "rollback"}, "not quorate: nobody signed as ethicist"),
        (_with(**DATED), 21, {"approval", "rollback"}, "expired on 2020-02-01"),
        (_with(decision="noted"), 21, {"approval"}, "no quorate approval"),
        (_with(duty="monthly.governance-review"), 21, {"approval", "rollback"}, "no quorate approval"),
        (_with(decisions={}), 21, {"rollback"}, "names the SHA-256 of a plan under decisions.rollback"),
        (_with(decisions={"rollback": "we shall see"}), 21, {"rollback"}, "names the SHA-256"),
        (_other_plan, 1, {"rollback"}, "plans/back.md is not the plan that was signed"),
        (_with(decision="rejected"), 1, {"approval", "veto", "rollback"}, "rejected by Member 0 (chair)"),
        (_then(), 1, {"veto"}, "It harms"),
        (_then(days_ago=9), 1, {"veto"}, "It harms"),
        (_then(days_ago=5, expires=f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"), 1, {"veto"}, "It harms"),
        (_then(**DATED), 0, set(), ""),
        (_unreadable, 20, {"veto"}, "a rejection cannot be ruled out: "),
        (_running(verdicts={DRIFT: Verdict.BREACHED}), 1, {f"bias-duties[{DRIFT}]"}, "BREACHED: So it is"),
        (_running(verdicts={DRIFT: Verdict.WAIVED}), 1, {f"bias-duties[{DRIFT}]"}, "WAIVED: So it is"),
        (_running(verdicts={DRIFT: Verdict.INCONCLUSIVE}), 20, {f"bias-duties[{DRIFT}]"}, "INCONCLUSIVE: So it is"),
        (
            _running(verdicts={BIAS_DUTIES[3]: Verdict.AWAITING}), 21, {f"bias-duties[{BIAS_DUTIES[3]}]"}, "AWAITING",
        ),
        (_running(duties=(SCAN, DISPUTES)), 20, BIAS, "no finished, whole run of heartbeat.bias-detection-drift"),
        (_running(hours=2), 20, {f"bias-duties[{BIAS_DUTIES[0]}]"}, "is 2 h old, more than 1 h"),
        (_running(models={"risk-2026.3": 3}), 20, MEASURED, "of another model: risk-2026.3"),
        (_running(models={"risk-2026.3": 3, VERSION: 3}), 20, MEASURED, f"of {VERSION} in only 3 of 6 decisions"),
        (_running(models={}), 20, MEASURED, "by evidence that does not tell which model ran"),
        (_running(digest=""), 20, MEASURED, "no node told its digest, then or since"),
        (_running(bound={DRIFT: 0.9}), 20, {f"bias-duties[{DRIFT}]"}, "judged by another plan, which differs in equal"),
        (_running(bound={SCAN: 7}), 20, {"vulnerabilities"}, "judged by another plan, which differs in critical_"),
        (_running(digest="b" * 64), 20, BIAS, f"of {VERSION} with another digest"),
        (_running(critical=Verdict.BREACHED), 1, {"vulnerabilities"}, "One finding is open"),
        (_running(critical=Verdict.INCONCLUSIVE), 20, {"vulnerabilities"}, "One finding is open"),
        (_running(duties=tuple(set(DUTIES) - {SCAN})), 20, {"vulnerabilities"}, f"no finished, whole run of {SCAN}"),
        (_running(disputes=[dispute()]), 1, {"disputes"}, "1 of 1 pending disputes touch it: D-1"),
        (_running(disputes=[dispute(subject_id="C-7")]), 1, {"disputes"}, "touch it: D-1"),
        (
            _running(disputes=[dispute(dispute_type="outdated", escalated_to="Ethical Governance Board")]), 1,
            {"disputes"}, "touch it: D-1",
        ),
        (_running(disputes=[dispute(dispute_type="outdated")]), 0, set(), ""),
        (_running(disputes=[dispute(ruling="dismissed")]), 0, set(), ""),
        (_running(disputes=[dispute()], origin="risk-2026.3"), 0, set(), ""),
        (_running(disputes=[{"dispute_id": 7}]), 20, {"disputes"}, "malformed"),
        (_running(duties=tuple(set(DUTIES) - {DISPUTES})), 20, {"disputes"}, f"no finished, whole run of {DISPUTES}"),
        (_altered, 20, {"disputes", "vulnerabilities", *BIAS}, "has another digest"),
    ],
)  # fmt: skip
def test_it_refuses_each_missing_condition_by_name(
    root: Path, ask: Ask, prepare: Change, status: int, failing: set[str], told: str
) -> None:
    prepare(root)
    ended, outcome = ask()
    assert set(outcome["failing"]) == failing
    assert ended == outcome["status"] == status
    assert outcome["passed"] is (status == 0)
    assert told in " ".join(each["why"] for each in outcome["failing"].values())


@pytest.mark.parametrize(
    "header",
    [
        {"notes": ("fault planted in the node: hang",)},
        {"notes": ("partial run: daily.user-disputes left out on the command line",)},
        {"replay_of": "another"},
        {"target": "live"},
        {"ended": False},
    ],
)
def test_runs_that_prove_nothing_do_not_count(root: Path, ask: Ask, header: dict[str, Any]) -> None:
    a_run(root, **header)
    signed(root)
    status, outcome = ask()
    assert (status, set(outcome["failing"])) == (20, {*BIAS, "vulnerabilities", "disputes"})


def test_the_newest_run_of_each_duty_counts(root: Path, ask: Ask) -> None:
    a_run(root, "1", hours=5, verdicts={DRIFT: Verdict.BREACHED})
    a_run(root, "2", hours=0.1)
    a_run(root, "3", hours=0.05, verdicts={DRIFT: Verdict.BREACHED}, notes=("fault planted in the node: x",))
    signed(root)
    status, outcome = ask()
    assert (status, outcome["failing"]) == (0, {})
    assert {each["evidence"] for each in outcome["conditions"] if each["of"] == DRIFT} == {"2"}


PARTIAL = {"notes": ("partial run: daily.error-logs left out on the command line",)}


@pytest.mark.parametrize("header", [PARTIAL, {"ended": False}])
@pytest.mark.parametrize(
    ("verdict", "status"), [(Verdict.MET, 0), (Verdict.BREACHED, 1), (Verdict.INCONCLUSIVE, 20), (Verdict.WAIVED, 1)]
)
def test_a_run_that_can_assure_nothing_can_refuse(
    root: Path, ask: Ask, header: dict[str, Any], verdict: Verdict, status: int
) -> None:
    a_run(root, "1", hours=0.5)
    a_run(root, "2", hours=0.1, verdicts={DRIFT: verdict}, **header)
    signed(root)
    ended, outcome = ask()
    assert (ended, set(outcome["failing"])) == (status, {f"bias-duties[{DRIFT}]"} if status else set())
    assert {each["evidence"] for each in outcome["conditions"] if each["of"] == DRIFT} == {"2" if status else "1"}


def test_what_does_not_refuse_in_a_partial_run_does_not_assure_either(root: Path, ask: Ask) -> None:
    a_run(root, "1", hours=0.5)
    a_run(root, "2", hours=0.1, verdicts=dict.fromkeys((SCAN, DISPUTES), Verdict.BREACHED), **PARTIAL)
    a_run(root, "3", hours=0.05, duties=BIAS_DUTIES)
    signed(root)
    status, outcome = ask()
    assert (status, set(outcome["failing"])) == (1, {"vulnerabilities", "disputes"})
    assert "by a run that left duties out, which assures nothing" in outcome["failing"]["disputes"]["why"]


def test_a_record_that_cannot_be_read_is_not_passed_over(root: Path, ask: Ask) -> None:
    a_run(root, "1", hours=0.5)
    file = a_run(root, "2", hours=0.1, verdicts={DRIFT: Verdict.BREACHED}) / "results.jsonl"
    # Said to be met, over judgements that say otherwise.
    file.write_text(file.read_text().replace(f'"{DRIFT}", "verdict": "BREACHED"', f'"{DRIFT}", "verdict": "MET"'))
    signed(root)
    status, outcome = ask()
    assert (status, set(outcome["failing"])) == (20, {f"bias-duties[{DRIFT}]"})
    assert "2 cannot be read to the end" in outcome["failing"][f"bias-duties[{DRIFT}]"]["why"]


def test_a_digest_is_told_by_any_run_since_and_by_none_before(root: Path, ask: Ask) -> None:
    a_run(root, "1", hours=2, duties=())
    a_run(root, "2", hours=0.5, digest="")
    signed(root)
    assert set(ask()[1]["failing"]) == MEASURED
    a_run(root, "3", hours=0.1, duties=(), notes=("partial run: all but one left out on the command line",))
    assert ask()[0] == 0
    a_run(root, "4", hours=0.05, duties=(), digest="b" * 64)
    assert set(ask()[1]["failing"]) == BIAS


def test_a_digest_whose_bytes_were_altered_is_not_told(root: Path, ask: Ask) -> None:
    a_run(root, "1", digest="")
    told = a_run(root, "2", hours=0.1, duties=())
    signed(root)
    for file in (told / "raw").glob("*/*"):
        file.write_bytes(file.read_bytes() + b" ")
    status, outcome = ask()
    assert (status, set(outcome["failing"])) == (20, {*BIAS, "disputes"})
    assert "the evidence of 2 was altered" in outcome["failing"][f"bias-duties[{DRIFT}]"]["why"]


@pytest.mark.parametrize(("models", "expected"), [({"risk-2026.3": 3}, 0), ({}, 20)])
def test_on_a_live_target_the_candidate_need_not_run_yet_but_some_model_must(
    root: Path, ask: Ask, models: dict[str, int], expected: int
) -> None:
    target = root / "targets" / "staging.toml"
    target.write_text(target.read_text().replace('"staging"', '"live"'))
    a_run(root, models=models)
    signed(root)
    status, outcome = ask()
    assert status == expected
    if not models:
        return
    assert "of another model: risk-2026.3" in next(each["why"] for each in outcome["conditions"] if each["of"] == DRIFT)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--target", "stagin", "--digest", DIGEST), "did you mean 'staging.toml'?"),
        (("--target", "staging", "--digest", "abc"), "--digest 'abc': a SHA-256 has 64 lower-case hexadecimal digits"),
        (("--target", "staging", "--artifact", "none.bin"), "--artifact 'none.bin': there is no such file"),
        (("--target", "staging"), "one of the arguments --digest --artifact is required"),
        (("--target", "staging", "--digest", DIGEST, "--model", "a b"), "--model 'a b': a version is"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_kept(
    root: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    try:
        status = cli.main(["gate", "--model", VERSION, *words])
    except SystemExit as error:
        status = int(error.code or 0)
    assert (status, told in capsys.readouterr().err) == (2, True)
    assert not (root / "gates").exists()


def test_records_that_only_a_run_can_reach_are_unknown(root: Path, ask: Ask) -> None:
    (root / "targets" / "staging.toml").write_text(
        'environment = "embedded"\nlaunch = { command = ["x"] }\n'
        'attestations = { kind = "url", url = "/council" }\ngate = { url = "/gates" }\n'
    )
    a_run(root)
    status, outcome = ask()
    assert (status, set(outcome["failing"])) == (20, {"approval", "veto", "rollback"})
    assert not (root / "gates").exists()


def test_the_board_signs_a_model_one_after_another(root: Path, ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    a_run(root)

    def sign(who: str, role: str, *more: str) -> tuple[int, str]:
        words = ["--who", who, "--role", role, "--decision", "approved", "--minutes", "m.md", "--target", "staging"]
        status = cli.main(["attest", MODEL_VETO, "--artifact", "model.bin", *words, *more])
        told = capsys.readouterr()
        return status, told.out + told.err

    assert "not quorate yet" in sign("Ada", "chair", "--rollback", PLAN)[1]
    sign("Ben", "secretary")
    sign("Cy", "ethicist", "--rollback", PLAN)
    (root / "other.md").write_text("Another plan.\n")
    assert "saw another plan" in sign("Di", "community member", "--rollback", "other.md")[1]
    assert "no file below" in sign("Di", "community member", "--rollback", "none.md")[1]
    assert ask()[0] == 21
    assert "which is quorate" in sign("Di", "community member")[1]
    assert ask()[0] == 0
    assert cli.main(["attest", MODEL_VETO, "--who", "A", "--role", "chair", "--decision", "approved", "--minutes",
                     "m.md"]) == 2  # fmt: skip
    assert "name the model" in capsys.readouterr().err
