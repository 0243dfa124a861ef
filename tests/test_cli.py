"""The words a person types, and what is said to each mistake."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from junzi_audit import cli, plan
from junzi_audit.commands import fetch
from junzi_audit.evidence import results
from junzi_audit.findings import Record, RunEnd, RunHeader
from junzi_audit.model import Cadence, Cause, Environment, Verdict
from junzi_audit.seen import counts, histograms
from junzi_audit.seen.counts import AttributeCounts, Counts, GroupCounts
from junzi_audit.seen.histograms import Histogram
from junzi_audit.seen.tally import Tally
from tests.remembering import remembering
from tests.synthetic import ROOT, Repository

Say = Callable[..., tuple[int, str, str]]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = "DevOps / SRE Team"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository").duty("daily.one").duty("daily.two", None).duty("weekly.three", None)


@pytest.fixture
def say(repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Say words inside the repository; get the status and what was answered, on both streams."""
    monkeypatch.chdir(repository.root / "suites" / "daily")

    def speak(*words: str) -> tuple[int, str, str]:
        try:
            status = cli.main(words)
        except SystemExit as error:
            status = int(error.code or 0)
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return status, told.out, told.err

    return speak


def a_run(
    repository: Repository, name: str, *verdicts: Verdict, finished: bool = True, notes: tuple[str, ...] = ()
) -> Path:
    """A run's directory, its duties in the plan's order."""
    folder = repository.root / "reports" / name
    folder.mkdir(parents=True)
    duties = ("daily.one", "daily.two")
    header = RunHeader(
        run=name, started=NOW, target="embedded", environment=Environment.RECORDED, nodes=(), cadences=(Cadence.DAILY,),
        due=duties, plan_digest=plan.load(repository.root / "obligations").digest, target_digest="t",
        baseline_digests={}, versions={}, seed=1, notes=notes,
    )  # fmt: skip
    results.append(folder, header)
    for duty, verdict in zip(duties, verdicts, strict=False):
        cause = Cause.NO_CHECK if verdict is Verdict.OVERDUE else None
        results.append(folder, Record(duty=duty, verdict=verdict, reason="r.", started=NOW, seconds=1, cause=cause))
    if finished:
        results.append(folder, RunEnd(finished=NOW, verdict=verdicts[0], exit_status=0))
    return folder


# ---------------------------------------------------------------- as a program


def test_it_is_a_program_and_a_module_and_knows_its_version() -> None:
    for command in (["-m", "junzi_audit"], [str(Path(sys.executable).parent / "junzi-audit")]):
        done = subprocess.run([sys.executable, *command, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout.startswith("junzi-audit ")


def test_a_reader_that_stops_reading_is_no_error() -> None:
    script = f"{sys.executable} -m junzi_audit plan --json | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


def test_no_verb_loads_what_it_does_not_use() -> None:
    code = (
        "import sys; from junzi_audit import cli; cli.main(['plan']);"
        "heavy = {'matplotlib', 'fairlearn', 'duckdb', 'jinja2', 'httpx2', 'numpy', 'pandas'} & set(sys.modules);"
        "sys.exit(' '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [(), ("plna",), ("plan", "--nothing"), ("report",), ("baseline",), ("new", "a", "b")])
def test_words_it_does_not_know_are_told(say: Say, words: tuple[str, ...]) -> None:
    status, _, told = say(*words)
    assert status == cli.MISTAKE
    assert "usage: junzi-audit" in told


@pytest.mark.parametrize("words", [("plan",), ("report", "latest"), ("new", "daily.x"), ("baseline", "list")])
def test_outside_a_repository_it_says_so(
    say: Say, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, told = say(*words)
    assert status == cli.MISTAKE
    assert "no obligations/ here or in a folder above" in told


# ---------------------------------------------------------------- plan


@pytest.mark.parametrize("width", [80, 160])
def test_the_plan_fits_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", str(width))
    assert cli.main(["plan"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    for duty in plan.load(ROOT / "obligations").obligations:
        (line,) = (line for line in lines if line.split()[:1] == [duty.id])
        assert line.startswith(f"  {duty.id}  ")


def test_the_plan_says_what_nobody_checks(say: Say) -> None:
    status, told, _ = say("plan")
    assert status == 0
    assert "DAILY: 2 duties, 1 with no check yet" in told
    assert "WEEKLY: 1 duty, 1 with no check yet" in told
    assert "bad <= 1 items" in told
    assert "In all: 3 duties, 2 with no check yet; 3 measured; 3 limits." in told
    assert told.count("· no check yet") == 2


def test_the_plan_as_data_is_whole(say: Say) -> None:
    status, told, _ = say("plan", "--json", "--cadence", "daily")
    whole = json.loads(told)
    assert (status, whole["checked"], whole["unchecked"]) == (0, 1, 1)
    assert [duty["check"] for duty in whole["duties"]] == ["suites/daily/test_one.py", None]
    assert whole["duties"][0]["limits"][0]["bound"] == {"comparator": "<=", "value": 1.0}


def test_a_cadence_that_is_none_and_a_plan_that_is_wrong_are_told(say: Say, repository: Repository) -> None:
    assert "did you mean 'weekly'?" in say("plan", "--cadence", "weeky")[2]
    repository.write("obligations/daily.toml", "[one]\n")
    status, _, told = say("plan")
    assert status == cli.MISTAKE
    assert "[one] limits: a duty without a limit cannot be judged" in told


# ---------------------------------------------------------------- report


@pytest.mark.parametrize(
    ("verdicts", "finished", "status"),
    [
        ((Verdict.MET, Verdict.MET), True, 0), ((Verdict.MET, Verdict.MET), False, 20), ((Verdict.MET,), False, 20),
        ((Verdict.BREACHED, Verdict.MET), True, 1), ((Verdict.BREACHED,), False, 1), ((), False, 20),
        ((Verdict.INCONCLUSIVE, Verdict.MET), True, 20), ((Verdict.AWAITING, Verdict.MET), True, 21),
        ((Verdict.OVERDUE, Verdict.MET), True, 21), ((Verdict.WAIVED, Verdict.MET), True, 0),
        ((Verdict.OVERDUE, Verdict.MET), False, 20),
    ],
)  # fmt: skip
def test_a_report_ends_with_the_runs_own_status(
    say: Say, repository: Repository, verdicts: tuple[Verdict, ...], finished: bool, status: int
) -> None:
    folder = a_run(repository, "r1", *verdicts, finished=finished)
    found, told, _ = say("report", "r1")
    assert found == status
    assert (folder / "report.html").is_file()
    assert "report:   " in told
    assert ("INCOMPLETE RUN" in told) is not finished


def test_a_torn_line_is_told_and_never_green(say: Say, repository: Repository) -> None:
    folder = a_run(repository, "r1", Verdict.MET, Verdict.MET)
    file = folder / results.NAME
    file.write_text(file.read_text()[:-9])
    status, told, _ = say("report", str(folder))
    assert status == 20
    assert "cannot be read at line 4" in told
    file.write_text(file.read_text() + "\n" + results.encode(RunEnd(finished=NOW, verdict=Verdict.MET, exit_status=0)))
    assert say("report", str(folder))[0] == 20, "a damaged line may have held anything"


def test_latest_is_the_newest_run(say: Say, repository: Repository) -> None:
    for age, name in ((9, "z-old"), (1, "a-new")):
        file = a_run(repository, name, Verdict.MET, Verdict.MET) / results.NAME
        then = (datetime.now(UTC) - timedelta(hours=age)).timestamp()
        os.utime(file, (then, then))
    assert "a-new/report.html" in say("report", "latest")[1]


def test_a_plan_that_changed_since_is_noted(say: Say, repository: Repository) -> None:
    a_run(repository, "r1", Verdict.MET, Verdict.MET)
    repository.duty("daily.four", None)
    assert "obligations/ changed since this run" in say("report", "r1")[1]


def test_a_run_that_is_none_is_told(say: Say, repository: Repository) -> None:
    assert "no run is kept here yet" in say("report", "latest")[2]
    a_run(repository, "20260301-embedded", Verdict.MET)
    assert "did you mean '20260301-embedded'?" in say("report", "20260301-embeded")[2]
    status, _, told = say("report", str(repository.root))
    assert (status, "no results.jsonl here" in told) == (cli.MISTAKE, True)


# ---------------------------------------------------------------- new


def test_a_new_duty_is_a_table_and_a_check_that_is_inconclusive(say: Say, repository: Repository) -> None:
    status, told, _ = say("new", "monthly.my-duty")
    assert status == 0
    assert "next:" in told
    duty = plan.load(repository.root / "obligations")["monthly.my-duty"]
    assert [limit.name for limit in duty.limits] == ["wrong_share"]
    audited = repository.audit("-m", "monthly")
    assert audited.status == 20
    assert audited.last["my-duty"].cause is Cause.NOT_CONFIGURED
    assert "this check is not written yet" in audited.last["my-duty"].reason


def test_a_duty_of_the_plan_gets_its_check_only(say: Say, repository: Repository) -> None:
    before = (repository.root / "obligations/daily.toml").read_bytes()
    assert say("new", "daily.two")[0] == 0
    assert (repository.root / "obligations/daily.toml").read_bytes() == before
    written = (repository.root / "suites/daily/test_two.py").read_text()
    assert "bad=unwritten,  # <= 1 items" in written
    assert "def test_nothing_of_two_is_bad(" in written
    assert repository.audit("-m", "daily").last["two"].cause is Cause.NOT_CONFIGURED


def test_a_table_is_added_behind_whatever_stands_there(say: Say, repository: Repository) -> None:
    file = repository.root / "obligations/daily.toml"
    file.write_text(file.read_text() + "# the last word")
    say("new", "daily.another")
    assert list(tomllib.loads(file.read_text())) == ["one", "two", "another"]
    assert "# the last word\n" in file.read_text()


@pytest.mark.parametrize("duty", plan.load(ROOT / "obligations").obligations, ids=lambda duty: duty.id)
def test_the_check_of_every_duty_of_the_plan_can_be_begun(duty: plan.Obligation) -> None:
    from junzi_audit.commands.scaffold import check

    text = check(duty)
    compile(text, duty.id, "exec")
    assert max(map(len, text.splitlines())) <= 120
    assert all(f"{limit.name}=unwritten," in text for limit in duty.limits)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("daily.one", "has its check already; nothing is overwritten"), ("weakly.x", "did you mean 'weekly'?"),
        ("two", "possible: daily.two"), ("nothing", "possible: heartbeat.nothing, daily.nothing"),
        ("daily.Two", "lower-case words joined by hyphens"), ("daily.", "lower-case"), ("daily.../x", "lower-case"),
        ("daily.stray", "though the plan has no duty daily.stray"),
    ],
)  # fmt: skip
def test_nothing_is_overwritten_and_no_name_is_guessed(say: Say, repository: Repository, word: str, told: str) -> None:
    repository.write("suites/daily/test_stray.py", "# mine\n")
    before = {path: path.read_bytes() for path in repository.root.rglob("*") if path.is_file()}
    status, _, said = say("new", word)
    assert status == cli.MISTAKE
    assert told in said
    assert {path: path.read_bytes() for path in repository.root.rglob("*") if path.is_file()} == before


def test_a_name_close_to_another_is_pointed_out(say: Say) -> None:
    assert "did you mean 'weekly.three'?" in say("new", "weekly.thre")[1]


# ---------------------------------------------------------------- baseline


def propose(run: Path, **changes: object) -> Path:
    path = run / "proposals" / "norm.json"
    path.parent.mkdir(exist_ok=True)
    code = {"version": "0.1.0", "check": "c" * 64, "plan": "p" * 64, "target": "t" * 64}
    window = {"since": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}
    whole = {
        "name": "norm", "duty": "daily.one", "target": "embedded", "value": {"mean": 4}, "n": 56, "window": window,
        "query": ["GET http://node:1/decisions?since=1"], "model": ["risk-1"], "code": code, **changes,
    }  # fmt: skip
    path.write_text(json.dumps(whole))
    return path


def columns(told: str) -> dict[str, list[str]]:
    """The cells of a printed table after its headings, by the first one."""
    rows = [re.split(r"  +", line.strip()) for line in told.splitlines()[1:]]
    return {row[0]: row[1:] for row in rows}


def approval(*words: str, by: str = OWNER, why: str = "A quiet week.") -> tuple[str, ...]:
    return ("baseline", "approve", "r1", "norm", "--approver", by, "--why", why, *words)


def test_a_proposal_is_approved_listed_expires_and_is_noticed_when_edited(say: Say, repository: Repository) -> None:
    propose(a_run(repository, "r1", Verdict.MET))
    assert "no baseline is stored" in say("baseline", "list")[1]
    status, told, _ = say(*approval("--days", "30"))
    assert status == 0
    assert "baselines/embedded/norm.json" in told
    file = repository.root / "baselines/embedded/norm.json"
    stored = json.loads(file.read_text())
    assert (stored["run"], stored["seen"], stored["approver"]) == ("r1", "2026-03-01T12:00:00.000Z", OWNER)

    (row,) = (line for line in say("baseline", "list")[1].splitlines() if line.startswith("embedded/norm"))
    assert row.endswith("valid")
    assert OWNER in row
    file.write_text(file.read_text().replace('"mean": 4', '"mean": 5'))
    assert "edited by hand" in say("baseline", "list")[1]
    file.write_text("{")
    assert "unreadable: " in say("baseline", "list")[1]


def test_an_expired_baseline_is_listed_as_such(
    say: Say, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(a_run(repository, "r1", Verdict.MET))
    say(*approval("--days", "1"))

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(days=2)

    monkeypatch.setattr("junzi_audit.commands.baseline.datetime", Later)
    assert say("baseline", "list")[1].splitlines()[1].endswith("expired")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (approval(by="Infrastructure Team"), f"only '{OWNER}', who owns daily.one, may approve"),
        (approval(why="ok"), "say in a sentence why"),
        (approval("--days", "0"), "holds for 1 to 3660 days"), (approval("--days", "4000"), "holds for 1 to 3660 days"),
        (("baseline", "approve", "r1", "nrm", *approval()[4:]), "no proposal is called 'nrm'; did you mean 'norm'?"),
        (("baseline", "approve", "r1", "../norm", *approval()[4:]), "no proposal is called '../norm'"),
        (("baseline", "approve", "r2", "norm", *approval()[4:]), "no such directory"),
        (("baseline", "approve", "broken", "norm", *approval()[4:]), "what a broken node shows is no normal"),
        (("baseline", "approve", "bare", "norm", *approval()[4:]), "holds no proposals"),
    ],
)  # fmt: skip
def test_what_may_not_be_approved_is_not_stored(
    say: Say, repository: Repository, words: tuple[str, ...], told: str
) -> None:
    propose(a_run(repository, "r1", Verdict.MET))
    propose(a_run(repository, "broken", Verdict.MET, notes=("fault planted in the node: hang",)))
    a_run(repository, "bare", Verdict.MET)
    status, _, said = say(*words)
    assert status == cli.MISTAKE
    assert told in said
    assert not (repository.root / "baselines").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"target": "live"}, "proposes live/norm, but the run looked at embedded"),
        ({"target": "../.."}, "but the run looked at embedded"), ({"name": "../norm"}, "proposes embedded/../norm"),
        ({"duty": "daily.onne"}, "did you mean 'daily.one'?"), ({"value": 3}, "[proposals] value"),
        ({"valeu": 3}, "did you mean 'value'?"), ({"n": 0}, "norm was made from 0 records"),
        ({"code": {}}, "[proposals] code.version: missing"), ({"window": {"since": "x"}}, "[proposals] window.since"),
    ],
)  # fmt: skip
def test_a_proposal_of_something_else_is_refused(
    say: Say, repository: Repository, change: dict[str, object], told: str
) -> None:
    propose(a_run(repository, "r1", Verdict.MET), **change)
    status, _, said = say(*approval())
    assert status == cli.MISTAKE
    assert told in said


def test_a_baseline_of_no_duty_is_listed_as_such(say: Say, repository: Repository) -> None:
    propose(a_run(repository, "r1", Verdict.MET))
    say(*approval())
    plan_file = repository.root / "obligations/daily.toml"
    plan_file.write_text(plan_file.read_text().replace("[one", "[won"))
    assert say("baseline", "list")[1].splitlines()[1].endswith("of no duty")


def compared(say: Say, repository: Repository, *changes: dict[str, object]) -> tuple[int, dict[str, list[str]]]:
    """What ``diff`` says of two proposals, the first of which is stored."""
    for name, change in zip(("r1", "r2"), changes, strict=True):
        propose(a_run(repository, name, Verdict.MET), **change)
    assert say(*approval())[0] == 0
    status, told, said = say("baseline", "diff", "r2", "norm")
    assert said == ""
    assert max(map(len, told.splitlines())) <= 190
    return status, columns(told)


def test_a_proposal_like_the_stored_one_differs_in_nothing(say: Say, repository: Repository) -> None:
    elsewhere = {"query": ["GET http://node:2/decisions?since=2"]}
    assert compared(say, repository, {}, elsewhere) == (0, {})
    assert "does not differ from what is stored" in say("baseline", "diff", "r2", "norm")[1]


def test_figures_differ_by_how_much(say: Say, repository: Repository) -> None:
    old = {"mean": 4.0, "days": 56, "kind": "daily", "zero": 0, "same": 1, "parts": [{"name": "a", "n": 1}], "gone": 2}
    new = {"mean": 4.5, "days": 28, "kind": "hourly", "zero": 2, "same": 1, "parts": [{"name": "a", "n": 3}]}
    assert compared(say, repository, {"value": old}, {"value": new}) == (
        1,
        {
            "parts · a · n": ["1", "3", "+2", "+200%"], "mean": ["4", "4.5", "+0.5", "+12.5%"],
            "days": ["56", "28", "-28", "-50%"], "kind": ["daily", "hourly"], "zero": ["0", "2", "+2"],
            "gone": ["2", "–"],
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"n": 28}, {"records": ["56", "28", "-28", "-50%"]}),
        ({"window": None}, {"since": ["2026-02-01 00:00:00Z", "–"], "until": ["2026-03-01 00:00:00Z", "–"]}),
        ({"model": ["risk-1", "risk-2"]}, {"model": ["risk-1", "risk-1, risk-2"]}),
        (
            {"query": ["GET /other?since=1"]},
            {"question GET /decisions": ["there", "–"], "question GET /other": ["–", "there"]},
        ),
        (
            {"code": {"version": "0.2.0", "check": "d" * 64, "plan": "p" * 64, "target": "t" * 64}},
            {"version of JUNZI Audit": ["0.1.0", "0.2.0"], "check's file": ["c" * 12, "d" * 12]},
        ),
    ],
    ids=["n", "window", "model", "query", "code"],
)  # fmt: skip
def test_how_the_value_came_about_differs_too(
    say: Say, repository: Repository, change: dict[str, object], told: dict[str, list[str]]
) -> None:
    assert compared(say, repository, {}, change) == (1, told)


def test_a_histogram_of_a_thousand_cells_differs_in_a_page(say: Say, repository: Repository) -> None:
    old = Histogram(low=0, high=1024, counts=(10,) * 1024)
    new = Histogram(low=0, high=1024, counts=(10,) * 512 + (10 + 30,) + (10,) * 500 + (9,) * 11, above=4, missing=3)
    values = [{"value": {"scores": histograms.to_json(each)}} for each in (old, new)]
    status, told = compared(say, repository, *values)
    assert status == 1
    assert told["scores · n"] == ["10,240", "10,263", "+23", "+0.2246%"]
    assert told["scores · share of 512 to 513"] == ["0.0977%", "0.39%", "+0.2921 points", "+299.1%"]
    assert told["scores · share of above 1024"] == ["0%", "0.039%", "+0.03897 points"]
    assert told["scores · missing"] == ["0", "3", "+3"]
    assert told["… 1,015 more of scores shares"] == []
    assert len(told) == 1 + 10 + 1 + 1
    assert list(told)[1] == "scores · share of 512 to 513", "the largest first"


def test_cells_that_are_not_the_same_are_not_compared_one_by_one(say: Say, repository: Repository) -> None:
    grids = [Histogram(low=0, high=high, counts=(5,) * 20) for high in (1, 2)]
    values = [{"value": {"scores": histograms.to_json(each)}} for each in grids]
    assert compared(say, repository, *values) == (1, {"scores · cells": ["0 to 1 in 20", "0 to 2 in 20"]})


def tallied(groups: dict[str, tuple[int, int]]) -> dict[str, object]:
    """Group counts of one attribute as a baseline stores them: decisions and selected, none with an outcome."""
    none = Tally(n=0, hits=0, clusters=0, hits_squared=0, hits_by_size=0, size_squared=0)
    rows = [
        GroupCounts(
            group=name, positives=none, negatives=none, labels=none, precision=none,
            selection=Tally(n=n, hits=hits, clusters=n, hits_squared=hits, hits_by_size=hits, size_squared=n),
        )
        for name, (n, hits) in sorted(groups.items())
    ]  # fmt: skip
    attribute = AttributeCounts(name="party", groups=tuple(rows), excluded=())
    return {"value": counts.to_json(Counts(rows=sum(n for n, _ in groups.values()), attributes=(attribute,)))}


def test_forty_groups_differ_in_a_page(say: Say, repository: Repository) -> None:
    old = {f"g{at:02}": (100, 20) for at in range(40)}
    new = {**{f"g{at:02}": (100 + at, 20) for at in range(1, 40)}, "fresh": (77, 7)}
    status, told = compared(say, repository, tallied(old), tallied(new))
    assert status == 1
    assert told["n"] == ["4,000", "4,757", "+757", "+18.93%"]
    assert told["party · g00"] == ["100", "–"]
    assert told["party · fresh"] == ["–", "77"]
    assert told["party · share of g39"] == ["2.5%", "2.92%", "+0.422 points", "+16.88%"]
    assert told["party · selection rate of g39"] == ["20%", "14.4%", "-5.612 points", "-28.06%"]
    assert told["… 29 more of party rates"] == []
    assert len(told) < 30


def test_what_no_figure_tells_apart_is_told_to_differ(say: Say, repository: Repository) -> None:
    old, new = tallied({"a": (100, 20)}), tallied({"a": (100, 20)})
    new["value"]["attributes"][0]["groups"][0]["selection"]["clusters"] = 50  # type: ignore[index]
    assert compared(say, repository, old, new) == (1, {"value": ["there", "differs in details"]})


def test_counts_by_kind_differ_by_their_shares(say: Say, repository: Repository) -> None:
    old = {"value": {"counts": {"a": 30, "b": 70, "gone": 3}, "missing": 0}}
    new = {"value": {"counts": {"a": 60, "b": 40, "\u001b[31mnew": 3}, "missing": 0}}
    assert compared(say, repository, old, new) == (
        1,
        {
            "counts · share of a": ["29.1%", "58.3%", "+29.13 points", "+100%"],
            "counts · share of b": ["68%", "38.8%", "-29.13 points", "-42.86%"],
            "counts · gone": ["3", "–"], "counts · ⟦U+001B⟧[31mnew": ["–", "3"],
        },
    )  # fmt: skip


def test_a_first_proposal_is_all_new_and_an_edited_one_is_told(say: Say, repository: Repository) -> None:
    propose(a_run(repository, "r1", Verdict.MET))
    status, told, _ = say("baseline", "diff", "r1", "norm")
    assert (status, told.splitlines()[0]) == (1, "embedded/norm: nothing is stored yet, so all of it would be new")
    assert columns("\n".join(told.splitlines()[1:]))["mean"] == ["–", "4"]
    say(*approval())
    file = repository.root / "baselines/embedded/norm.json"
    file.write_text(file.read_text().replace('"mean": 4', '"mean": 5'))
    status, told, _ = say("baseline", "diff", "r1", "norm")
    assert (status, "was edited by hand" in told) == (1, True)
    file.write_text("{")
    assert say("baseline", "diff", "r1", "norm")[0] == cli.MISTAKE
    assert say("baseline", "diff", "r1", "nrm")[0] == cli.MISTAKE


@pytest.fixture
def remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = remembering(tmp_path / "remembering")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return made


def test_propose_runs_the_checks_and_says_what_comes_next(
    say: Say, remembered: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(remembered.root)
    status, told, said = say("baseline", "propose")
    assert (status, said) == (0, "")
    running, wrote, following, then = told.splitlines()
    assert running == "running  daily.one on embedded"
    (run,) = (remembered.root / "reports").iterdir()
    assert wrote == f"wrote    reports/{run.name}/proposals/norm.json"
    assert following == f"next:    junzi-audit baseline diff {run.name} norm"
    assert then.startswith(f'then:    junzi-audit baseline approve {run.name} norm --approver "{OWNER}"')
    assert say("baseline", "diff", run.name, "norm")[0] == 1
    assert say("baseline", "approve", run.name, "norm", "--approver", OWNER, "--why", "A quiet week.")[0] == 0
    assert say("baseline", "propose", "norm", "--target", "embedded")[0] == 0
    assert say("baseline", "diff", "latest", "norm")[0] == 0


def test_propose_says_what_was_not_proposed(say: Say, remembered: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(remembered.root)
    assert (
        "no baseline of embedded is called 'nrm', and no run here proposed one" in say("baseline", "propose", "nrm")[2]
    )
    assert "did you mean 'embedded.toml'?" in say("baseline", "propose", "--target", "embeded")[2]
    assert say("baseline", "propose")[0] == 0
    assert "did you mean 'norm'?" in say("baseline", "propose", "nrm")[2]
    check = remembered.root / "suites/daily/test_one.py"
    check.write_text(
        check.read_text().replace("judge(bad", "raise Unobservable(Cause.UNREACHABLE, 'nobody'); judge(bad")
    )
    status, told, _ = say("baseline", "propose", "norm")
    assert status == 1
    assert "lacking  norm: the run's last words say why" in told
    assert "unreachable: nobody" in told
    assert "next:" not in told
    check.unlink()
    assert (
        "norm is kept by daily.one, which has no check that may run on embedded"
        in say("baseline", "propose", "norm")[2]
    )
    assert "no duty that may run on embedded has a check yet" in say("baseline", "propose")[2]


def test_propose_tells_what_stopped_pytest(say: Say, remembered: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(remembered.root)
    (remembered.root / "conftest.py").write_text("nonsense\n")
    status, _, said = say("baseline", "propose")
    assert status == cli.MISTAKE
    assert "pytest ended with status 4 and judged nothing" in said
    assert "nonsense" in said
    assert len(said) < 6_000


# ---------------------------------------------------------------- fetch

BODY = b"a,b\n1,2\n"
MEMBER = "toy_data/sample.csv"


def wheel(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    info = "toy_data-1.0.dist-info"
    with zipfile.ZipFile(folder / "toy_data-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(MEMBER, BODY)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: toy-data\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def offered(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A target that fetches from a package which pip finds in a folder, and nowhere else."""
    wheel(tmp_path / "wheels")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    def target(package: str = "toy-data==1.0", member: str = MEMBER, sha256: str = "") -> None:
        digest = sha256 or hashlib.sha256(BODY).hexdigest()
        repository.write(
            "targets/toy.toml",
            f'environment = "recorded"\n[decisions]\nkind = "csv"\npath = ".data/toy.csv"\n'
            f'[decisions.fetch]\npackage = "{package}"\nmember = "{member}"\nsha256 = "{digest}"\n',
        )

    return target


def test_data_are_fetched_once_and_again_when_altered(
    say: Say, repository: Repository, offered: Callable[..., None]
) -> None:
    offered()
    file = repository.root / ".data/toy.csv"
    status, told, said = say("fetch", "toy")
    assert (status, file.read_bytes(), said) == (0, BODY, "")
    assert "8 bytes out of toy-data==1.0" in told
    assert "already there" in say("fetch", "toy")[1]
    file.write_bytes(b"altered")
    assert say("fetch", "toy")[0] == 0
    assert file.read_bytes() == BODY
    assert [path.name for path in file.parent.iterdir()] == ["toy.csv"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"sha256": "0" * 64}, "nothing was written"), ({"member": "toy_data/other.csv"}, "holds no member"),
        ({"package": "toy-data==2.0"}, "pip could not download it"), ({"package": "toy-data"}, "is not pinned"),
        ({"package": "--index-url=http://x toy==1"}, "is not pinned"),
    ],
)  # fmt: skip
def test_what_cannot_be_fetched_leaves_nothing(
    say: Say, repository: Repository, offered: Callable[..., None], change: dict[str, str], told: str
) -> None:
    offered(**change)
    status, _, said = say("fetch", "toy")
    assert status == cli.MISTAKE
    assert told in said
    assert not (repository.root / ".data").exists()


def test_a_target_that_fetches_nothing_and_one_that_is_none_are_told(say: Say) -> None:
    assert "[decisions.fetch]: missing, so there is nothing to fetch" in say("fetch", "embedded")[2]
    assert "did you mean 'embedded.toml'?" in say("fetch", "embeded")[2]


def test_a_member_is_found_below_the_top_folder_of_an_sdist(tmp_path: Path) -> None:
    sdist = tmp_path / "toy_data-1.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        part = tarfile.TarInfo(f"toy_data-1.0/{MEMBER}")
        part.size = len(BODY)
        archive.addfile(part, io.BytesIO(BODY))
    pinned = fetch.Fetch(package="toy-data==1.0", member=MEMBER, sha256="")
    assert fetch._member(sdist, pinned) == BODY
    sdist.write_bytes(b"no archive")
    with pytest.raises(fetch.CommandError, match="cannot be unpacked"):
        fetch._member(sdist, pinned)


def test_without_pip_and_uv_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(fetch.shutil, "which", lambda *_, **__: None)
    with pytest.raises(fetch.CommandError, match="neither pip nor uv is here"):
        fetch._pip()
    monkeypatch.setattr(fetch.shutil, "which", lambda *_, **__: "/bin/uvx")
    assert fetch._pip() == ["/bin/uvx", "pip"]
