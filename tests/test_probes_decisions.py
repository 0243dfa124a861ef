"""Decision logs in files: instants mean the same everywhere, and no row is left out without a word."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.columns import Columns
from junzi_audit.probes.decisions_node import NodeDecisions
from junzi_audit.probes.decisions_stored import StoredDecisions
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.scan_engines import Source
from junzi_audit.records import ScoredDecision

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
COLUMNS = Columns(
    cluster="who", decided="flag", decided_positive="1", outcome="ruling", outcome_positive="upheld",
    attributes=("party",), time="at",
)  # fmt: skip
HEAD = "who,flag,ruling,party,at\n"
Log = Callable[[str | bytes], StoredDecisions]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    def write(body: str | bytes) -> StoredDecisions:
        path = tmp_path / "log.csv"
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        (tmp_path / "run").mkdir(exist_ok=True)
        return stored(path, Store(tmp_path / "run"))

    return write


def stored(path: Path, store: Store, **more: str) -> StoredDecisions:
    return StoredDecisions(Source(kind="csv", place=str(path), name=path.name), COLUMNS, store, now=UNTIL, **more)


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Tokyo"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


def test_an_instant_means_the_same_wherever_we_run(zone: str, log: Log) -> None:
    rows = [
        "in,1,upheld,A,2026-03-01T00:00:00Z", "out,1,upheld,A,2026-02-28T23:59:59Z",
        "in,1,upheld,A,2026-03-01T23:59:59",
        "out,1,upheld,A,2026-03-02T00:00:00", "in,0,dismissed,A,2026-03-02T01:00:00+02:00",
    ]  # fmt: skip
    (party,) = log(HEAD + "\n".join(rows)).groups(SINCE, UNTIL).counts.attributes

    (group,) = party.groups
    assert (group.selection.n, group.selection.hits, group.negatives.n, group.selection.clusters) == (3, 2, 1, 1)


def test_missing_values_stay_missing(log: Log) -> None:
    rows = [",,,,2026-03-01T01:00:00Z", "a,,,,2026-03-01T01:00:00Z", "a,1,,,2026-03-01T01:00:00Z", "a,1,,A,2026-03-01"]
    (party,) = log(HEAD + "\n".join([*rows, "a,1,,A,yesterday"])).groups(SINCE, UNTIL).counts.attributes
    assert {left.reason: left.rows for left in party.excluded} == {
        "no entity": 1, "no decision": 1, "no group value": 1, "no time": 1,
    }  # fmt: skip
    assert (party.groups[0].unlabelled, party.groups[0].labels.n) == (1, 0)


@pytest.mark.parametrize(
    "body",
    ["who,flag\na,1", "", b"\xff\xfe\x00\x01", b"\x00" * 99,
     HEAD + 'a,"1,upheld,A,2026-03-01T01:00:00Z'],
)  # fmt: skip
def test_a_file_that_cannot_be_read_whole_is_malformed(body: str | bytes, log: Log) -> None:
    with pytest.raises(Unobservable) as caught:
        log(body).groups(SINCE, UNTIL)
    assert caught.value.cause is Cause.MALFORMED
    assert len(str(caught.value)) < 500


def test_a_log_that_stops_before_its_interval_ends_is_stale(log: Log) -> None:
    stopped = log(HEAD + "a,1,upheld,A,2026-03-01T01:00:00Z")
    assert stopped.groups(SINCE, UNTIL).counts.rows == 1
    with pytest.raises(Unobservable) as caught:
        stopped.groups(SINCE, UNTIL + timedelta(days=1))
    assert caught.value.cause is Cause.STALE
    assert stopped.groups(UNTIL, UNTIL + timedelta(days=9)).counts.rows == 0, "no row at all is for the measures to say"


def test_a_log_with_a_hole_is_stale(log: Log) -> None:
    days = [f"a,1,upheld,A,2026-03-{day:02}T01:00:00Z" for day in (1, 2, 4, 5)]
    whole, holed = log(HEAD + "\n".join(days)), (SINCE, SINCE + timedelta(days=5))
    with pytest.raises(Unobservable, match="nothing on 2026-03-03") as caught:
        whole.groups(*holed)
    assert caught.value.cause is Cause.STALE
    assert whole.groups(SINCE, SINCE + timedelta(days=2)).counts.rows == 2
    with pytest.raises(Unobservable, match="nothing on 7 days from 2026-02-22 to 2026-02-28"):
        whole.groups(SINCE - timedelta(days=7), SINCE + timedelta(days=2))


def test_a_hole_is_told_beside_what_is_counted(log: Log) -> None:
    days = [f"a,1,upheld,A,2026-03-{day:02}T01:00:00Z" for day in (1, 2, 4, 5)]
    found = log(HEAD + "\n".join(days)).groups(SINCE, SINCE + timedelta(days=5), holes=True)
    assert found.counts.rows == 4
    assert found.hole is not None
    assert (found.hole.cause, "nothing on 2026-03-03" in found.hole.detail) == (Cause.STALE, True)
    assert log(HEAD + days[0]).groups(SINCE, UNTIL, holes=True).hole is None


class Fed(Feed):
    """A feed with a decision an hour, but for the hours left out."""

    def __init__(self, *, hours: Iterable[int]) -> None:
        self._hours = tuple(hours)
        self.relied_on: list[tuple[datetime, datetime]] = []

    def rely_on_decisions(self, since: datetime, until: datetime) -> None:
        self.relied_on.append((since, until))

    def decisions(self, since: datetime, until: datetime) -> list[ScoredDecision]:
        instants = [UNTIL - timedelta(hours=hour, minutes=30) for hour in self._hours]
        return [
            ScoredDecision(
                risk_id=f"r{at:%d%H}", entity_id="e", calculated_at=at, risk_value=5, flagged=True, outcome="upheld",
                adjudicated_at=at, party="A", jurisdiction="S", role="x", region="N", bias_audit_id="b",
                bias_audit="passed", model_version="m",
            )
            for at in sorted(instants) if since <= at < until
        ]  # fmt: skip


def test_a_day_left_out_long_ago_hides_nothing_of_today(tmp_path: Path) -> None:
    fed = Fed(hours=(hour for hour in range(42 * 24) if not 30 * 24 < hour < 31 * 24 + 2))
    log = NodeDecisions(
        fed, attributes=("party",), grids=[], categories=(), reach=timedelta(days=42), now=UNTIL, folder=tmp_path
    )
    month, before = (UNTIL - timedelta(days=28), UNTIL), (UNTIL - timedelta(days=42), UNTIL - timedelta(days=14))

    assert log.groups(*month).counts.rows == 28 * 24
    assert len(log.looks(before[0], UNTIL, maturity=timedelta(0))["party"].selection) > 39
    with pytest.raises(Unobservable, match="the decision log tells nothing from 2026-01-29"):
        log.groups(*before)
    holed = log.levels(*before, maturity=timedelta(days=14), holes=True)
    assert holed.counts.rows == 28 * 24 - 25
    assert holed.hole is not None
    assert log.values(*before, holes=True).hole == holed.hole
    with pytest.raises(Unobservable) as caught:
        log.values(*before)
    assert caught.value.cause is Cause.STALE


def test_a_node_is_asked_once_and_every_duty_relies_on_what_it_answered(tmp_path: Path) -> None:
    fed = Fed(hours=range(42 * 24))
    log = NodeDecisions(
        fed, attributes=("party",), grids=[], categories=(), reach=timedelta(days=42), now=UNTIL, folder=tmp_path
    )
    month = (UNTIL - timedelta(days=28), UNTIL)
    first = log.groups(*month)
    assert fed.relied_on == []
    assert log.groups(*month) is first
    assert log.groups(*month, maturity=timedelta(days=1)) is not first
    assert fed.relied_on == [(UNTIL - timedelta(days=42), UNTIL)] * 2


def test_a_stored_log_is_asked_once_and_every_duty_relies_on_what_it_answered(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(HEAD + "a,1,upheld,A,2026-03-01T01:00:00Z\n")
    (tmp_path / "run").mkdir()
    store = Store(tmp_path / "run")
    recorded = stored(path, store)

    told = []
    for duty in ("first", "second"):
        store.begin(duty)
        told.append((answers(recorded), [(each.query, each.sha256) for each in store.end()]))
        path.unlink(missing_ok=True)
    assert told[0] == told[1]
    assert [query.split(" of ")[0] for query, _ in told[0][1]] == [
        "FILE log.csv", "SCAN groups", "FILE log.csv", "SCAN looks matured 1 d", "FILE log.csv", "SCAN values",
    ]  # fmt: skip


def test_a_log_that_has_only_begun_has_looks_from_then_on(tmp_path: Path) -> None:
    log = NodeDecisions(
        Fed(hours=range(5 * 24)), attributes=("party",), grids=[], categories=(), reach=timedelta(days=42), now=UNTIL,
        folder=tmp_path,
    )  # fmt: skip
    looks = log.looks(UNTIL - timedelta(days=42), UNTIL, maturity=timedelta(0))["party"].selection
    assert [look.day for look in looks] == [date(2026, 2, 25) + timedelta(days=n) for n in range(5)]
    recent = log.groups(UNTIL - timedelta(days=28), UNTIL, holes=True)
    assert recent.counts.rows == 5 * 24
    assert "nothing from 2026-02-02" in recent.untold


def answers(log: StoredDecisions) -> tuple[object, ...]:
    whole = (SINCE, UNTIL)
    return log.groups(*whole), log.looks(*whole, maturity=UNTIL - SINCE), log.values(*whole)


def test_a_replay_gives_the_answers_of_the_run(log: Log, tmp_path: Path) -> None:
    body = HEAD + "a,1,upheld,A,2026-03-01T01:00:00Z"
    recorded = log(body)
    live = (
        recorded.groups(SINCE, UNTIL),
        recorded.looks(SINCE, UNTIL, maturity=UNTIL - SINCE),
        recorded.values(SINCE, UNTIL),
    )
    (tmp_path / "log.csv").unlink()
    (tmp_path / "again").mkdir()
    again = Store(tmp_path / "again", replay=Archive(tmp_path / "run"))

    replayed = stored(tmp_path / "log.csv", again)
    assert (
        replayed.groups(SINCE, UNTIL),
        replayed.looks(SINCE, UNTIL, maturity=UNTIL - SINCE),
        replayed.values(SINCE, UNTIL),
    ) == live


def test_a_file_that_is_not_there_or_not_the_pinned_one_is_said(log: Log, tmp_path: Path) -> None:
    log(HEAD)
    store = Store(tmp_path / "run")
    with pytest.raises(Unobservable) as gone:
        stored(tmp_path / "none.csv", store, remedy="; fetch it").groups(SINCE, UNTIL)
    with pytest.raises(Unobservable) as altered:
        stored(tmp_path / "log.csv", store, sha256="0" * 64).groups(SINCE, UNTIL)

    assert gone.value.cause is Cause.NOT_CONFIGURED
    assert "fetch it" in gone.value.detail
    assert altered.value.cause is Cause.MALFORMED
