"""Targets: the repository's own, and every mistake a person can make in one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from junzi_audit import plan, targets
from junzi_audit.model import WAIVER_DAYS, Environment, Impact
from tests.synthetic import ROOT

DUTIES = plan.load(ROOT / "obligations").obligations
LIVE = 'environment = "live"\n[nodes]\nprimary = "https://node.example"\n'
HIGH = next(duty for duty in DUTIES if duty.impact is Impact.HIGH)
WAIVER = f"""
[waivers."{HIGH.id}"]
reason   = "The part is being replaced."
approver = "{HIGH.owner}"
granted  = 2026-01-01T00:00:00Z
expires  = 2026-01-15T00:00:00Z
"""


API = '[api]\nbase    = "/v1"\nkey_env = "KEY"\n'
LAUNCHED = 'environment = "embedded"\n[launch]\ncommand = ["{python}"]\n'
GROUPS = """[decisions]
attributes = ["party"]
[transparency]
first = 2026-01-01
[transparency.groups]
party = ["A", "B"]
"""


def load(folder: Path, text: str, word: str = "mine") -> targets.Target:
    (folder / "mine.toml").write_text(text)
    return targets.load(folder, word, DUTIES)


@pytest.mark.parametrize("file", sorted((ROOT / "targets").glob("*.toml")), ids=lambda file: file.stem)
def test_the_repositorys_targets_are_whole_and_hold_no_secret(file: Path) -> None:
    target = targets.load(ROOT / "targets", file.stem, DUTIES)
    assert target.name == file.stem
    assert len(target.digest) == 64
    assert not re.search(r"(?im)^\s*(password|secret|token|key)\s*=", file.read_text())


def test_a_recorded_target_needs_no_node_and_may_narrow_what_is_due(tmp_path: Path) -> None:
    target = load(tmp_path, 'environment = "recorded"\nscope = ["daily.bias-drift"]\n')
    assert (target.nodes.primary, target.scope) == ("", ("daily.bias-drift",))


def test_holidays_are_dates(tmp_path: Path) -> None:
    target = load(tmp_path, LIVE + "[calendar]\nholidays = [2026-12-25]\n")
    assert target.calendar.holidays == (date(2026, 12, 25),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ": environment: missing"),
        ('environment = "lvie"\n', ": environment: 'lvie' is not possible; did you mean 'live'?"),
        ('environment = "live"\n', "[nodes] primary: missing, and there is no [launch] either"),
        (LIVE + "timeout = 3\n", "[nodes] timeout: unknown key"),
        (LIVE + '[audit]\nkeyenv = "X"\n', "[audit] keyenv: unknown key; did you mean 'key_env'?"),
        (LIVE + '[metrics]\nhistory = "prometeus"\n', "[metrics] history: 'prometeus' is not possible; did you"),
        ('scope = ["daily.bias-drift"]\n' + LIVE, "scope: only a recorded data set may narrow what is due"),
        ('scope = ["daily.bias-drfit"]\nenvironment = "recorded"\n', "did you mean 'daily.bias-drift'?"),
        (LIVE.replace("https://node", "https://me:word@node"), "is not an http(s) URL without a password"),
        (LIVE.replace("https://node.example", "node.example"), "is not an http(s) URL without a password"),
        (LIVE.replace("https", "ftp"), "is not an http(s) URL without a password"),
        (LIVE + WAIVER.replace(HIGH.id, "daily.nothing"), "no duty 'daily.nothing'"),
        (LIVE + WAIVER.replace(HIGH.owner, HIGH.escalates_to), f"only the duty's owner, {HIGH.owner!r}, may waive it"),
        (LIVE + WAIVER.replace("2026-01-15", "2026-01-16"), "lasts 15 days; a duty of high impact may"),
        (LIVE + WAIVER.replace("2026-01-15", "2025-01-15"), "may be waived for at most 14"),
        (LIVE + WAIVER.replace("00:00:00Z", "00:00:00"), "instants with a zone"),
        (LIVE + WAIVER.replace("The part is being replaced.", "Later"), "reason: say in a sentence why"),
        (LIVE + WAIVER.replace("granted", "from"), "unknown key"),
        (LIVE + API.replace("/v1", "v1"), "[api] base: 'v1' does not begin with a slash"),
        (LIVE + API.replace("/v1", "/"), "[api] base: '/' does not begin with a slash, or ends with one"),
        (LIVE + API.replace("/v1", "/v1/"), "or ends with one"),
        (LIVE + API.replace("/v1", "//elsewhere.example"), "[api] base"),
        (LIVE + API.replace("/v1", "/v1?x=1"), "[api] base"),
        (LIVE + API.replace("[api]", "[audit]").replace("/v1", ".example/v1"), "[audit] base: '.example/v1'"),
        (LIVE + API.replace("[api]", "[control]").replace("/v1", "v1"), "[control] base: 'v1'"),
        (LIVE + API.replace('"KEY"', '""'), "[api] key_env: name an environment variable there"),
        (LIVE + API.replace('"KEY"', '"A=B"'), "[api] key_env: name an environment variable there"),
        (LIVE + API.replace("base    = \"/v1\"\n", ""), "[api] base: missing"),
        (LIVE + API + "read_seconds = -1\n", "[api] read_seconds: -1 is no number above 0"),
        (LIVE + API + "total_seconds = nan\n", "[api] total_seconds: nan is no number above 0"),
        (LIVE + API + "max_megabytes = 0\n", "[api] max_megabytes: 0 is no number above 0"),
        (LIVE + '[attestations]\nkind = "url"\nurl = "/x"\ntoken_env = "se-cret"\n', "token_env: name an environment"),
        (LIVE + "[concerns]\npages = true\n", "[concerns] pages: must be a whole number, found True"),
        (LIVE + "[calendar]\nholidays = 3\n", "[calendar] holidays: must be a list, found 3"),
        (LIVE + "[escalation]\ndry_run = \"no\"\n", "[escalation] dry_run: must be true or false, found 'no'"),
        (LIVE + "[escalation]\n", "[[escalation.rules]]: there is none, so nobody would ever be told"),
        (LIVE + GROUPS.replace("\nparty", "\npartty"), "partty: no attribute of [decisions]; did you"),
        (LIVE + GROUPS.replace("2026", "2999"), "[transparency] first: 2999-01-01 is more than a year ahead"),
        (LAUNCHED.replace("{python}", "{pyhton}"), "[launch] command: nothing fills in {pyhton}; did you"),
        (LAUNCHED + "[regression]\nkeys = 2\nlaunch = ['{prot}']\n", "nothing fills in {prot}; did you mean 'port'?"),
    ],
)  # fmt: skip
def test_a_mistake_names_the_file_and_what_is_possible(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(targets.TargetError, match=re.escape(told)) as raised:
        load(tmp_path, text)
    assert str(tmp_path / "mine.toml") in str(raised.value)


def test_a_mistaken_key_is_never_repeated(tmp_path: Path) -> None:
    with pytest.raises(targets.TargetError) as raised:
        load(tmp_path, LIVE + API.replace("KEY", "the-secret-itself"))
    assert "the-secret-itself" not in str(raised.value)


def test_the_control_plane_may_be_a_key_alone_and_what_is_sound_is_taken(tmp_path: Path) -> None:
    target = load(tmp_path, LIVE + API + '[control]\nkey_env = "OTHER"\n' + GROUPS)
    assert (target.control.base, target.control.key_env, target.api.base) == ("", "OTHER", "/v1")
    assert target.audit.base == "/junzi/audit/v1"


@pytest.mark.parametrize("days", [1, WAIVER_DAYS[Impact.HIGH]])
def test_a_waiver_within_its_time_is_taken(tmp_path: Path, days: int) -> None:
    target = load(tmp_path, LIVE + WAIVER.replace("2026-01-15", f"2026-01-{1 + days:02}"))
    assert target.waiver_for(HIGH) is not None
    assert target.waiver_for(next(duty for duty in DUTIES if duty is not HIGH)) is None


def test_the_more_a_breach_hurts_the_shorter_it_may_be_waived() -> None:
    longest = [WAIVER_DAYS[impact] for impact in (Impact.LOW, Impact.MEDIUM, Impact.HIGH, Impact.CRITICAL)]
    assert longest == sorted(longest, reverse=True)


def test_a_url_is_a_live_target_of_its_own_without_anybodys_waivers(tmp_path: Path) -> None:
    (tmp_path / "live.toml").write_text(
        LIVE + '[metrics]\nhistory = "prometheus"\nurl = "https://p.example"\n' + WAIVER
    )
    target = targets.load(tmp_path, "https://Other.example:8443/", DUTIES)
    assert target.environment is Environment.LIVE
    assert (target.name, target.nodes.primary) == ("other-example-8443", "https://Other.example:8443")
    assert (target.nodes.secondaries, target.waivers, target.metrics.history) == ((), {}, "node")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("../live", "neither the name of a file"), ("Live", "neither the name of a file"),
        ("liv", "did you mean 'live.toml'?"), ("https://u:p@node.example", "must not carry a user or password"),
        ("https://", "names no host"), ("file:///etc/passwd", "neither the name of a file"),
    ],
)  # fmt: skip
def test_a_word_that_is_no_target_is_told(tmp_path: Path, word: str, told: str) -> None:
    (tmp_path / "live.toml").write_text(LIVE)
    with pytest.raises(targets.TargetError, match=re.escape(told)):
        targets.load(tmp_path, word, DUTIES)


def test_a_running_node_cannot_be_called_recorded_to_narrow_its_scope(tmp_path: Path) -> None:
    (tmp_path / "zz.toml").write_text(
        'environment = "recorded"\nscope = ["daily.bias-drift"]\n[nodes]\nprimary = "http://127.0.0.1:9"\n'
    )
    with pytest.raises(targets.TargetError, match="a node owes the whole plan"):
        targets.load(tmp_path, "zz", DUTIES)
