"""The downtime drill: what a watch sees of an outage, how a pair is brought down and back, what a target may say."""

from __future__ import annotations

import json
import math
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace as Stub
from typing import Any

import pytest

from junzi_audit.declared.downtime import Downtime, Failed, mistakes
from junzi_audit.drills import downtime
from junzi_audit.drills.drill import Drill
from junzi_audit.drills.watch import Look, Taken, Watch
from junzi_audit.model import Cause, Unobservable
from junzi_audit.pairs import NamedPair
from junzi_audit.probes.asking import Ask

SECOND = datetime(2026, 11, 23, tzinfo=UTC)


class Service:
    """A page and a place for reports, whose answers a test changes while it is watched."""

    def __init__(self) -> None:
        self.status, self.reports = 200, 0
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(service.status, {})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                service.reports += 1
                self.answer(201 if service.status == 200 else service.status, {"report_id": f"RPT-{service.reports}"})

            def answer(self, status: int, told: dict[str, str]) -> None:
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
    reads = [Ask(probe="watch", url=f"{service.url}/{page}") for page in ("a", "b")]
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
        service.status = 429  # it counts our requests, so it is there
        assert watch.until(lambda: watch.answered(begun))
        ended = watch.now()
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

    with Watch([Ask(probe="watch", url=service.url)], broken, pace=0.01) as watch, pytest.raises(Unobservable) as told:
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
        (Downtime(command_seconds=0), False, "command_seconds: 0 is not above 0"),
    ],
)
def test_what_is_wrong_with_the_table_is_told(table: Downtime, launched: bool, told: str) -> None:
    assert any(told in each for each in mistakes(table, launched=launched))


def test_what_the_drill_needs_is_named() -> None:
    assert Downtime().missing(launched=True) == "nodes"
    assert Downtime(kill=("x",), revive=("y",)).missing(launched=False) == "restore"
    assert not list(mistakes(None, launched=True))


LIMITS = {"failover_time": 60.0, "recovery_time": 3600.0, "loss_window": 15.0, "rows_lost": 0.0, "alerts_early": 0.0}


def lost(*, kept: set[str], restore: Callable[[], None] = lambda: None, **changes: Any) -> dict[str, Any]:
    """The figures of a loss: reports 1 and 2 were taken before the backup, 3 after it."""
    told: dict[str, Any] = {"status": 403, "ok": True, "answers": True, "alerts": 503, **changes}
    look = Look(page="/alerts/", begun=0, ended=0, status=told["alerts"])
    watch = Stub(now=lambda: 0.0, looks=[look] * 10, until=lambda holds: holds(), answered=lambda _: told["answers"])
    control = Stub(recover=lambda key, approvals: told["status"], integrity=lambda: Stub(ok=told["ok"]))
    back = Stub(public=Stub(primary=None), control=control, reports=lambda: frozenset(kept))
    pair = Stub(lose=lambda: None, restore=restore, recover=lambda: None)
    scene: Any = Stub(
        pair=pair, back=lambda: back, watched=lambda *_: nullcontext(watch), recovery=lambda: "SG-1",
        approvals={"Ethical Governance Board": None},
    )  # fmt: skip
    clock = iter(range(10_000))
    drill = Drill(LIMITS, patience=5, pause=0, clock=lambda: float(next(clock)), sleep=lambda _: None)
    drill.measured("failover_time", 0.5, n=1)
    drill.count("rows_lost", "gone after the failover", [], n=2)
    aged = datetime.now(UTC) - timedelta(minutes=6)
    times = {"1": -1, "2": -1, "3": 1}
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
    assert "gone after the restoring: 2" in lossy["rows_lost"].told


def test_alerts_before_the_approval_and_a_recovery_that_nobody_approved_are_counted() -> None:
    assert lost(kept={"1", "2"}, alerts=200)["alerts_early"].value == 10
    assert lost(kept={"1", "2"}, status=200)["alerts_early"].value == 1


def test_records_that_are_never_in_order_are_no_recovery() -> None:
    assert lost(kept={"1", "2"}, ok=False)["recovery_time"].value == math.inf


def test_a_backup_that_cannot_be_restored_is_no_recovery_and_nothing_is_said_of_its_alerts() -> None:
    def failing() -> None:
        raise Failed("restore: pg_restore ended with 1")

    for figures in (lost(kept=set(), restore=failing), lost(kept=set(), answers=False)):
        assert figures["recovery_time"].value == math.inf
        assert figures["alerts_early"].n == 0
        assert "nothing was restored" in figures["loss_window"].told
        assert figures["rows_lost"].n == 2
