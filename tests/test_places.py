"""What a plan says of quorums and a target of places, and every mistake a person can make in either."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from junzi_audit import plan, targets
from junzi_audit.model import Kind, Quorum, Verdict
from tests.synthetic import ROOT, Repository

WHOLE = plan.load(ROOT / "obligations")
QUORUM = '[one]\nquorum = { roles = ["chair", "clerk"], least = 2 }\n'
LIVE = 'environment = "live"\n[nodes]\nprimary = "https://node.example"\n[attestations]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = Repository(tmp_path / "r").duty("daily.one", None).root / "obligations" / "daily.toml"
    made.write_text(made.read_text().replace("[one]\n", QUORUM, 1))
    return made


def test_a_quorum_is_read_and_a_duty_may_have_none(file: Path) -> None:
    assert plan.load(file.parent)["daily.one"].quorum == Quorum(roles=("chair", "clerk"), least=2)
    assert WHOLE["daily.bias-drift"].quorum is None


@pytest.mark.parametrize("duty", ["weekly.bias-audit-summary", "monthly.governance-review"])
def test_a_duty_that_people_answer_says_who_must_sign(duty: str) -> None:
    found = WHOLE[duty]
    assert found.kind is Kind.ATTESTED
    assert found.quorum is not None
    assert found.quorum.least >= len(found.quorum.roles) > 1
    assert {wire.verdict for wire in found.tripwires} >= {Verdict.OVERDUE}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("roles =", "rolls =", "[one] quorum.rolls: unknown key; did you mean 'roles'?"),
        ("least = 2", "least = 1", "[one] quorum.least: 1 people cannot fill 2 roles"),
        ("least = 2", 'least = "few"', "[one] quorum.least"),
        (', "clerk"]', ', "chair"]', "[one] quorum.roles: name each role of the body once"),
        ('["chair", "clerk"]', "[]", "[one] quorum.roles: name each role of the body once"),
        ('breaches = ["bad"]', 'breaches = ["bad"], verdict = "OVRDUE"', "verdict: 'OVRDUE' is not possible; did you"),
        ('breaches = ["bad"]', 'breaches = ["bad"], verdict = "MET"', "'some-fault' cannot leave MET"),
    ],
)
def test_a_wrong_quorum_or_verdict_is_told(file: Path, old: str, new: str, told: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(plan.PlanError, match=re.escape(told)):
        plan.load(file.parent)


def test_a_tripwire_may_name_another_verdict(file: Path) -> None:
    file.write_text(file.read_text().replace('["bad"]', '["bad"], verdict = "OVERDUE"', 1))
    (wire,) = plan.load(file.parent)["daily.one"].tripwires
    assert wire.verdict is Verdict.OVERDUE


@pytest.mark.parametrize(
    "place",
    [
        'kind = "directory"\npath = "attestations"', 'kind = "repository"\nurl = "git@git.example:a/b"\npath = "x"',
        'kind = "repository"\nurl = "../minutes"', 'kind = "url"\nurl = "/council"',
        'kind = "url"\nurl = "https://a.example/b"\ntoken_env = "TOKEN"',
    ],
)  # fmt: skip
def test_a_place_is_read(tmp_path: Path, place: str) -> None:
    (tmp_path / "zz.toml").write_text(LIVE + place)
    found = targets.load(tmp_path, "zz", WHOLE.obligations).attestations
    assert found is not None
    assert f'kind = "{found.kind}"' in place


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ('kind = "folder"', "[attestations] kind"),
        ('kind = "directory"', "[attestations] path: missing; a directory cannot be found without it"),
        ('kind = "repository"\npath = "x"', "[attestations] url: missing"),
        ('kind = "url"', "[attestations] url: missing"),
        ('kind = "directory"\npath = "../x"', "leads out of the repository"),
        ('kind = "directory"\npath = "/x"', "leads out of the repository"),
        ('kind = "url"\nurl = "ftp://x"', "neither an http(s) URL nor a path below the node"),
        ('kind = "url"\nurl = "https://u:p@x.example/a"', "must not carry a user or password"),
        ('kind = "repository"\nurl = "https://u:p@x.example/a"', "must not carry a user or password"),
        ('kind = "repository"\nurl = "--upload-pack=x"', "is no address of a Git repository"),
        ('kind = "directory"\npth = "x"', "pth: unknown key; did you mean 'path'?"),
    ],
)
def test_a_wrong_place_is_told(tmp_path: Path, place: str, told: str) -> None:
    (tmp_path / "zz.toml").write_text(LIVE + place)
    with pytest.raises(targets.TargetError, match=re.escape(told)):
        targets.load(tmp_path, "zz", WHOLE.obligations)


@pytest.mark.parametrize("name", ["embedded", "staging", "live"])
def test_every_target_of_ours_says_where_people_answer(name: str) -> None:
    assert targets.load(ROOT / "targets", name, WHOLE.obligations).attestations is not None
