"""The downtime drill: what a watch sees of an outage, how a pair is brought down and back, what a target may say."""

from __future__ import annotations

import json
import math
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace as Stub
from typing import Any

import pytest

from junzi_audit.declared.downtime import Downtime, Failed, mistakes
from junzi_audit.drills import downtime
from junzi_audit.drills.blackout import Blackout
from junzi_audit.drills.drill import Drill
from junzi_audit.drills.watch import Look, Taken, Watch
from junzi_audit.model import Cause, Unobservable
from junzi_audit.pairs import NamedPair
from junzi_audit.probes.asking import Ask
from junzi_audit.probes.published import page_problem

SECOND = datetime(2026, 11, 23, tzinfo=UTC)


class Service:
    """A page and a place for reports, whose answers a test changes while it is watched."""

    def __init__(self) -> None:
        self.status, self.reports, self.page = 200, 0, {"items": [], "total": 0}
        self.quiet = ""
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(502 if self.path == service.quiet else service.status, service.page)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                service.reports += 1
                self.answer(201 if service.status == 200 else service.status, {"report_id": f"RPT-{service.reports}"})

            def answer(self, status: int, told: dict[str, Any]) -> None:
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.server.shutdown()
    made.server.server_close()


def watched(service: Service, *, writing: bool = False) -> Watch:
    problem = partial(page_problem, "/alerts/")
    reads = [(Ask(probe="watch", url=f"{service.url}/{page}"), problem) for page in ("a", "b")]
    write = Ask(probe="write", url=f"{service.url}/reports", method="POST", body=b"{}")
    return Watch(reads, (lambda _: write) if writing else None, pace=0.01)


def test_a_watch_sees_an_outage_and_its_end(service: Service) -> None:
    with watched(service, writing=True) as watch:
        assert watch.until(lambda: watch.answered(0))
        begun = watch.now()
        service.status = 503
        assert watch.until(lambda: watch.failed(begun, watch.now())[0] >= 10)
        assert not watch.answered(begun)
        assert watch.gap(watch.now(), watch.now() + 1) == math.inf
        throttled = watch.now()
        service.status = 429  # it counts our requests, which says nothing of whether the public is served
        assert watch.until(lambda: watch.failed(throttled, watch.now())[1] >= 10)
        assert not watch.answered(throttled)
        assert watch.gap(throttled, watch.now()) == math.inf
        service.status = 200
        assert watch.until(lambda: watch.answered(throttled))
        service.status = 429
        asked = len(watch.looks)
        assert watch.until(lambda: len(watch.looks) >= asked + 6)
        ended = watch.now()
        assert watch.answered(throttled)  # served before, and only throttled since
        service.status = 200
        written = len(watch.taken)
        assert watch.until(lambda: len(watch.taken) > written)

    failed, looks = watch.failed(begun, ended)
    assert 10 <= failed <= looks - 6
    assert 0 < watch.gap(begun, ended) < ended - begun + 0.1
    keys = [each.key for each in watch.taken]
    assert len(set(keys)) == len(keys) < service.reports  # what was refused meanwhile was not taken


def test_nobody_there_is_no_answer_and_never_a_gap_of_nothing(service: Service) -> None:
    service.server.shutdown()
    service.server.server_close()
    with watched(service, writing=True) as watch:
        assert watch.until(lambda: len(watch.looks) >= 6)

    assert {look.status for look in watch.looks} == {0}
    assert not watch.taken
    assert not watch.answered(0)
    assert watch.gap(0, watch.now()) == math.inf


def test_another_page_with_status_200_is_no_answer(service: Service) -> None:
    with watched(service) as watch:
        assert watch.until(lambda: watch.answered(0))
        since = watch.now()
        service.page = {"sorry": "we are down"}
        assert watch.until(lambda: watch.failed(since, watch.now())[0] >= 6)
        assert not watch.answered(since)
        assert not watch.silent(since)

    assert watch.gap(watch.now() - 0.01, watch.now()) == math.inf
    kept = [json.loads(line) for line in watch.lines().splitlines()]
    assert len(kept) == len(watch.looks)
    assert kept[0].keys() == {"page", "begun", "ended", "status", "problem"}
    assert "something else than the contract says" in kept[-1]["problem"]


def test_silent_is_who_gives_no_answer_or_has_a_gateway_say_so_and_nobody_else(service: Service) -> None:
    with watched(service) as watch:
        for status, silent in ((200, False), (503, False), (502, True), (504, True)):
            service.status = status
            since = watch.now() + 0.05  # a look may be under way
            assert watch.until(lambda since=since: watch.failed(since, watch.now())[1] >= 8)  # type: ignore[misc]
            assert watch.silent(since) is silent


def test_the_longest_gap_is_of_the_page_that_was_worst_off(service: Service) -> None:
    watch = watched(service)
    served = {"a": [1.0, 1.5, 2.0, 2.5, 3.0], "b": [1.0, 2.9]}
    watch.looks = [
        Look(page=f"{service.url}/{page}", begun=at - 0.1, ended=at, status=200)
        for page, times in served.items() for at in times
    ]  # fmt: skip
    watch.looks.append(Look(page=f"{service.url}/b", begun=2.0, ended=2.1, status=502))

    assert watch.gap(1.2, 3.0) == pytest.approx(1.9)
    assert watch.gap(1.2, 2.0) == math.inf  # b did not answer at all between these two
    assert watch.failed(1.2, 3.0) == (1, 6)


def test_a_watch_that_breaks_says_so_instead_of_never_being_answered(service: Service) -> None:
    def broken(number: int) -> Ask:
        raise KeyError(number)

    reads = [(Ask(probe="watch", url=service.url), lambda _: "")]
    with Watch(reads, broken, pace=0.01) as watch, pytest.raises(Unobservable) as told:
        watch.until(lambda: watch.answered(math.inf))

    assert "the watch itself broke: KeyError" in str(told.value.detail)


def command(log: Path, word: str, status: int = 0) -> tuple[str, ...]:
    return (sys.executable, "-c", f"import sys; open({str(log)!r}, 'a').write('{word} '); sys.exit({status})")


def named(log: Path, **changes: Sequence[str]) -> NamedPair:
    words = {word: command(log, word) for word in ("kill", "revive", "hang", "resume", "restore", "discard")}
    table = Downtime(restored="https://restored.example", **{**words, **changes})  # type: ignore[arg-type]
    urls = {name: f"https://{name}.example" for name in ("front", "primary", "secondary")}
    return NamedPair(table, newest=lambda: SECOND, **urls)


def test_what_was_done_to_named_nodes_is_undone_the_last_thing_first_and_once(tmp_path: Path) -> None:
    pair = named(tmp_path / "log")
    pair.start()
    pair.kill()
    pair.revive()
    pair.hang()
    pair.restore()
    assert pair.backup() == SECOND
    pair.lose()  # nothing that serves is destroyed

    pair.put_back()
    pair.put_back()

    assert (tmp_path / "log").read_text().split() == ["kill", "revive", "hang", "restore", "discard", "resume"]


def test_an_aborted_drill_of_another_process_is_undone_whole(tmp_path: Path) -> None:
    pair = named(tmp_path / "log")

    pair.owe_everything()
    pair.put_back()

    assert set((tmp_path / "log").read_text().split()) == {"revive", "resume", "discard"}


def test_a_command_that_fails_is_a_finding_and_one_that_cannot_be_run_is_none(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(Failed, match=r"restore: .* ended with 3"):
        named(log, restore=command(log, "restore", 3)).restore()
    with pytest.raises(Unobservable) as told:
        named(log, restore=command(log, "restore", 255)).restore()
    assert told.value.cause is Cause.NOT_RUN
    with pytest.raises(Unobservable) as told:
        named(log, kill=("/nowhere/kill",)).kill()
    assert told.value.cause is Cause.NOT_RUN
    assert told.value.detail == "[drills.downtime] kill: /nowhere/kill: not found"


def test_without_a_backup_nothing_is_begun(tmp_path: Path) -> None:
    def none() -> datetime:
        raise Unobservable(Cause.UNDEFINED, "there is no backup")

    pair = named(tmp_path / "log")
    pair._newest = none
    with pytest.raises(Unobservable):
        pair.start()


@pytest.mark.parametrize(
    ("table", "launched", "told"),
    [
        (Downtime(kill=("x",), revive=("y",)), True, "kill: is for nodes that others run; this one we launch"),
        (Downtime(nodes=("x",)), False, "nodes: is for nodes that we launch; this target has no"),
        (Downtime(hang=("x",)), False, "hang and resume: one without the other"),
        (Downtime(kill=("x",)), False, "revive: missing; what kill ends"),
        (Downtime(restored="ftp://x"), False, "restored: 'ftp://x' is no http(s) URL"),
        (Downtime(restored="https://u:p@x"), False, "no http(s) URL without a password"),
        (Downtime(nodes=("sqlite:///{foldr}/x",)), True, "nodes: nothing fills in {foldr}; did you mean 'folder'?"),
        (Downtime(command_seconds=0), False, "command_seconds: 0 is not above 0"),
    ],
)
def test_what_is_wrong_with_the_table_is_told(table: Downtime, launched: bool, told: str) -> None:
    assert any(told in each for each in mistakes(table, launched=launched))


@pytest.mark.parametrize(
    ("front", "restored", "told"),
    [
        ("https://A.example/", "https://r.example", "front: https://A.example/ is one of the [nodes]"),
        ("https://front.example", "https://b.example:443", "restored: https://b.example:443 serves already"),
        ("https://front.example", "https://front.example/", "restored: https://front.example/ serves already"),
        ("https://front.example", "https://a.example:8443", ""),
        ("https://front.example", "https://a.example:nought", ""),
    ],
)
def test_the_front_is_no_node_and_the_restored_node_neither(front: str, restored: str, told: str) -> None:
    nodes = ["https://a.example", "https://b.example/"]
    found = list(mistakes(Downtime(restored=restored), launched=False, front=front, nodes=nodes))

    assert any(told in each for each in found) if told else not found


def test_what_the_drill_needs_is_named() -> None:
    assert Downtime().missing(launched=True) == "nodes"
    assert Downtime(kill=("x",), revive=("y",)).missing(launched=False) == "restore"
    assert not list(mistakes(None, launched=True))


def blackout(service: Service, **changes: Any) -> Blackout:
    """A scene of which only the primary is really there."""
    api = Stub(ask=lambda probe, path: Ask(probe=probe, url=service.url + path))
    front = Stub(ask=lambda probe, path: Ask(probe=probe, url=f"https://front.example/api{path}"))
    pair = Stub(stays=True, front="https://front.example", primary=service.url)
    made: dict[str, Any] = {
        "public": Stub(read=lambda _: [], primary=front), "roots": [], "feed": lambda: None, "approvals": {},
        "begun": SECOND,
        "control": Stub(safeguards=lambda *_: (), note=lambda *_: None), "pair": pair, "pace": 0.01,
        "nodes": [api], "counted": lambda: 0.0,
        "back": lambda: None, "recorder": None,
    }  # fmt: skip
    return Blackout(**{**made, **changes})


def test_a_node_that_is_there_before_anything_was_restored_is_no_steady_state(service: Service) -> None:
    def told(health: str, *, stays: bool = True) -> str:
        back = Stub(health=lambda: [("https://restored.example", health)])
        return blackout(service, nodes=[], back=lambda: back, pair=Stub(stays=stays)).trouble()

    assert told("") == ""
    assert told("{}") == "https://restored.example answers before it was restored"
    assert told("{}", stays=False) == ""  # of a pair of our own, behind the front that serves


def test_the_primary_is_asked_itself_and_every_look_is_kept(service: Service) -> None:
    kept: list[dict[str, Any]] = []
    service.status = 502

    assert blackout(service, recorder=Stub(keep=lambda **told: kept.append(told))).primary_silent()

    assert [each["query"] for each in kept] == [f"WATCH {service.url}/health {service.url}/api/alerts/"]
    looks = [json.loads(line) for line in kept[0]["body"].splitlines()]
    assert len(looks) >= 2
    pages = {f"{service.url}/health", f"{service.url}/api/alerts/"}
    assert {(look["page"], look["status"]) for look in looks} == {(page, 502) for page in pages}


def test_a_primary_of_which_only_the_health_is_silent_is_not_down(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("junzi_audit.drills.watch._ENDING", 0.3)
    monkeypatch.setattr("junzi_audit.drills.watch._PATIENCE", 1)
    recorder = Stub(keep=lambda **told: None)
    service.quiet = "/health"

    assert not blackout(service, recorder=recorder).primary_silent()


def test_a_primary_that_counts_on_while_it_seems_silent_is_not_down(service: Service) -> None:
    def silent(counted: Callable[[], float]) -> bool:
        return blackout(service, recorder=Stub(keep=lambda **told: None), counted=counted).primary_silent()

    def unreadable() -> float:
        raise Unobservable(Cause.UNREACHABLE, "nobody there")

    service.status = 502
    rising, under_way = iter([7.0, 10.0]), iter([7.0, 8.0])
    assert not silent(lambda: next(rising))
    assert silent(lambda: next(under_way))
    assert silent(unreadable)


def test_the_record_is_of_reports_and_decisions_with_their_instants(service: Service) -> None:
    feed: Any = Stub(
        user_reports=lambda *_: [Stub(report_id="RPT-1", submitted_at=SECOND)],
        decisions=lambda since, until: [Stub(risk_id="RSK-1", calculated_at=since)],
    )
    record = {"RPT-1": SECOND, "RSK-1": SECOND - timedelta(days=7)}

    assert blackout(service).on_record(feed) == record


LIMITS = {"failover_time": 60.0, "recovery_time": 3600.0, "loss_window": 15.0, "rows_lost": 0.0, "alerts_early": 0.0}


def lost(*, kept: set[str], restore: Callable[[], None] = lambda: None, **changes: Any) -> dict[str, Any]:
    """The figures of a loss: reports 1 and 2 were taken before the backup, 3 after it."""
    told: dict[str, Any] = {"status": 403, "ok": True, "answers": True, "alerts": 503, **changes}
    look = Look(page="/alerts/", begun=0, ended=0, status=told["alerts"])
    aged = datetime.now(UTC) - timedelta(minutes=6)
    record = {key: aged - timedelta(seconds=seconds) for key, seconds in told.get("record", {}).items()}
    watch = Stub(now=lambda: 0.0, looks=[look] * 10, until=lambda holds: holds(), answered=lambda _: told["answers"])
    checked = Stub(ok=told["ok"], checked=told.get("checked", 7))
    control = Stub(recover=lambda key, approvals: told["status"], integrity=lambda: checked)
    back = Stub(public=Stub(primary=None), control=control, feed=lambda: None)
    pair = Stub(lose=lambda: None, restore=restore, recover=lambda: None)
    scene: Any = Stub(
        pair=pair, back=lambda: back, watched=lambda *_: nullcontext(watch), recovery=lambda: "SG-1",
        approvals={"Ethical Governance Board": None}, record=record,
        on_record=lambda _: {key: record.get(key, aged) - told.get("apart", timedelta(0)) for key in kept},
    )  # fmt: skip
    clock = iter(range(10_000))
    drill = Drill(LIMITS, patience=5, pause=0, clock=lambda: float(next(clock)), sleep=lambda _: None)
    drill.measured("failover_time", 0.5, n=1)
    drill.count("rows_lost", "gone after the failover", [], n=2)
    times = told.get("times", {"1": -1, "2": -1, "3": 1})
    taken = [Taken(key=key, at=aged + timedelta(minutes=minutes)) for key, minutes in times.items()]
    downtime._loss(drill, scene, taken, aged)
    return dict(drill.outcome("a stub").figures)


def test_what_was_written_after_the_backup_is_the_loss_window_and_what_was_written_before_must_be_there() -> None:
    honest, lossy = lost(kept={"1", "2"}), lost(kept={"1"})

    assert honest["loss_window"].value == pytest.approx(6, abs=0.1)
    assert "1 of 1 reports accepted after it are gone" in honest["loss_window"].told
    assert (honest["rows_lost"].value, honest["rows_lost"].n) == (0, 4)
    assert (honest["alerts_early"].value, honest["alerts_early"].n) == (0, 11)
    assert 0 < honest["recovery_time"].value < 60
    assert lossy["rows_lost"].value == 1
    assert "gone after it was restored: 2" in lossy["rows_lost"].told


def test_what_a_backup_older_than_the_drill_holds_is_looked_for_in_what_it_restored() -> None:
    later, record = {"3": 1}, {"RPT-1": 3600, "RSK-1": 120, "RSK-2": 30, "RSK-3": -60}
    held = lost(kept={"RPT-1", "RSK-1"}, times=later, record=record)
    other = lost(kept={"RPT-9"}, times=later, record=record)
    alike = lost(kept={"RPT-1", "RSK-1"}, times=later, record=record, apart=timedelta(seconds=1))
    unknown = lost(kept={"RPT-9"}, times=later, record={"RSK-2": 30, "RSK-3": -60})

    assert (held["rows_lost"].value, held["rows_lost"].n) == (0, 4)  # two of the failover, and two that are old enough
    assert (other["rows_lost"].value, other["rows_lost"].told) == (
        2, "of before the backup and gone after it was restored: RPT-1, RSK-1"
    )  # fmt: skip
    assert alike["rows_lost"].value == 2  # of the same ids, and other ones
    assert (unknown["rows_lost"].value, unknown["rows_lost"].n) == (0, 0)
    assert "could be looked for in what it restored" in unknown["rows_lost"].told


def test_alerts_before_the_approval_and_a_recovery_that_nobody_approved_are_counted() -> None:
    assert lost(kept={"1", "2"}, alerts=200)["alerts_early"].value == 10
    assert lost(kept={"1", "2"}, status=200)["alerts_early"].value == 1


def test_records_that_are_never_in_order_are_no_recovery() -> None:
    assert lost(kept={"1", "2"}, ok=False)["recovery_time"].value == math.inf
    assert lost(kept={"1", "2"}, checked=0)["recovery_time"].value == math.inf


def test_a_backup_that_cannot_be_restored_is_no_recovery_and_nothing_is_said_of_its_alerts() -> None:
    def failing() -> None:
        raise Failed("restore: pg_restore ended with 1")

    for figures in (lost(kept=set(), restore=failing), lost(kept=set(), answers=False)):
        assert figures["recovery_time"].value == math.inf
        assert figures["alerts_early"].n == 0
        assert "nothing was restored" in figures["loss_window"].told
        assert figures["rows_lost"].n == 0  # of the backup nothing was seen, whatever the failover kept


def failover(*, silent: bool) -> dict[str, Any]:
    """The figures of a kill and a hang after which the public is served, and the primary is silent or not."""
    watch = Stub(
        now=lambda: 0.0, until=lambda holds: holds(), answered=lambda _: True, failed=lambda *_: (1, 9),
        gap=lambda *_: 0.5,
    )  # fmt: skip
    pair = Stub(hangs=True, **dict.fromkeys(("kill", "revive", "hang", "resume"), lambda: None))
    scene: Any = Stub(pair=pair, primary_serves=lambda: True, primary_silent=lambda: silent)
    drill = Drill(dict.fromkeys(("failover_time",), 60.0), patience=5, pause=0)
    downtime._failover(drill, scene, watch)  # type: ignore[arg-type]
    return dict(drill.outcome("a stub").figures)


def test_a_failover_is_none_while_the_primary_itself_still_answers() -> None:
    assert failover(silent=True)["failover_time"].value == 0.5
    with pytest.raises(Unobservable) as told:
        failover(silent=False)
    assert "the primary was not seen down after it was killed" in told.value.detail


def tried(serves: Sequence[bool], *, gap: float = 2.0, silent: Sequence[bool] = (True, True)) -> tuple[list[str], Any]:
    """What was done, and failover_time, where the primary is seen to serve or not before each way."""
    asked, seen, done = iter(serves), iter(silent), [""][:0]
    watch: Any = Stub(
        now=lambda: 0.0, until=lambda _: True, answered=lambda _: True, failed=lambda *_: (3, 20), gap=lambda *_: gap
    )
    words = ("kill", "revive", "hang", "resume")
    pair = Stub(hangs=True, **{word: partial(done.append, word) for word in words})
    scene: Any = Stub(pair=pair, primary_serves=lambda: next(asked), primary_silent=lambda: next(seen))
    drill = Drill({"failover_time": 60.0}, patience=5, pause=0)
    downtime._failover(drill, scene, watch)
    return done, drill.outcome("a stub").figures["failover_time"]


def test_a_way_that_was_not_tried_is_unseen_beside_what_was_read() -> None:
    done, sticky = tried([True, False])

    assert done == ["kill", "revive"]
    assert sticky.n == 0  # never MET
    assert "killed: 3 of 20 looks failed, longest gap 2.00 s; not made to hang: " in sticky.told
    assert "hand the public back to the primary" in sticky.told
    assert tried([True, True])[1].n == 40


def test_a_front_that_is_elsewhere_from_the_start_leaves_both_ways_untried() -> None:
    done, figure = tried([False])

    assert (done, figure.n) == ([], 0)
    assert figure.told.startswith("not killed, not made to hang: ")


def test_a_breach_stays_one_whatever_was_not_tried() -> None:
    assert (tried([True, False], gap=61)[1].value, tried([True, False], gap=61)[1].n) == (61, 20)


def test_a_hang_that_is_none_leaves_what_the_kill_showed() -> None:
    done, figure = tried([True, True], silent=(True, False))
    slow = tried([True, True], silent=(True, False), gap=61)[1]

    assert done == ["kill", "revive", "hang", "resume"]
    assert figure.n == 0
    assert "not made to hang: the primary was not seen down" in figure.told
    assert (slow.value, slow.n) == (61, 20)
