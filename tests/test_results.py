"""What a run leaves behind: lines that survive a crash, and bytes that are still what they were."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from junzi_audit.evidence import results
from junzi_audit.evidence.store import Archive, Store
from junzi_audit.findings import Chart, Exhibit, Judgement, Measurement, Observation, Record, RunEnd, RunHeader, Unseen
from junzi_audit.model import Bound, Cadence, Cause, Environment, Limit, Unobservable, Verdict, Waiver, utc  # fmt: skip

NOW = utc("2026-03-01T12:00:00Z")
LIMIT = Limit(name="bad", bound=Bound(comparator="<=", value=1), unit="items", meaning="m", source="s")
HEADER = RunHeader(
    run="r1", started=NOW, target="staging", environment=Environment.STAGING, nodes=("http://a",),
    cadences=(Cadence.DAILY,), due=("daily.one", "daily.two"), plan_digest="p", target_digest="t",
    baseline_digests={"n": "d"}, versions={"python": "3.11"}, seed=1,
)  # fmt: skip
END = RunEnd(finished=NOW + timedelta(seconds=9), verdict=Verdict.BREACHED, exit_status=1)


def record(duty: str = "daily.one", *, reason: str = "bad is 2.", value: float = 2.0, cell: object = "x") -> Record:
    exhibit = Exhibit(
        title="T", caption="", columns=("a", "b"), rows=((cell, None), (1, 2.5)),  # type: ignore[arg-type]
        chart=Chart(kind="bars", label=0, value=1),
    )  # fmt: skip
    reading = Measurement(value=value, low=value, high=value, n=3, exhibits=(exhibit,))
    unseen = Unseen(cause=Cause.STALE, detail="old")
    return Record(
        duty=duty, verdict=Verdict.WAIVED, reason=reason, started=NOW, seconds=0.5, cause=None,
        judgements=(
            Judgement(limit=LIMIT, stream="", verdict=Verdict.BREACHED, reading=reading, reason=reason),
            Judgement(limit=LIMIT, stream="feed", verdict=Verdict.INCONCLUSIVE, reading=unseen, reason="r"),
        ),
        observations=(
            Observation(id="m", probe="p", query="GET", at=NOW, seconds=0.1, status=200, sha256="0", size=1, path="r"),
        ),
        baselines=("b sha256:0",), real_verdict=Verdict.BREACHED,
        waiver=Waiver(reason="It is so.", approver="A", granted=NOW, expires=NOW + timedelta(days=1)),
    )  # fmt: skip


@pytest.mark.parametrize("thing", [HEADER, record(), END], ids=["header", "record", "end"])
def test_a_line_gives_back_what_was_written(thing: RunHeader | Record | RunEnd) -> None:
    assert results.decode(results.encode(thing)) == thing


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_figures_without_end_are_valid_json(value: float) -> None:
    line = results.encode(record(value=value, cell=value))
    json.loads(line, parse_constant=pytest.fail)
    back = results.decode(line)
    assert isinstance(back, Record)
    assert isinstance(back.judgements[0].reading, Measurement)
    assert back.judgements[0].reading.value == value


def test_a_figure_that_is_none_is_still_none_after_the_disk() -> None:
    line = results.encode(record(value=math.nan))
    json.loads(line, parse_constant=pytest.fail)
    back = results.decode(line)
    assert isinstance(back, Record)
    assert isinstance(back.judgements[0].reading, Measurement)
    assert math.isnan(back.judgements[0].reading.value)


@settings(max_examples=40)
@given(text=st.text(st.characters(exclude_categories=()), max_size=40))
def test_whatever_a_node_says_stays_on_one_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("run")
    for thing in (HEADER, record(reason=text, cell=text), END):
        results.append(folder, thing)
    log = results.read(folder)
    assert log.damaged == ()
    assert log.records[0].reason == text


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for thing in (HEADER, record("daily.one"), record("daily.two"), END):
        results.append(tmp_path, thing)
    return tmp_path


def test_a_whole_run_is_read_in_order(run: Path) -> None:
    log = results.read(run)
    assert (log.header, log.end, log.damaged) == (HEADER, END, ())
    assert [each.duty for each in log.records] == ["daily.one", "daily.two"]


def test_wherever_the_last_line_is_torn_the_rest_is_read(run: Path) -> None:
    file = run / results.NAME
    whole = file.read_bytes()
    start = whole[:-1].rfind(b"\n") + 1
    for cut in range(start + 1, len(whole) - 1, 7):
        file.write_bytes(whole[:cut])
        log = results.read(run)
        assert (len(log.records), log.end, log.damaged) == (2, None, (4,))


def test_a_line_damaged_in_the_middle_is_named(run: Path) -> None:
    file = run / results.NAME
    lines = file.read_text().splitlines()
    for wreck in ("", "null", "[]", '{"kind": []}', '{"kind": "other"}', '{"kind": "record"}', "\ufffd", "3"):
        file.write_text("\n".join([lines[0], wreck, *lines[2:]]) + "\n")
        log = results.read(run)
        assert ([each.duty for each in log.records], log.damaged) == (["daily.two"], (2,))


@pytest.mark.parametrize("content", [None, "", "\n", '{"kind": "run"'])
def test_without_a_header_nobody_knows_what_was_due(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / results.NAME).write_text(content)
    with pytest.raises(results.ResultsError, match=r"not a run's directory|no readable header"):
        results.read(tmp_path)


def look(store: Store, query: str, body: bytes, *, cause: Cause | None = None) -> Observation:
    return store.keep(probe="p", query=query, at=NOW, seconds=0.1, status=200, body=body, cause=cause)


def test_the_same_bytes_are_kept_once_under_their_digest(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.begin("daily.one")
    first, second = look(store, "GET a", b"same"), look(store, "GET b", b"same")
    assert first.path == second.path
    assert (tmp_path / first.path).read_bytes() == b"same"
    assert len([path for path in (tmp_path / "raw").rglob("*") if path.is_file()]) == 1
    assert store.end() == (first, second)
    assert store.end() == ()


def test_a_replay_gives_back_each_answer_in_order_and_then_the_last(tmp_path: Path) -> None:
    store = Store(tmp_path / "first")
    store.begin("daily.one")
    look(store, "GET a", b"1")
    look(store, "GET a", b"2", cause=Cause.TIMED_OUT)
    again = Store(tmp_path / "second", replay=Archive(tmp_path / "first"))
    for _ in range(2):
        again.begin("daily.one")
        taken = [again.replay("GET a") for _ in range(3)]
        assert [(each[1], each[2]) for each in taken if each] == [(b"1", None), *[(b"2", Cause.TIMED_OUT)] * 2]
    assert len(again.end()) == 3
    assert Archive(tmp_path / "second").take("daily.one", "GET a")[1] == b"1", "a replay can be replayed"


def test_a_store_that_replays_nothing_says_so(tmp_path: Path) -> None:
    assert Store(tmp_path).replay("GET a") is None
    with pytest.raises(FileNotFoundError, match="nothing to replay"):
        Archive(tmp_path)


def test_what_was_never_recorded_cannot_be_seen(tmp_path: Path) -> None:
    look(Store(tmp_path), "GET a", b"1")
    with pytest.raises(Unobservable) as raised:
        Archive(tmp_path).take("daily.one", "GET b")
    assert raised.value.cause is Cause.NOT_RECORDED


@pytest.mark.parametrize("act", ["change", "cut", "remove"])
def test_bytes_that_lost_their_digest_are_not_judged(tmp_path: Path, act: str) -> None:
    path = tmp_path / look(Store(tmp_path), "GET a", b"true bytes").path
    if act == "remove":
        path.unlink()
    else:
        path.write_bytes(b"false bytes" if act == "change" else b"true")
    with pytest.raises(Unobservable) as raised:
        Archive(tmp_path).take("", "GET a")
    assert raised.value.cause is Cause.MALFORMED


def test_workers_write_side_by_side(tmp_path: Path) -> None:
    for worker in ("gw0", "gw1"):
        look(Store(tmp_path, worker=worker), f"GET {worker}", b"same")
    archive = Archive(tmp_path)
    assert [archive.take("", f"GET {worker}")[0]["id"] for worker in ("gw0", "gw1")] == ["gw0-00001", "gw1-00001"]


def test_lines_of_two_runs_are_those_of_none(tmp_path: Path) -> None:
    runs = [tmp_path / name for name in ("one", "two")]
    for run in runs:
        run.mkdir()
        results.append(run, HEADER)
        results.append(run, record())
        results.append(run, END)
        with pytest.raises(FileExistsError):
            results.append(run, HEADER)
    lines = (runs[0] / results.NAME).read_text().splitlines(keepends=True)
    for torn, damaged in (
        ([*lines, *lines], (4, 5, 6)),
        ([lines[2], *lines[:2]], (1,)),
        ([lines[0], lines[0], *lines[1:]], (2,)),
        ([*lines, lines[1]], (4,)),
    ):
        (runs[1] / results.NAME).write_text("".join(torn))
        assert results.read(runs[1]).damaged == damaged


def test_nothing_is_written_where_no_run_has_begun(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        results.append(tmp_path, record())
    assert not (tmp_path / results.NAME).exists()
