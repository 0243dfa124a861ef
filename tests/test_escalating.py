"""What a target's file says of escalation, and every mistake a person can make in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from junzi_audit import plan, targets
from junzi_audit.declared.escalating import Act, Procedure
from junzi_audit.model import Verdict
from tests.synthetic import ROOT

PLAN = plan.load(ROOT / "obligations").obligations
TABLE = """\
environment = "live"
[nodes]
primary = "https://node.example"
[escalation]
dry_run = false
channels = { on-call = { url_env = "JUNZI_ONCALL_URL" }, board = { url_env = "JUNZI_BOARD_URL" } }
[[escalation.rules]]
duties = ["heartbeat.*", "daily.bias-drift"]
procedure = "bias-anomaly"
channels = ["on-call", "board"]
acts = "withhold"
[[escalation.rules]]
duties = ["daily.*"]
procedure = "notify"
channels = ["on-call"]
verdicts = ["BREACHED", "OVERDUE", "INCONCLUSIVE"]
"""


def load(tmp_path: Path, text: str) -> targets.Target:
    (tmp_path / "x.toml").write_text(text)
    return targets.load(tmp_path, "x", PLAN)


def test_the_first_rule_for_duty_and_verdict_decides(tmp_path: Path) -> None:
    table = load(tmp_path, TABLE).escalation
    assert table is not None
    assert not table.dry_run
    assert table.variable("board") == "JUNZI_BOARD_URL"
    found = table.rule_for("daily.bias-drift", Verdict.BREACHED)
    assert found is not None
    assert (found.procedure, found.acts, found.procedure.drill) == (
        Procedure.BIAS, Act.WITHHOLD, "emergency.bias-anomaly",
    )  # fmt: skip
    later = table.rule_for("daily.bias-drift", Verdict.OVERDUE)
    assert later is not None
    assert (later.procedure, later.procedure.drill) == (Procedure.NOTIFY, "")
    assert table.rule_for("heartbeat.agent-health", Verdict.OVERDUE) is None
    assert table.rule_for("weekly.model-drift", Verdict.BREACHED) is None
    assert table.rule_for("daily.bias-drift", Verdict.WAIVED) is None


def test_without_a_word_nothing_leaves(tmp_path: Path) -> None:
    table = load(tmp_path, TABLE.replace("dry_run = false\n", "")).escalation
    assert table is not None
    assert table.dry_run
    assert load(tmp_path, TABLE.partition("[escalation]")[0]).escalation is None


@pytest.mark.parametrize("name", ["staging", "live"])
def test_the_examples_are_dry_and_valid(name: str) -> None:
    table = targets.load(ROOT / "targets", name, PLAN).escalation
    assert table is not None
    assert table.dry_run
    assert table.rules


def test_a_url_that_nobody_described_escalates_nothing() -> None:
    assert targets.load(ROOT / "targets", "https://somewhere.example", PLAN).escalation is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"daily.bias-drift"', '"daily.bias-drft"', "1 duties: the plan has no duty 'daily.bias-drft'; did you mean"),
        ('"heartbeat.*"', '"heartbeet.*"', "no duty 'heartbeet.*'; did you mean 'heartbeat.*'?"),
        ('duties = ["daily.*"]', "duties = []", "rules]] 2 duties: empty"),
        ('["on-call", "board"]', '["on-call", "bord"]', "there is no channel 'bord'; did you mean 'board'?"),
        ('["on-call", "board"]', "[]", "rules]] 1 channels: empty, so nobody would be told"),
        ('"bias-anomaly"', '"bias-anomly"', "'bias-anomly' is not possible; did you mean 'bias-anomaly'?"),
        ('"OVERDUE"', '"OVRDUE"', "'OVRDUE' is not possible; did you mean 'OVERDUE'?"),
        ('"OVERDUE"', '"WAIVED"', "WAIVED calls for nothing; possible: BREACHED"),
        ('"withhold"', '"witholt"', "'witholt' is not possible; did you mean 'withhold'?"),
        ('"withhold"', '"freeze"', "acts: freeze belongs to security-breach, not to bias-anomaly"),
        ('acts = "withhold"', 'verdicts = ["INCONCLUSIVE"]', "proves nothing, so it starts no bias-anomaly"),
        ('acts = "withhold"', "verdicts = []", "rules]] 1 verdicts: empty"),
        ("dry_run", "dryrun", "dryrun: unknown key; did you mean 'dry_run'?"),
        ("procedure = \"notify\"\n", "", "procedure: missing"),
        ("acts =", "act =", "act: unknown key; did you mean 'acts'?"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_with_the_nearest_valid_word(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in TABLE
    with pytest.raises(targets.TargetError, match=re.escape(told)):
        load(tmp_path, TABLE.replace(old, new, 1))


@pytest.mark.parametrize(
    "channel",
    [
        '"slack://s3cret/x"', '{ url = "slack://s3cret/x" }', '{ url_env = "slack://s3cret/x" }',
        '{ url_env = "JUNZI_BOARD_URL", url = "slack://s3cret/x" }', '["slack://s3cret/x"]', "{}",
    ],
)  # fmt: skip
def test_an_address_in_the_file_is_refused_and_not_repeated(tmp_path: Path, channel: str) -> None:
    with pytest.raises(targets.TargetError, match=r"board: write \{ url_env") as caught:
        load(tmp_path, TABLE.replace('{ url_env = "JUNZI_BOARD_URL" }', channel))
    assert "s3cret" not in str(caught.value)


def test_a_data_set_cannot_act_and_a_plan_without_the_drill_has_no_procedure(tmp_path: Path) -> None:
    recorded = TABLE.replace('"live"', '"recorded"').replace('[nodes]\nprimary = "https://node.example"\n', "")
    with pytest.raises(targets.TargetError, match="this target names no node that could withhold anything"):
        load(tmp_path, recorded)
    (tmp_path / "x.toml").write_text(TABLE)
    fewer = tuple(duty for duty in PLAN if duty.id != "emergency.bias-anomaly")
    with pytest.raises(targets.TargetError, match=r"the plan has no emergency\.bias-anomaly"):
        targets.load(tmp_path, "x", fewer)
