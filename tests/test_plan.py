"""The plan: the repository's own, and every mistake a person can make in one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from junzi_audit import plan
from junzi_audit.model import Cadence, Environment, Kind
from junzi_audit.naming import check_of, duty_of
from tests.synthetic import ROOT, Repository

WHOLE = plan.load(ROOT / "obligations")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Repository(tmp_path / "r").duty("daily.one", None).duty("daily.two", None).root / "obligations"


def test_the_repositorys_plan_holds_all_thirty_one_duties() -> None:
    counted = {cadence.value: len(WHOLE.of(cadence)) for cadence in Cadence}
    assert counted == {
        "heartbeat": 6, "daily": 6, "weekly": 4, "monthly": 4, "quarterly": 4, "emergency": 4, "governance": 3,
    }  # fmt: skip
    assert len({duty.id for duty in WHOLE.obligations}) == 31


@pytest.mark.parametrize("duty", WHOLE.obligations, ids=lambda duty: duty.id)
def test_every_duty_says_what_it_owes_to_whom_and_why(duty: plan.Obligation) -> None:
    assert duty.owner in plan.BODIES
    assert duty.escalates_to in plan.BODIES
    assert duty.escalates_to != duty.owner
    assert all(words.strip() for words in (duty.title, duty.clause, duty.why, duty.remedy))
    assert all(limit.unit and limit.meaning and limit.source for limit in duty.limits)
    assert Environment.EMBEDDED in duty.where, "no tripwire can be seen otherwise"


def test_no_drill_acts_on_the_live_system_but_the_one_that_restores_beside_it() -> None:
    drills = [duty for duty in WHOLE.obligations if duty.kind is Kind.DRILL]
    assert [duty.id for duty in drills if Environment.LIVE in duty.where] == ["quarterly.backup-recovery"]


def test_the_digest_is_of_the_files(folder: Path) -> None:
    before = plan.load(folder).digest
    assert plan.load(folder).digest == before
    with (folder / "daily.toml").open("a") as file:
        file.write("# a remark\n")
    assert plan.load(folder).digest != before


def test_a_duty_is_found_by_its_id_or_the_nearest_is_named(folder: Path) -> None:
    assert plan.load(folder)["daily.one"].title == "Nothing of one is bad"
    with pytest.raises(plan.PlanError, match=r"no duty 'daily.onne'; did you mean 'daily.one'\?"):
        plan.load(folder)["daily.onne"]


def test_an_empty_folder_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(plan.PlanError, match="there is no plan to audit against"):
        plan.load(tmp_path)


def test_a_file_is_named_after_a_cadence(folder: Path) -> None:
    shutil.copy(folder / "daily.toml", folder / "dayly.toml")
    with pytest.raises(plan.PlanError, match=r"dayly.toml: no cadence is called 'dayly'; did you mean 'daily'\?"):
        plan.load(folder)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('impact       = "high"', 'impact       = "hihg"', "[one] impact: 'hihg' is not possible; did you mean 'high'"),
        ('impact       = "high"\n', "", "[one] impact: missing"),
        ('title ', "titel ", "[one] titel: unknown key; did you mean 'title'?"),
        ('kind         = "measured"', "kind = 3", "[one] kind: 3 is not possible; possible: attested, drill, measured"),
        ('owner        = "DevOps / SRE Team"', 'owner = "Devops Team"', "[one] owner: the plan names no"),
        ('"Infrastructure Team"', '"The Boss"', "[one] escalates_to: the plan names no 'The Boss'; possible: Agent"),
        ('["recorded", "live"]', "[]", "[one] where: empty, so the duty could never run"),
        ('["recorded", "live"]', '["liev"]', "[one] where.0: 'liev' is not possible; did you mean 'live'?"),
        ('breaches = ["bad"]', 'breaches = ["bed"]', "breaches no limit 'bed' of this duty; did you mean 'bad'?"),
        ('breaches = ["bad"]', 'breachs = ["bad"]', "[one.tripwires] breachs: unknown key; did you mean 'breaches'?"),
        ('tripwires    = [{ fault = "some-fault", breaches = ["bad"] }]', "tripwires = []", "never seen to fail"),
        ('bound   = "<= 1"', 'bound = "=< 1"', "[one.limits.bad] bound: '=< 1' is not a bound; write for example"),
        ('bound   = "<= 1"', 'bound = "<= nan"', "'<= nan' is not a bound"),
        ("bound ", "buond ", "[one.limits.bad] bound: None is not a bound"),
        ('unit    = "items"', 'units = "items"', "[one.limits.bad] units: unknown key; did you mean 'unit'?"),
        ("[one.limits.bad]", "[one.limit.bad]", "[one] limits: a duty without a limit cannot be judged"),
        ("[one]", "stray = 1\n[one]", "stray stands outside any table; a duty is a table such as [stray]"),
        ("[one]", "[One]", "[One]: a duty's name is lower-case words joined by hyphens"),
        ("[two]", "[one]", "not valid TOML"),
        ('"measured"', '"attested"', "[one] quorum: missing; an attested duty says who must sign"),
        ("[one]\n", '[one]\nquorum = { roles = ["a"], least = 51 }\n', "[one] quorum.least: 51 people are no quorum"),
        ("[one]\n", "[one]\nquorum = { roles = ['a'], least = true }\n", "quorum.least: must be a whole number, found"),
        ("[one]\n", "[one]\nquorum = 'all'\n", "[one] quorum: must be a table, found 'all'"),
        ("[one]\n", "[one]\nquorum = { roles = 'chair', least = 1 }\n", "quorum.roles: must be a list, found 'chair'"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_table_key_and_what_is_possible(folder: Path, old: str, new: str, told: str) -> None:
    file = folder / "daily.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(plan.PlanError, match=re.escape(told)) as raised:
        plan.load(folder)
    assert str(raised.value).startswith(f"{file}: ")


def test_every_wrong_key_of_a_table_is_told_at_once(folder: Path) -> None:
    file = folder / "daily.toml"
    file.write_text(file.read_text().replace("title ", "titel ").replace("why ", "wyh "))
    with pytest.raises(plan.PlanError) as raised:
        plan.load(folder)
    told = str(raised.value)
    assert all(words in told for words in ("titel: unknown", "wyh: unknown", "title: missing", "why: missing"))


@pytest.mark.parametrize("duty", WHOLE.obligations, ids=lambda duty: duty.id)
def test_a_duty_and_its_file_lead_to_each_other(duty: plan.Obligation) -> None:
    path = check_of(Path(), duty).as_posix()
    assert duty_of(f"{path}::test_some_claim[x]") == duty.id
    cadence, name = duty.id.split(".")
    assert duty_of(f"obligations/{cadence}.toml::{name}") == duty.id


@pytest.mark.parametrize(
    "node_id", ["tests/test_plan.py::test_x", "suites/test_x.py::test_x", "suites/daily/x.py::t", ""]
)
def test_other_tests_belong_to_no_duty(node_id: str) -> None:
    assert duty_of(node_id) == ""


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "obligations", tmp_path / "obligations"))


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("weekly", '"statistician"', '"statistican"',
         "weekly.toml: [bias-audit-summary] roles: the Bias Monitoring Council has 'statistican' in this duty only; "
         "did you mean 'statistician'?"),
        ("monthly", '"secretary"', '"secretry"', "did you mean 'secretary'?"),
        ("quarterly", '"Community Feedback Council" =', "# ", "the Community Feedback Council is missing; all of"),
        ("quarterly", '"Community Feedback Council" =', '"DevOps / SRE Team" =', "Feedback Council is missing; all of"),
        ("quarterly", "[transparency-report.quorums]\n",
         "[transparency-report.quorums]\n\"Infrastructure Team\" = { roles = ['lead'], least = 1 }\n",
         "the plan does not ask the Infrastructure Team; possible: Bias Monitoring Council, Community"),
    ],
)  # fmt: skip
def test_a_quorum_that_is_not_the_plans_is_told(whole: Path, file: str, old: str, new: str, told: str) -> None:
    path = whole / f"{file}.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(plan.PlanError, match=re.escape(told)):
        plan.load(whole)
