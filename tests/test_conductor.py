"""The conductor, by what it does: pytest in a process of its own, on repositories of a few lines."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from junzi_audit import cli
from junzi_audit.model import Cause, Verdict
from tests.synthetic import BODY, Audited, Repository

NOW = datetime.now(UTC)
OWNER = "DevOps / SRE Team"
BAD = "judge(bad=census(2, n=3))"


def waiver(duty: str, *, approver: str = OWNER, granted: int = -1, expires: int = 5) -> str:
    instants = [(NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") for days in (granted, expires)]
    return (
        f'\n[waivers."{duty}"]\nreason = "The part is being replaced."\napprover = "{approver}"\n'
        f"granted = {instants[0]}\nexpires = {instants[1]}\n"
    )


# What each check of the zoo does, and what must come of it: verdict, cause, words of the reason.
FIXTURE = "@pytest.fixture\ndef thing():\n    {}\n\n"
ZOO = {
    "good": (BODY, Verdict.MET, None, "within"),
    "lazy": ("judge(bad=lambda: census(1, n=1))", Verdict.MET, None, "within"),
    "breached": (BAD, Verdict.BREACHED, None, "bad is 2 items"),
    "swallowed": (f"try:\n        {BAD}\n    except BaseException:\n        pass", Verdict.BREACHED, None, "bad is 2"),
    "unseen": ("raise Unobservable(Cause.TIMED_OUT, 'slow')", Verdict.INCONCLUSIVE, Cause.TIMED_OUT, "slow"),
    "empty-look": ("judge(bad=census(0, n=0))", Verdict.INCONCLUSIVE, Cause.TOO_FEW, "no record"),
    "no-streams": ("judge(bad={})", Verdict.INCONCLUSIVE, Cause.TOO_FEW, "nothing to judge"),
    "raises": ("raise KeyError('x')", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "KeyError"),
    "exits": ("sys.exit(0)", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "SystemExit"),
    "late": (f"{BODY}\n    assert 1 == 2", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "1 == 2"),
    "fails-late": (f"{BODY}\n    pytest.fail('no')", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "without a judgement"),
    "silent": ("pass", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "without judging anything"),
    "skips": ("pytest.skip('not today')", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "skipped itself: not today"),
    "breach-then-blind": (
        f"try:\n        {BAD}\n    finally:\n        raise Unobservable(Cause.UNREACHABLE, 'not undone')",
        Verdict.BREACHED, Cause.UNREACHABLE, "Also: not undone",
    ),
    "breach-then-broken": (
        f"try:\n        {BAD}\n    finally:\n        raise OSError('full')", Verdict.BREACHED, Cause.BROKEN_CHECK,
        "OSError: full",
    ),
    "no-json": (
        "judge(bad=census(0, n=__import__('numpy').int64(3)))", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK,
        "cannot be written down",
    ),
    "wrong-name": ("judge(bed=census(0, n=1))", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "did you mean 'bad'?"),
    "no-reading": ("judge(bad=3)", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "int is no reading"),
    "twice": (f"{BODY}\n    {BODY}", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "twice"),
    "waived": (BAD, Verdict.WAIVED, None, "bad is 2"),
    "waived-unseen": ("raise KeyError('x')", Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "KeyError"),
    "waived-half": (
        "judge(bad={'a': census(2, n=3), 'b': census(0, n=0)})", Verdict.BREACHED, None, "open: bad[b] is INCONCLUSIVE",
    ),
    "waived-broken": (
        f"try:\n        {BAD}\n    finally:\n        raise OSError('full')", Verdict.BREACHED, Cause.BROKEN_CHECK,
        "the check did not end well",
    ),
    "expired": (BAD, Verdict.BREACHED, None, "waiver does not cover it"),
    "promised": (BAD, Verdict.BREACHED, None, "waiver does not cover it"),
    "unchecked": (None, Verdict.OVERDUE, Cause.NO_CHECK, "junzi-audit new daily.unchecked"),
}  # fmt: skip
# Those that need more than a body.
ODD = {
    "lacking": (Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "declares worse too"),
    "unset": (Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "OSError: no set-up"),
    "blind": (Verdict.INCONCLUSIVE, Cause.UNREACHABLE, "no route"),
    "parts": (Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "pytest says that it failed"),
    "unclean": (Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "while it cleaned up: OSError: not undone"),
    "unclean-breach": (Verdict.BREACHED, None, "bad is 2"),
    "marked-skip": (Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "skipped itself"),
    "marked-xfail": (Verdict.BREACHED, None, "bad is 2"),
    "unreadable": (Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "SyntaxError"),
    "module-skip": (Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "skipped itself: no module"),
    "testless": (Verdict.INCONCLUSIVE, Cause.BROKEN_CHECK, "holds no test"),
    "elsewhere": (Verdict.INCONCLUSIVE, Cause.REFUSED, "must not run on a recorded target"),
}


def zoo(root: Path) -> Repository:
    target = 'environment = "recorded"\n' + waiver("daily.waived") + waiver("daily.waived-unseen")
    target += waiver("daily.waived-half") + waiver("daily.waived-broken")
    target += waiver("daily.expired", granted=-9, expires=-1) + waiver("daily.promised", granted=1, expires=9)
    repository = Repository(root, target)
    for name, (body, *_) in ZOO.items():
        repository.duty(f"daily.{name}", body)
    repository.duty("daily.lacking", limits=("bad", "worse"))
    for name, body, thing in (
        ("unset", BODY, "raise OSError('no set-up')"),
        ("blind", BODY, "raise Unobservable(Cause.UNREACHABLE, 'no route')"),
        ("unclean", BODY, "yield\n    raise OSError('not undone')"),
        ("unclean-breach", BAD, "yield\n    raise OSError('not undone')"),
    ):
        repository.duty(f"daily.{name}", body, before=FIXTURE.format(thing), fixtures=", thing")
    parts = "with subtests.test('one'):\n        assert 1 == 2\n    judge(bad=census(0, n=1))"
    repository.duty("daily.parts", parts, fixtures=", subtests")
    repository.duty("daily.marked-skip", before="@pytest.mark.skip('no')")
    repository.duty("daily.marked-xfail", BAD, before="@pytest.mark.xfail")
    repository.duty("daily.unreadable", before="def (")
    repository.duty("daily.module-skip", before="pytest.skip('no module', allow_module_level=True)")
    repository.duty("daily.testless")
    repository.write("suites/daily/test_testless.py", '"""Nothing."""\n')
    return repository.duty("daily.elsewhere", "Path('ran').touch()", where='["staging"]')


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return zoo(tmp_path_factory.mktemp("zoo") / "repository")


@pytest.fixture(scope="module")
def audited(repository: Repository) -> Audited:
    return repository.audit()


@pytest.mark.parametrize("name", [*ZOO, *ODD])
def test_whatever_a_check_does_becomes_one_verdict_with_its_cause(audited: Audited, name: str) -> None:
    verdict, cause, words = ODD[name] if name in ODD else ZOO[name][1:]
    record = audited.last[name]
    assert (record.verdict, record.cause) == (verdict, cause), record.reason
    assert words in record.reason


def test_every_duty_due_has_a_record_and_the_whole_is_breached(audited: Audited) -> None:
    assert {f"daily.{name}" for name in audited.last} == set(audited.log.header.due)
    assert audited.log.end is not None
    assert (audited.status, audited.log.end.verdict, audited.log.end.exit_status) == (1, Verdict.BREACHED, 1)
    assert "INTERNALERROR" not in audited.said


def test_the_results_are_a_header_then_records_then_the_end(audited: Audited) -> None:
    kinds = [json.loads(line)["kind"] for line in (audited.folder / "results.jsonl").read_text().splitlines()]
    assert kinds[0] == "run"
    assert kinds[-1] == "end"
    assert set(kinds[1:-1]) == {"record"}


def test_a_waived_breach_keeps_its_real_verdict_beside_it(audited: Audited) -> None:
    record = audited.last["waived"]
    assert record.real_verdict is Verdict.BREACHED
    assert record.waiver is not None
    assert record.waiver.approver == OWNER


def test_a_duty_that_must_not_run_here_does_not_run(audited: Audited, repository: Repository) -> None:
    assert audited.last["elsewhere"].cause is Cause.REFUSED
    assert not (repository.root / "ran").exists()


def test_workers_come_to_the_same_records(audited: Audited, repository: Repository) -> None:
    shared = repository.audit("-n", "2")
    assert "INTERNALERROR" not in shared.said
    assert shared.status == audited.status
    told = [{name: (r.verdict, r.cause, r.reason) for name, r in each.last.items()} for each in (shared, audited)]
    assert told[0] == told[1]
    assert shared.log.header.due == audited.log.header.due


@pytest.fixture(scope="module")
def cadences(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """One duty a cadence, so that each verdict can decide a run of its own."""
    root = tmp_path_factory.mktemp("cadences") / "repository"
    repository = Repository(root, 'environment = "recorded"\n' + waiver("quarterly.waived"))
    repository.duty("heartbeat.met").duty("daily.breached", BAD).duty("weekly.unseen", "judge(bad=census(0, n=0))")
    return repository.duty("monthly.unchecked", None).duty("quarterly.waived", BAD)


@pytest.mark.parametrize(
    ("cadence", "status", "verdict"),
    [
        ("heartbeat", 0, Verdict.MET), ("daily", 1, Verdict.BREACHED), ("weekly", 20, Verdict.INCONCLUSIVE),
        ("monthly", 21, Verdict.OVERDUE), ("quarterly", 0, Verdict.WAIVED),
        ("heartbeat or monthly", 21, Verdict.OVERDUE), ("weekly or monthly", 20, Verdict.INCONCLUSIVE),
    ],
)  # fmt: skip
def test_the_exit_status_tells_the_verdicts_apart(
    cadences: Repository, cadence: str, status: int, verdict: Verdict
) -> None:
    audited = cadences.audit("-m", cadence)
    assert audited.status == status
    assert audited.log.end is not None
    assert audited.log.end.verdict is verdict


def test_a_waiver_is_told_without_a_place_on_this_machine(cadences: Repository, tmp_path: Path) -> None:
    cadences.audit("-m", "quarterly", f"--junitxml={tmp_path / 'junit.xml'}")
    told = (tmp_path / "junit.xml").read_text()
    assert "suites/quarterly/test_waived.py" in told
    assert str(cadences.root) not in told


def test_a_cadence_that_was_asked_for_is_due_even_if_nothing_of_it_was_collected(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("heartbeat.one").duty("daily.two")
    asked = ("-m", "heartbeat or daily")
    assert repository.audit(*asked).status == 0
    for words in (("--deselect", "suites/daily"), ("--ignore=suites/daily",)):
        audited = repository.audit(*asked, *words)
        assert audited.log.header.due == ("heartbeat.one", "daily.two")
        assert audited.status == 20


def test_what_is_judged_by_is_told_when_it_changed_since_the_run_before(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("daily.one")
    assert repository.audit().log.header.notes == ()
    assert repository.audit().log.header.notes == ()
    table = repository.root / "obligations" / "daily.toml"
    table.write_text(table.read_text().replace("<= 1", "<= 9"))
    repository.write("targets/embedded.toml", 'environment = "recorded"\ndescription = "another"\n')
    assert repository.audit().log.header.notes == (
        "the plan is not what it was in run run-2", "the target's file is not what it was in run run-2",
    )  # fmt: skip


def test_a_run_whose_folder_is_taken_away_has_no_verdict(tmp_path: Path) -> None:
    gone = f"__import__('shutil').rmtree({str(tmp_path / 'r' / 'reports' / 'run-1')!r})\n    {BODY}"
    audited = Repository(tmp_path / "r").duty("daily.one", gone).duty("daily.two").audit()
    assert audited.status == pytest.ExitCode.INTERNAL_ERROR
    assert "this run has no verdict" in audited.said
    assert "INTERNALERROR" not in audited.said


def test_a_run_into_a_folder_in_which_another_began_meanwhile_is_refused(tmp_path: Path) -> None:
    taken = tmp_path / "r" / "reports" / "run-1"
    repository = Repository(tmp_path / "r").duty("daily.one")
    repository.write(
        "suites/conftest.py",
        f"""
from pathlib import Path
def pytest_collection_modifyitems():
    folder = Path({str(taken)!r})
    folder.mkdir(parents=True)
    (folder / "results.jsonl").write_text("of another run")
""",
    )
    audited = repository.audit()
    assert audited.status == pytest.ExitCode.USAGE_ERROR
    assert "another run has begun there" in audited.said
    assert (taken / "results.jsonl").read_text() == "of another run"


def test_leaving_duties_out_is_never_green(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("daily.one").duty("daily.two")
    assert repository.audit().status == 0
    partial = repository.audit("-k", "one")
    assert partial.status == 20
    assert partial.log.header.due == ("daily.one", "daily.two")
    assert partial.log.header.notes == ("partial run: daily.two left out on the command line",)
    nothing = repository.audit("-k", "three")
    assert nothing.status == pytest.ExitCode.NO_TESTS_COLLECTED
    assert not nothing.folder.exists()


def test_stopping_at_the_first_failure_leaves_the_rest_inconclusive(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("daily.a", "pass").duty("daily.b")
    audited = repository.audit("-x")
    assert audited.status == 20
    assert set(audited.last) == {"a"}


def test_a_file_that_breaks_does_not_take_its_cadence_along(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("daily.fine").duty("weekly.torn", before="import nowhere_at_all")
    audited = repository.audit()
    assert audited.status == 20
    assert "nowhere_at_all" in audited.last["torn"].reason
    assert repository.audit("-m", "daily").status == 0


def test_collecting_only_writes_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("daily.one").duty("daily.two", None)
    for words in ((), ("-n", "2")):
        audited = repository.audit("--collect-only", "-q", *words)
        assert audited.status == 0
        assert not (repository.root / "reports").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.write("suites/weekly/test_one.py", (r.root / "suites/daily/test_one.py").read_text()),
         ["daily.one", "belongs into suites/daily/test_one.py"]),
        (lambda r: r.write("suites/daily/test_one.py", (r.root / "suites/daily/test_one.py").read_text() * 2
                           + "\n@obligation('daily.one')\ndef test_again(judge): pass\n"), ["both answer daily.one"]),
        (lambda r: r.write("suites/daily/test_two.py", (r.root / "suites/daily/test_one.py").read_text()
                           .replace("daily.one", "daily.on")), ["no duty 'daily.on'", "did you mean 'daily.one'?"]),
        (lambda r: r.write("suites/daily/test_two.py", "def test_two(): pass\n"), ["test_two", "names no duty"]),
        (lambda r: r.write("targets/embedded.toml", 'environment = "recorded"\n[nodes]\nprimray = "x"\n'),
         ["targets/embedded.toml", "[nodes] primray", "unknown key", "did you mean 'primary'?"]),
        (lambda r: r.write("targets/embedded.toml", 'environment = "recorded"\n' + waiver("daily.one", approver="Me")),
         ["targets/embedded.toml", "waivers", "only the duty's owner, 'DevOps / SRE Team'"]),
        (lambda r: r.write("targets/embedded.toml", 'environment = "recorded"\n' + waiver("daily.one", expires=90)),
         ["may be waived for at most 14"]),
        (lambda r: r.write("targets/embedded.toml", "environment ="), ["targets/embedded.toml", "not valid TOML"]),
        (lambda r: r.write("obligations/daily.toml", (r.root / "obligations/daily.toml").read_text()
                           .replace("owner ", "ownr ")),
         ["obligations/daily.toml", "[one] ownr: unknown key; did you mean 'owner'?"]),
    ],
    ids=["wrong file", "twice", "unknown duty", "no duty", "target key", "approver", "too long", "toml", "plan key"],
)  # fmt: skip
def test_a_mistake_is_a_usage_error_in_words(tmp_path: Path, change: object, words: list[str]) -> None:
    repository = Repository(tmp_path / "r").duty("daily.one")
    assert callable(change)
    change(repository)
    late = any("duty" in word or "answer" in word or "belongs" in word for word in words)  # found while collecting
    for workers in ("0", "2") if late else ("0",):
        audited = repository.audit("-n", workers)
        assert audited.status == pytest.ExitCode.USAGE_ERROR, audited.said
        assert "Traceback" not in audited.said
        assert "INTERNALERROR" not in audited.said
        for word in words:
            assert word in audited.said
        assert not audited.folder.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--target", "embeded"], "did you mean 'embedded.toml'?"),
        (["--target", "Em/bed"], "neither the name of a file"),
        (["--target", "http://user:word@node.example"], "must not carry a user or password"),
        (["--node-fault", "hang"], "--node-fault plants faults in the embedded node only"),
        (["-m", "dayly"], "-m dayly: no cadence is called 'dayly'; did you mean 'daily'?"),
        (["-m", "not (daily or wekly)"], "no cadence is called 'wekly'; did you mean 'weekly'?"),
        (["--replay", "nowhere"], "--replay: nowhere: no results.jsonl here"),
    ],
)
def test_an_option_that_cannot_be_is_a_usage_error_in_words(tmp_path: Path, words: list[str], told: str) -> None:
    repository = Repository(tmp_path / "r").duty("daily.one")
    repository.write("targets/live.toml", 'environment = "live"\n[nodes]\nprimary = "https://node.example"\n')
    audited = repository.audit(*words)
    assert audited.status == pytest.ExitCode.USAGE_ERROR, audited.said
    assert told in audited.said
    assert "Traceback" not in audited.said


def test_evidence_is_never_written_over(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("daily.one")
    first = repository.audit()
    again = repository.audit("--record", str(first.folder))
    assert again.status == pytest.ExitCode.USAGE_ERROR
    assert "not empty" in again.said


def test_no_option_runs_on_live_what_must_not(tmp_path: Path) -> None:
    target = 'environment = "live"\n[nodes]\nprimary = "http://127.0.0.1:9"\n'
    repository = Repository(tmp_path / "r", target).duty("daily.drill", "Path('ran').touch()", where='["staging"]')
    repository.write("targets/live.toml", target)
    for words in (["--propose"], ["--target", "http://127.0.0.1:9"], ["-n", "1"], ["suites/daily/test_drill.py"]):
        audited = repository.audit(*words)
        assert audited.status == 20
        assert audited.last["drill"].cause is Cause.REFUSED
    assert not (repository.root / "ran").exists()


def test_a_worker_that_dies_leaves_its_duty_inconclusive(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("daily.dies", "os._exit(3)").duty("daily.lives")
    audited = repository.audit("-n", "2")
    assert audited.status == 20
    assert "the worker process died" in audited.last["dies"].reason
    assert audited.last["lives"].verdict is Verdict.MET


def test_a_node_that_does_not_start_is_inconclusive_and_no_traceback(tmp_path: Path) -> None:
    target = 'environment = "embedded"\n[launch]\ncommand = ["{python}", "-c", "raise SystemExit(\'no disk\')"]\n'
    repository = Repository(tmp_path / "r", target)
    repository.write("conftest.py", 'pytest_plugins = ["junzi_audit.plugin", "fixtures.judge", "fixtures.run"]\n')
    repository.duty("daily.one", "run.urls()\n    judge(bad=census(0, n=1))", fixtures=", run", where='["embedded"]')
    for words in ((), ("-n", "1")):
        audited = repository.audit(*words)
        assert "INTERNALERROR" not in audited.said
        assert audited.status == 20, audited.said
        assert "no disk" in audited.last["one"].reason


def test_a_word_that_the_launched_node_does_not_know_is_a_usage_error_in_its_own_words(tmp_path: Path) -> None:
    script = "import sys; sys.stderr.write('no fault agnet-silent'); sys.exit(2)"
    target = f'environment = "embedded"\n[launch]\ncommand = ["{{python}}", "-c", "{script}"]\n'
    repository = Repository(tmp_path / "r", target).duty("daily.one", where='["embedded"]')
    for words in ((), ("-n", "1")):
        audited = repository.audit("--node-fault", "agnet-silent", *words)
        assert audited.status == pytest.ExitCode.USAGE_ERROR, audited.said
        assert "--node-fault: the launched node did not start: no fault agnet-silent" in audited.said
        assert "Traceback" not in audited.said
        assert not audited.folder.exists()


def test_a_marker_that_the_repository_registers_may_be_asked_for(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("daily.one", before="@pytest.mark.night").duty("daily.two")
    settings = repository.root / "pyproject.toml"
    settings.write_text(settings.read_text() + 'markers = ["night: by night"]\n')
    assert repository.audit("-m", "night and not weekly").last.keys() == {"one"}


def test_a_replay_judges_what_was_looked_at_then_unless_other_cadences_are_named(cadences: Repository) -> None:
    recorded = cadences.audit("-m", "heartbeat")
    (recorded.folder / "observations-main.jsonl").touch()  # these checks look at nothing
    for words in ((), ("-n", "1")):
        again = cadences.audit("--replay", str(recorded.folder), *words)
        assert again.log.header.due == recorded.log.header.due == ("heartbeat.met",)
        assert again.status == recorded.status == 0
    assert cadences.audit("--replay", str(recorded.folder), "-m", "weekly").last.keys() == {"unseen"}


def test_an_aborted_drill_is_told_as_it_was_found(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "r").duty("daily.one")
    repository.write("reports/drills/embedded/emergency.x.json", "{}")
    (note,) = repository.audit().log.header.notes
    assert note == "emergency.x was found aborted when this run began; `pytest -m emergency` begins with undoing it"


SLOW = """@pytest.fixture
def thing():
    yield
    Path('ending').touch()
    try:
        time.sleep({seconds})
    finally:
        Path('ended').touch()

"""


@pytest.mark.parametrize(("blows", "seconds"), [((signal.SIGTERM,), 0), ((signal.SIGINT, signal.SIGTERM), 60)])
def test_whoever_tells_a_run_to_end_it_cleans_up_and_ends_quietly(
    tmp_path: Path, blows: tuple[signal.Signals, ...], seconds: int
) -> None:
    repository = Repository(tmp_path / "r")
    body = "Path('here').touch(); time.sleep(60)"
    repository.duty("daily.a", body, before=SLOW.format(seconds=seconds), fixtures=", thing")
    command, _, environment = repository.command()
    with subprocess.Popen(
        command, cwd=repository.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:  # fmt: skip
        for blow, sign in zip(blows, ("here", "ending"), strict=False):
            until = time.monotonic() + 20
            while not (repository.root / sign).exists() and time.monotonic() < until:
                time.sleep(0.02)
            process.send_signal(blow)
        said, _ = process.communicate(timeout=40)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, said
    assert (repository.root / "ended").exists()
    assert "Traceback" not in said


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_struck_down_leaves_a_readable_incomplete_run(
    tmp_path: Path, blow: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = Repository(tmp_path / "r").duty("daily.a").duty("daily.b", "Path('here').touch(); time.sleep(60)")
    command, folder, environment = repository.command()
    with subprocess.Popen(
        command,
        cwd=repository.root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell in the background ignores it
    ) as process:
        until = time.monotonic() + 20
        while not (repository.root / "here").exists() and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(blow)
        process.wait(timeout=60)
    assert process.returncode == (2 if blow is signal.SIGINT else -signal.SIGKILL)

    log = Audited(status=0, said="", folder=folder).log
    assert log.end is None
    assert [record.duty for record in log.records] == ["daily.a"]
    monkeypatch.chdir(repository.root)
    assert cli.main(["report", str(folder)]) == 20
    assert "INCOMPLETE RUN" in capsys.readouterr().out
    assert "daily.b" in (folder / "report.html").read_text()
