"""What a target's file says of tickets, packages and advisories, and every mistake a person can make in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from junzi_audit import plan, targets
from junzi_audit.seen.tickets import DAYS
from tests.synthetic import ROOT

DUTIES = plan.load(ROOT / "obligations").obligations
OWNER = next(duty.owner for duty in DUTIES if duty.id == "monthly.security-patches")
LIVE = 'environment = "live"\n[nodes]\nprimary = "https://node.example"\n'
TRACKER = '[tracker]\nkind = "gitlab"\nurl = "https://t.example/api/v4/projects/a%2Fb"\ntoken_env = "T"\n'
ADVISORIES = '[advisories]\npath = "advisories.zip"\n'
ACCEPTED = f"""
[[advisories.accepted]]
id       = "CVE-1"
reason   = "Not reachable from outside."
approver = "{OWNER}"
expires  = 2026-12-01T00:00:00Z
"""


def load(folder: Path, text: str) -> targets.Target:
    (folder / "mine.toml").write_text(text)
    return targets.load(folder, "mine", DUTIES)


def test_a_whole_file_is_taken_with_the_usual_days(tmp_path: Path) -> None:
    words = LIVE + TRACKER + '[tracker.severities]\n"severity::high" = "high"\n' + ADVISORIES + ACCEPTED
    target = load(tmp_path, words + '[packages]\nurl = "/sbom.json"\n')
    assert target.tracker is not None
    assert target.advisories is not None
    assert (target.tracker.days, target.tracker.severities) == (DAYS, {"severity::high": "high"})
    assert (target.advisories.days, target.advisories.accepted[0].id) == (DAYS, "CVE-1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TRACKER.replace("gitlab", "gitlob"), "[tracker] kind"),
        (TRACKER.replace("token_env", "token"), "[tracker] token"),
        (TRACKER.replace("https://", "https://me:word@"), "[tracker] url:"),
        (TRACKER.replace("https://t.example", "//t.example"), "[tracker] url:"),
        (TRACKER.replace("%2Fb", "?private_token=x"), "[tracker] url:"),
        (TRACKER + '[tracker.severities]\nP1 = "urgent"\n', "[tracker] severities.P1"),
        (TRACKER + "[tracker.days]\ncritical = 2\n", "[tracker.days] high: missing"),
        (TRACKER + "[tracker.days]\ncritical = 9\nhigh = 7\nmedium = 30\nlow = 90\n", "[tracker.days] must be above 0"),
        (TRACKER + "[tracker.days]\ncritical = 0\nhigh = 7\nmedium = 30\nlow = 90\n", "[tracker.days] must be above 0"),
        ("[packages]\n", "[packages] needs either url or path"),
        ('[packages]\nurl = "/a"\npath = "a"\n', "[packages] needs either url or path"),
        ('[packages]\nurl = "a"\n', "[packages] url: 'a' is neither"),
        (ADVISORIES + "stale_days = 0\n", "[advisories] stale_days: 0 is no number of days"),
        (ADVISORIES + "stale_days = nan\n", "[advisories] stale_days: nan is no number of days"),
        (ADVISORIES + "[advisories.days]\ncritical = 2\nhigh = nan\nmedium = 30\nlow = 90\n", "[advisories.days] must"),
        (ADVISORIES + ACCEPTED.replace(OWNER, "Somebody"), f"only the duty's owner, {OWNER!r}, may accept it"),
        (ADVISORIES + ACCEPTED.replace("00Z", "00"), "expires is an instant with a zone"),
        (ADVISORIES + ACCEPTED.replace("Not reachable from outside.", "later"), "reason: say in a sentence why"),
        (ADVISORIES + ACCEPTED.replace('reason   = "Not reachable from outside."', ""), "reason"),
    ],
)  # fmt: skip
def test_a_mistake_names_the_file_and_the_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(targets.TargetError, match=re.escape(told)) as raised:
        load(tmp_path, LIVE + text)
    assert str(tmp_path / "mine.toml") in str(raised.value)
