"""Request counts from a real Prometheus server, against the requests planted in its history."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.measures import coverage
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Bounds
from junzi_audit.probes.prometheus import PrometheusHistory
from junzi_audit.probes.surface import Surface
from junzi_audit.records import MinuteCount
from tests.hostile import Hostile, Looking, answers, looking, server

__all__ = ["looking", "server"]

NEEDED = ("prometheus", "promtool")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
needs_prometheus = pytest.mark.skipif(bool(MISSING), reason=f"not installed here: {', '.join(MISSING)}")

SCRAPE = 15
BEGIN = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=6)
END = BEGIN + timedelta(hours=4)
RESET, GAP, LATE, SECOND = (BEGIN + timedelta(minutes=minutes) for minutes in (50, 100, 170, 200))
A, B = "/junzi/api/v1/alerts/", "/junzi/api/v1/promises/{entity_id}"
Key = tuple[str, str, str]


class Planted:
    """Counters as a node would keep them, scraped every 15 s, and what an honest reader must find in them."""

    def __init__(self) -> None:
        self.samples: dict[str, list[str]] = defaultdict(list)
        self.minutes: Counter[tuple[datetime, str, int]] = Counter()
        self.slow: Counter[tuple[datetime, str]] = Counter()
        requests: Counter[Key] = Counter()
        fast: Counter[tuple[str, str]] = Counter()
        shown: set[Key] = set()
        at = BEGIN
        while at < END:
            if at == RESET:
                requests, fast = Counter(), Counter()
            for instance, endpoint, status, count, slow in self._asked(at):
                requests[instance, endpoint, status] += count
                fast[instance, endpoint] += count - slow
                self._expect(at, (instance, endpoint, status), count, slow, shown)
            if not GAP <= at < GAP + timedelta(minutes=40):
                self._scrape(at, requests, fast)
                shown |= set(requests)
            at += timedelta(seconds=SCRAPE)

    @staticmethod
    def _asked(at: datetime) -> Iterator[tuple[str, str, str, int, int]]:
        turn = int((at - BEGIN).total_seconds()) // SCRAPE
        yield "one:9090", A, "200", 3 + turn % 5, turn % 2
        yield "one:9090", B, "200", 2, 0
        if turn % 40 == 3:
            yield "one:9090", A, "503", 2, 0
        if at >= LATE and turn % 7 == 0:
            yield "one:9090", B, "404", 1, 0
        if at >= SECOND:
            yield "two:9090", A, "200", 10, 4

    def _expect(self, at: datetime, key: Key, count: int, slow: int, shown: set[Key]) -> None:
        """A gap is counted where it ends; the very first scrape of a process tells what was before it, not now."""
        instance, endpoint, status = key
        if GAP <= at < GAP + timedelta(minutes=40):
            at = GAP + timedelta(minutes=40)
        if any(known == instance for known, _, _ in shown):
            minute = at.replace(second=0)
            self.minutes[minute, endpoint, int(status)] += count
            self.slow[minute, endpoint] += slow

    def _scrape(self, at: datetime, requests: Counter[Key], fast: Counter[tuple[str, str]]) -> None:
        stamp = f"{at.timestamp():.0f}"
        for (instance, endpoint, status), value in requests.items():
            labels = f'endpoint="{endpoint}",method="GET",status="{status}",instance="{instance}",job="junzi"'
            self.samples["junzi_http_requests"].append(f"junzi_http_requests_total{{{labels}}} {value} {stamp}")
        for (instance, endpoint), value in fast.items():
            labels = f'endpoint="{endpoint}",instance="{instance}",job="junzi",le='
            name = "junzi_http_request_duration_seconds_bucket"
            everything = sum(count for key, count in requests.items() if key[:2] == (instance, endpoint))
            self.samples["junzi_http_request_duration_seconds"] += [
                f'{name}{{{labels}"0.5"}} {value} {stamp}', f'{name}{{{labels}"+Inf"}} {everything} {stamp}',
            ]  # fmt: skip

    def text(self) -> str:
        kinds = {"junzi_http_requests": "counter", "junzi_http_request_duration_seconds": "histogram"}
        lines = [line for name, kind in kinds.items() for line in (f"# TYPE {name} {kind}", *self.samples[name])]
        return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="session")
def planted() -> Planted:
    return Planted()


@pytest.fixture(scope="session")
def prometheus(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "history.txt").write_text(planted.text())
    (folder / "p.yml").write_text("scrape_configs: []\n")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "history.txt", folder / "data"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            ["prometheus", f"--config.file={folder / 'p.yml'}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address={address}"], stdout=said, stderr=said,
        )  # fmt: skip
        try:
            yield _ready(f"http://{address}", process, folder / "said")
        finally:
            process.terminate()
            process.wait(timeout=10)


def _ready(url: str, process: subprocess.Popen[bytes], said: Path) -> str:
    for _ in range(200):
        assert process.poll() is None, said.read_text()
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                return url
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"Prometheus did not start: {said.read_text()}")


def history(looking: Looking, url: str) -> PrometheusHistory:
    return PrometheusHistory(Surface(looking.transport, node=url, base="", bounds=Bounds(size=64_000_000)))


def counted(rows: tuple[MinuteCount, ...]) -> dict[tuple[datetime, str, int], int]:
    return {(row.minute, row.endpoint, row.status): row.count for row in rows if row.count}


def slow(rows: tuple[MinuteCount, ...]) -> dict[tuple[datetime, str], int]:
    found: Counter[tuple[datetime, str]] = Counter()
    for row in rows:
        assert 0 <= row.slow <= row.count
        found[row.minute, row.endpoint] += row.slow
    return {key: value for key, value in found.items() if value}


@needs_prometheus
@pytest.mark.parametrize(("since", "until"), [(BEGIN, END), (BEGIN + timedelta(hours=1), END - timedelta(minutes=20))])
def test_every_planted_request_is_counted_in_its_minute(
    since: datetime, until: datetime, planted: Planted, prometheus: str, looking: Looking
) -> None:
    rows = history(looking, prometheus)(since, until)

    assert counted(rows) == {key: count for key, count in planted.minutes.items() if since <= key[0] < until}
    assert slow(rows) == {key: count for key, count in planted.slow.items() if count and since <= key[0] < until}


@needs_prometheus
def test_a_reset_a_late_series_and_a_late_process_are_understood(
    planted: Planted, prometheus: str, looking: Looking
) -> None:
    found = counted(history(looking, prometheus)(BEGIN, END))

    assert found[RESET, A, 200] == planted.minutes[RESET, A, 200] < 30
    assert min(minute for minute, endpoint, status in found if (endpoint, status) == (B, 404)) - LATE < timedelta(
        minutes=2
    )
    assert sum(found.values()) == sum(planted.minutes.values())


@needs_prometheus
def test_a_gap_in_scraping_is_no_quiet_time(prometheus: str, looking: Looking) -> None:
    rows = history(looking, prometheus)(BEGIN, END)

    missing = coverage.gap([row.minute for row in rows], BEGIN, END, what="request counts")
    assert missing is not None
    assert missing.cause is Cause.STALE
    assert f"nothing from {GAP - timedelta(minutes=1):%Y-%m-%d %H:%M}" in missing.detail


@needs_prometheus
def test_a_minute_without_requests_is_scraped_all_the_same(prometheus: str, looking: Looking) -> None:
    rows = history(looking, prometheus)(BEGIN, BEGIN + timedelta(minutes=30))

    assert len({row.minute for row in rows if row.endpoint == A and row.status == 503}) >= 28


@needs_prometheus
def test_a_server_that_knows_nothing_of_the_interval_is_stale(prometheus: str, looking: Looking) -> None:
    with pytest.raises(Unobservable) as caught:
        history(looking, prometheus)(BEGIN - timedelta(days=2), BEGIN - timedelta(days=1))
    assert caught.value.cause is Cause.STALE


@needs_prometheus
def test_another_api_of_it_is_no_history(prometheus: str, looking: Looking) -> None:
    with pytest.raises(Unobservable) as caught:
        history(looking, f"{prometheus}/nowhere")(BEGIN, END)
    assert caught.value.cause is Cause.MALFORMED


def matrix(*values: list[Any], warnings: Any = (), **metric: str) -> bytes:
    series = {"metric": {"endpoint": A, "status": "200", **metric}, "values": values}
    return json.dumps({"status": "success", "data": {"result": [series]}, "warnings": warnings}).encode()


AT = (BEGIN + timedelta(minutes=5)).timestamp()
BAD = {
    "html": b"<html></html>",
    "no data": b'{"status": "error"}',
    "a NaN": matrix([AT, "1"], [AT + 15, "NaN"]),
    "infinite": matrix([AT, "1"], [AT + 15, "+Inf"]),
    "negative": matrix([AT, "1"], [AT + 15, "-3"]),
    "words": matrix([AT, "one"], [AT + 15, "two"]),
    "5,000 digits": matrix([AT, "1"], [AT + 15, "9" * 5000]),
    "a status of words": matrix([AT, "1"], [AT + 15, "2"], status="teapot"),
    "no status": matrix([AT, "1"], [AT + 15, "2"], status=""),
    "a status of no HTTP": matrix([AT, "1"], [AT + 15, "2"], status="0"),
    "another status of no HTTP": matrix([AT, "1"], [AT + 15, "2"], status="999"),
    "an instant beyond the calendar": matrix([AT, "1"], [1e300, "2"]),
    "in part only": matrix([AT, "1"], [AT + 15, "2"], warnings=["a store did not answer"]),
    "a number": b"5",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_history_is_malformed(name: str, server: Hostile, looking: Looking) -> None:
    server.pages["/api/v1/query"] = answers(BAD[name])

    with pytest.raises(Unobservable) as caught:
        history(looking, server.url)(BEGIN, END)
    assert caught.value.cause is Cause.MALFORMED


def test_requests_whose_time_nobody_counted_are_not_taken_for_fast(server: Hostile, looking: Looking) -> None:
    def play(peer: socket.socket, nth: int) -> None:
        asked = server.heard[-1]
        empty = b'{"data": {"result": []}}'
        answers(empty if b"bucket" in asked else matrix([AT, "1"], [AT + 15, "2"]))(peer, nth)

    server.pages["/api/v1/query"] = play

    with pytest.raises(Unobservable, match="no bucket"):
        history(looking, server.url)(BEGIN, END)
