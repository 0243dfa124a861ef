"""A finished run told to people over real channels, and a node made to act: once, and only when all agrees."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from junzi_audit import cli
from junzi_audit.commands.escalate import HELD_BACK, UNDELIVERED
from junzi_audit.escalation import control
from junzi_audit.evidence.notices import NAME
from junzi_audit.model import Verdict
from tests import telling
from tests.synthetic import Repository
from tests.telling import BEAT, DAILY, KEY, Listener, counted, record, run, target, weighed

Say = Callable[..., tuple[int, str]]
NOW = datetime.now(UTC).replace(microsecond=0)
BEGAN = NOW - timedelta(hours=1)
MET, BREACHED, UNKNOWN = Verdict.MET, Verdict.BREACHED, Verdict.INCONCLUSIVE
CERTAIN = record(BEAT, BREACHED, "r.", BEGAN, counted())


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return telling.repository(tmp_path / "repository")


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    heard = Listener()
    monkeypatch.setenv("JUNZI_ONCALL_URL", f"json://127.0.0.1:{heard.port}/on-call")
    monkeypatch.setenv("JUNZI_BOARD_URL", f"json://127.0.0.1:{heard.port}/board")
    monkeypatch.setenv("JUNZI_CONTROL_KEY", KEY)
    yield heard
    heard.close()


@pytest.fixture
def say(made: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    monkeypatch.chdir(made.root)

    def speak(folder: Path, *words: str) -> tuple[int, str]:
        status = cli.main(["escalate", folder.name, *words])
        told = capsys.readouterr()
        return status, told.out + told.err

    return speak


def noted(folder: Path) -> list[str]:
    file = folder / NAME
    return [json.loads(line)["event"] for line in file.read_text().splitlines()] if file.is_file() else []


def refused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ---------------------------------------------------------------- nothing leaves unless everything agrees


@pytest.mark.parametrize(
    ("words", "dry", "environment", "status", "why"),
    [
        ((), False, "staging", 0, "--send was not given"),
        ((), True, "staging", 0, "dry_run is true in targets/here.toml; --send was not given"),
        (("--send",), True, "staging", HELD_BACK, "dry_run is true"),
        (("--send",), False, "embedded", HELD_BACK, "the embedded node is a demonstration"),
    ],
)
def test_a_dry_run_shows_what_would_be_sent_and_nothing_leaves(
    made: Repository, say: Say, listener: Listener, words: tuple[str, ...], dry: bool, environment: str, status: int,
    why: str,
) -> None:  # fmt: skip
    target(made, dry=dry, environment=environment, channels=("on-call", "board"))
    folder = run(made, BEGAN, record(BEAT, BREACHED), record(DAILY, MET))
    found, told = say(folder, *words)
    assert found == status
    assert f"nothing left: {why}" in told
    assert "on-call (JUNZI_ONCALL_URL): first notice in " in told
    assert "would be sent" in told
    assert f"    | BREACHED: {BEAT} on here" in told
    assert "    | Procedure: security-breach, exercised by emergency.security-breach" in told
    assert not listener.heard
    assert noted(folder) == ["dry run", "dry run"]


@pytest.mark.parametrize(
    ("bend", "why"),
    [
        ({"notes": ("fault planted in the node: hang",)}, "held back: fault planted in the node: hang"),
        ({"replay_of": "another"}, "it replays another"),
        ({"ended": False}, "it did not finish"),
        ({"due": (BEAT, DAILY)}, f"no record of {DAILY}, which was due"),
    ],
)
def test_a_run_that_is_none_to_act_upon_tells_nobody(
    made: Repository, say: Say, listener: Listener, bend: dict[str, object], why: str
) -> None:
    target(made)
    status, told = say(run(made, BEGAN, record(BEAT, BREACHED), **bend), "--send")
    assert (status, listener.heard) == (HELD_BACK, [])
    assert why in told
    assert "nobody is told of this run" in told


def test_evidence_that_was_altered_or_torn_tells_nobody(made: Repository, say: Say, listener: Listener) -> None:
    target(made)
    folder = run(made, BEGAN, record(BEAT, BREACHED), seen=b"bytes")
    (kept,) = (file for file in folder.glob("raw/*/*"))
    kept.write_bytes(b"other bytes")
    status, told = say(folder, "--send")
    assert (status, "1 of 1 observations no longer have their digest" in told) == (HELD_BACK, True)
    kept.write_bytes(b"bytes")
    file = folder / "results.jsonl"
    whole = file.read_text()
    file.write_text(whole.replace('"reason"', '"raisin"'))
    assert "results.jsonl cannot be read at line 2" in say(folder, "--send")[1]
    assert not listener.heard
    file.write_text(whole)
    assert say(folder, "--send")[0] == 0
    assert len(listener.heard) == 1


def test_a_run_of_the_day_before_yesterday_is_no_news(made: Repository, say: Say, listener: Listener) -> None:
    target(made)
    status, told = say(run(made, BEGAN - timedelta(days=2), record(BEAT, BREACHED)), "--send")
    assert (status, listener.heard) == (HELD_BACK, [])
    assert "more than a day ago, so look again first" in told


# ---------------------------------------------------------------- told once, and again when it is news


def test_one_notice_a_period_closed_when_met_and_reopened_when_it_returns(
    made: Repository, say: Say, listener: Listener
) -> None:
    target(made)
    steps = [(BREACHED, 1), (BREACHED, 1), (UNKNOWN, 1), (MET, 1), (MET, 1), (BREACHED, 2), (BREACHED, 2)]
    began = NOW.replace(hour=0, minute=1) if NOW.hour else (NOW - timedelta(days=1)).replace(hour=23, minute=1)
    told = []
    for minute, (verdict, heard) in enumerate(steps):
        folder = run(made, began + timedelta(minutes=minute), record(DAILY, verdict))
        status, said = say(folder, "--send")
        told.append(said)
        assert (status, len(listener.heard)) == (0, heard), said
    assert "already told " in told[1]
    assert "already told " in told[2]
    assert "met again; first told " in told[3]
    assert "nobody is to be told of anything" in told[4]
    assert "reopened, first told " in told[5]
    assert "already told " in told[6]
    assert "reopened, first told " in listener.heard[1][1]["message"]


def test_an_older_run_says_nothing_about_what_a_later_one_told(made: Repository, say: Say, listener: Listener) -> None:
    target(made)
    say(run(made, BEGAN, record(DAILY, BREACHED)), "--send")
    older = run(made, BEGAN - timedelta(minutes=5), record(DAILY, MET))
    assert "nobody is to be told of anything" in say(older, "--send")[1]
    assert noted(older) == []


def test_what_arrives_is_the_whole_notice_and_no_secret(
    made: Repository, say: Say, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    target(made)
    monkeypatch.setenv("JUNZI_API_KEY", "key-that-was-echoed")
    hostile = "x key-that-was-echoed ada@mail.example\r\nBREACHED: forged <img src=x> [see](http://evil.example) @all"
    folder = run(made, BEGAN, record(BEAT, BREACHED, hostile))
    status, told = say(folder, "--send")
    assert (status, noted(folder)) == (0, ["sent"])
    ((path, sent),) = listener.heard
    assert path == "/on-call"
    assert (sent["title"], sent["type"]) == (f"BREACHED: {BEAT} on here", "failure")
    lines = sent["message"].splitlines()
    names = [line.partition(":")[0] for line in lines[1:]]
    assert lines[0] == "Nothing of one is bad"
    assert names == [
        "Verdict", "Reason", "Target", "Owner", "Escalates to", "Remedy", "Procedure", "Run", "Evidence", "Report",
    ]  # fmt: skip
    assert f"Report: reports/{folder.name}/report.html" in lines
    for never in ("key-that-was-echoed", "ada@", "http://", "<img", "](", "@all"):
        assert never not in sent["message"]
        assert never not in told
    assert str(listener.port) not in told
    assert str(listener.port) not in (folder / NAME).read_text()


def test_every_variable_that_the_target_names_is_kept_out_of_a_notice(
    made: Repository, say: Say, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    target(made)
    file = made.root / "targets/here.toml"
    more = """[scan]
spare_key_env = "JUNZI_SPARE_KEY"
hosts = [{ name = "127.0.0.1", ports = [9] }]
[review]
token_env = "JUNZI_REVIEW_TOKEN"
[decisions]
kind = "postgresql"
url_env = "JUNZI_DECISIONS_URL"
table = "public.decisions"
"""
    file.write_text(file.read_text() + more)
    secrets = {
        "JUNZI_SPARE_KEY": "spare-key-999999", "JUNZI_REVIEW_TOKEN": "review-token-888",
        "JUNZI_DECISIONS_URL": "postgresql://reader:db-password-7@db.example/log",
        "JUNZI_BOARD_URL": "json://u:board-pw-5@b/", "JUNZI_CONTROL_KEY": "control-key-444",
    }  # fmt: skip
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    echoed = " ".join([*secrets.values(), "db-password-7", "board-pw-5", "reader:db-password-7"])
    status, told = say(run(made, BEGAN, record(BEAT, BREACHED, echoed)), "--send")
    assert status == 0
    ((_, sent),) = listener.heard
    for never in ("spare-key", "review-token", "db-password", "board-pw", "control-key"):
        assert never not in sent["message"] + told


def test_a_run_from_a_clock_that_was_ahead_silences_nothing_and_is_named(
    made: Repository, say: Say, listener: Listener
) -> None:
    target(made)
    ahead = run(made, NOW + timedelta(hours=5), record(DAILY, BREACHED))
    assert say(ahead, "--send")[0] == 0
    later = run(made, BEGAN, record(DAILY, MET))
    told = say(later, "--send")[1]
    assert f"note:     runs begun after now silence nothing: {ahead.name}" in told
    assert "met again; first told " in told


def test_what_no_rule_names_is_shown_and_what_a_later_run_told_is_named(
    made: Repository, say: Say, listener: Listener
) -> None:
    target(made)
    folder = run(made, BEGAN, record(DAILY, Verdict.OVERDUE))
    told = say(folder)[1]
    assert f"OVERDUE       {DAILY}: no rule names it, so nobody is told" in told
    assert "nobody is to be told of anything" not in told
    later = run(made, BEGAN + timedelta(minutes=1), record(DAILY, BREACHED))
    say(later, "--send")
    assert f"{DAILY}: passed over: the later run {later.name} is the news of it" in say(folder)[1]


def test_a_notice_can_be_an_issue_on_github(
    made: Repository, say: Say, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apprise.plugins.github import NotifyGitHub

    monkeypatch.setattr(NotifyGitHub, "notify_url", f"{listener.node}/repos/{{owner}}/{{repo}}/issues")
    monkeypatch.setenv("JUNZI_ONCALL_URL", "github://ghp_s3cret@junzi/node?labels=audit")
    listener.answers["/repos/junzi/node/issues"] = (201, {"number": 1})
    target(made)
    status, told = say(run(made, BEGAN, record(BEAT, BREACHED, "score_shift[party] <script> @all #1.")), "--send")
    assert (status, "s3cret" in told) == (0, False)
    ((_, issue),) = listener.heard
    assert (issue["title"], issue["labels"]) == (f"BREACHED: {BEAT} on here", ["audit"])
    assert "‹script›" in issue["body"]
    assert not set(issue["body"]) & set("<>[]@#")


# ---------------------------------------------------------------- what fails is told, and tried again


def test_a_refused_channel_is_told_and_only_it_is_tried_again(
    made: Repository, say: Say, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    target(made, channels=("on-call", "board"))
    folder = run(made, BEGAN, record(BEAT, BREACHED))
    monkeypatch.setenv("JUNZI_BOARD_URL", f"json://s3cret@127.0.0.1:{refused_port()}/")
    status, told = say(folder, "--send")
    assert (status, noted(folder)) == (UNDELIVERED, ["sent", "failed"])
    assert "board (JUNZI_BOARD_URL): first notice" in told
    assert "NOT SENT: what JUNZI_BOARD_URL names did not take it in 3 attempts" in told
    assert "s3cret" not in told
    monkeypatch.setenv("JUNZI_BOARD_URL", f"json://127.0.0.1:{listener.port}/board")
    assert say(folder, "--send")[0] == 0
    assert [path for path, _ in listener.heard] == ["/on-call", "/board"]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (None, "the environment variable JUNZI_ONCALL_URL with the address is not set"),
        ("nonsense://s3cret", "JUNZI_ONCALL_URL holds no address that Apprise knows"),
        ("json://s3cret/ json://s3cret/", "JUNZI_ONCALL_URL must hold one address"),
        ("json://s3cret,json://s3cret", "JUNZI_ONCALL_URL must hold one address"),
    ],
)
def test_an_address_that_is_none_is_told_without_it(
    made: Repository, say: Say, listener: Listener, monkeypatch: pytest.MonkeyPatch, address: str | None, why: str
) -> None:
    target(made)
    if address is None:
        monkeypatch.delenv("JUNZI_ONCALL_URL")
    else:
        monkeypatch.setenv("JUNZI_ONCALL_URL", address)
    status, told = say(run(made, BEGAN, record(BEAT, BREACHED)), "--send")
    assert status == UNDELIVERED
    assert why in told
    assert "s3cret" not in told


def test_a_server_that_fails_is_asked_three_times(made: Repository, say: Say, listener: Listener) -> None:
    target(made)
    listener.answers["/on-call"] = (500, {})
    assert say(run(made, BEGAN, record(BEAT, BREACHED)), "--send")[0] == UNDELIVERED
    assert len(listener.heard) == 3


# ---------------------------------------------------------------- acts


def acts(listener: Listener) -> list[str]:
    return [path for path, _ in listener.heard if path.startswith(("/eirp", "/gesp"))]


def test_a_certain_breach_freezes_once_and_the_notice_says_so(made: Repository, say: Say, listener: Listener) -> None:
    target(made, node=listener.node, acts="freeze")
    telling.plane(listener)
    folder = run(made, BEGAN, CERTAIN, nodes=(listener.node,))
    assert "would be done; gap was counted" in say(folder)[1]
    assert acts(listener) == []
    status, told = say(folder, "--send")
    assert (status, acts(listener)) == (0, ["/eirp/report-incident", "/gesp/trigger-safeguard"])
    assert "act freeze: incident inc-1 reported, public API frozen by safe-1" in told
    assert listener.keys[:2] == [KEY, KEY]
    (_, reported), (_, triggered), (_, notice) = listener.heard
    assert (reported["kind"], reported["drill"]) == ("security", False)
    assert triggered == {"incident_id": "inc-1", "safeguard": "freeze-public-api"}
    assert "Act: incident inc-1 reported" in notice["message"]
    later = run(made, BEGAN + timedelta(minutes=5), CERTAIN, nodes=(listener.node,))
    assert "already done " in say(later, "--send")[1]
    assert len(acts(listener)) == 2


@pytest.mark.parametrize(
    ("public", "why"),
    [
        ((200, {}), "the node says so, and serves http://"),
        ((503, {}), "/alerts/ answered 503, not 503 with X-Junzi-Safeguard: freeze-public-api"),
        ((401, {}), "/alerts/ answered 401, not 503"),
    ],
)
def test_a_freeze_that_is_not_seen_is_not_done_and_is_looked_at_again(
    made: Repository, say: Say, listener: Listener, monkeypatch: pytest.MonkeyPatch,
    public: tuple[int, dict[str, str]], why: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(control, "_WITHIN", 0.2)
    monkeypatch.setattr(control, "_PACE", 0.05)
    target(made, node=listener.node, acts="freeze")
    telling.plane(listener)
    frozen, listener.public = listener.public, public
    folder = run(made, BEGAN, CERTAIN, nodes=(listener.node,))
    status, told = say(folder, "--send")
    assert (status, noted(folder)) == (UNDELIVERED, ["acted", "acted", "failed", "sent"])
    assert "NOT DONE: incident inc-1, safe-1: " in told
    assert why in told
    (notice,) = [body["message"] for path, body in listener.heard if path == "/on-call"]
    assert "NOT DONE" in notice
    assert "public API frozen" not in notice

    listener.public = frozen
    assert "public API frozen by safe-1" in say(folder, "--send")[1]
    assert acts(listener) == ["/eirp/report-incident", "/gesp/trigger-safeguard"], "nothing is triggered twice"
    assert "already done " in say(folder, "--send")[1]


def test_another_node_that_still_serves_is_not_frozen(
    made: Repository, say: Say, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "_WITHIN", 0.0)
    other = Listener()
    try:
        other.public = (200, {})
        target(made, node=listener.node, acts="freeze")
        file = made.root / "targets/here.toml"
        primary = f'primary = "{listener.node}"'
        file.write_text(file.read_text().replace(primary, f'{primary}\nsecondaries = ["{other.node}"]'))
        telling.plane(listener)
        told = say(run(made, BEGAN, CERTAIN, nodes=(listener.node,)), "--send")[1]
        assert f"the node says so, and serves {other.node}" in told
    finally:
        other.close()


def test_a_safeguard_of_another_incident_is_none_of_ours(made: Repository, say: Say, listener: Listener) -> None:
    target(made, node=listener.node, acts="freeze")
    telling.plane(listener)
    listener.answers["/gesp/trigger-safeguard"][1]["incident_id"] = "inc-of-others"
    status, told = say(run(made, BEGAN, CERTAIN, nodes=(listener.node,)), "--send")
    assert status == UNDELIVERED
    assert "NOT DONE: malformed: the node says that safe-1 is for incident inc-of-others, not for inc-1" in told


def test_an_act_that_stops_half_way_goes_on_where_it_stopped(made: Repository, say: Say, listener: Listener) -> None:
    target(made, node=listener.node, acts="freeze")
    telling.plane(listener)
    frozen = listener.answers.pop("/gesp/trigger-safeguard")
    listener.answers["/gesp/trigger-safeguard"] = (500, {})
    folder = run(made, BEGAN, CERTAIN, nodes=(listener.node,))
    status, told = say(folder, "--send")
    assert status == UNDELIVERED
    assert "NOT DONE: server error: POST /gesp/trigger-safeguard answered 500, not 202" in told
    listener.answers["/gesp/trigger-safeguard"] = frozen
    assert say(folder, "--send")[0] == 0
    assert acts(listener) == ["/eirp/report-incident", "/gesp/trigger-safeguard", "/gesp/trigger-safeguard"]
    notices = [body["message"] for path, body in listener.heard if path == "/on-call"]
    assert ["public API frozen by safe-1" in notice for notice in notices] == [False, True]


def test_evidence_short_of_the_family_wise_threshold_acts_on_nothing(
    made: Repository, say: Say, listener: Listener
) -> None:
    target(made, node=listener.node, acts="freeze")
    readings = {"a": weighed(8_000), "b": weighed(1)}
    status, told = say(run(made, BEGAN, record(BEAT, BREACHED, "r.", BEGAN, readings)), "--send")
    assert (status, acts(listener)) == (0, [])
    assert "not done, the evidence does not bear it: gap[a]: evidence 8,000 of the 14,600 needed family-wise" in told
    assert len(listener.heard) == 1, "people are told all the same"


def test_a_live_target_asks_for_act_too(made: Repository, say: Say, listener: Listener) -> None:
    target(made, node=listener.node, acts="freeze", environment="live")
    telling.plane(listener)
    folder = run(made, BEGAN, CERTAIN, nodes=(listener.node,), environment="live")
    assert "not done, a live target asks for --act too" in say(folder, "--send")[1]
    assert acts(listener) == []
    assert say(folder, "--send", "--act")[0] == 0
    assert len(acts(listener)) == 2


def test_nothing_is_done_to_a_node_that_the_run_did_not_look_at(made: Repository, say: Say, listener: Listener) -> None:
    target(made, node=listener.node, acts="freeze")
    told = say(run(made, BEGAN, CERTAIN, nodes=("https://another.example",)), "--send")[1]
    assert "not done, the run looked at https://another.example, and the target now names " in told
    assert acts(listener) == []


def test_a_node_that_is_down_or_a_key_that_is_missing_is_told(
    made: Repository, say: Say, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = f"http://127.0.0.1:{refused_port()}"
    target(made, node=node, acts="freeze")
    folder = run(made, BEGAN, CERTAIN, nodes=(node,))
    status, told = say(folder, "--send")
    assert (status, "NOT DONE: unreachable" in told) == (UNDELIVERED, True)
    monkeypatch.delenv("JUNZI_CONTROL_KEY")
    assert "the environment variable JUNZI_CONTROL_KEY with the key is not set" in say(folder, "--send")[1]


def test_withholding_reports_the_incident_and_leaves_the_group_to_people(
    made: Repository, say: Say, listener: Listener
) -> None:
    target(made, node=listener.node, acts="withhold", procedure="bias-anomaly")
    telling.plane(listener)
    folder = run(made, BEGAN, record(BEAT, BREACHED, "r.", BEGAN, weighed(7_300)), nodes=(listener.node,))
    assert "incident inc-1 reported; nothing is withheld by us: which group" in say(folder, "--send")[1]
    assert acts(listener) == ["/eirp/report-incident"]
    assert "already done " in say(folder, "--send")[1]


def test_a_target_without_the_table_says_so(made: Repository, say: Say) -> None:
    made.write("targets/here.toml", 'environment = "recorded"\n')
    status, told = say(run(made, BEGAN, record(BEAT, BREACHED)))
    assert (status, "no [escalation] table" in told) == (cli.MISTAKE, True)
