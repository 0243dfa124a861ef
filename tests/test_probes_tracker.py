"""Tickets from doubles of GitHub, GitLab and Gitea: every page, the key to nobody else, a cause for every failure."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes import tracker as probe
from junzi_audit.probes.surface import Surface
from junzi_audit.probes.tracker import Tracker
from junzi_audit.probes.tracker_dialects import DIALECTS
from junzi_audit.probes.transport import Transport
from junzi_audit.seen.tickets import Ticket
from tests.hostile import BOUNDS
from tests.trackers import MOST, TOKEN, Double, row

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
SINCE = NOW - timedelta(weeks=13)
KINDS = ("github", "gitlab", "gitea")
LABELS = {"Severity/High": "high", "severity::critical": "critical", "low": "low"}


def ago(**span: float) -> str:
    return iso(NOW - timedelta(**span))


def rows(kind: str) -> list[dict[str, Any]]:
    """Three pages of open tickets, of which the oldest was touched by nobody for a year, and two pages of closed."""
    open_ones = [row(kind, n, ago(days=400 - 10 * n), "", "low") for n in range(1, 2 * MOST + 3)]
    shut = [row(kind, 100 + n, ago(days=200), ago(days=20 + n), "LOW") for n in range(MOST + 2)]
    long_ago = [row(kind, 300, ago(days=500), ago(days=300), "low")]
    return open_ones + shut + long_ago


@pytest.fixture(params=KINDS)
def double(request: pytest.FixtureRequest) -> Iterator[Double]:
    with contextlib.closing(Double(request.param, rows(request.param))) as made:
        yield made


def looked(double: Double, store: Store, *, url: str = "", keys: dict[str, str] | None = None) -> tuple[Ticket, ...]:
    dialect = DIALECTS[double.kind]
    with contextlib.closing(Transport(store)) as transport:
        surface = Surface(
            transport, node=url or double.url, base="", header=dialect.header, scheme=dialect.scheme, key_env="T_T",
            bounds=BOUNDS, keys={"T_T": TOKEN} if keys is None else keys, cite=store.cite,
        )  # fmt: skip
        return Tracker(surface, dialect, LABELS).tickets(SINCE, NOW)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    folder = tmp_path / "run"
    folder.mkdir()
    yield Store(folder)
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert TOKEN.encode() not in written
    assert b"secret-text" not in written


def refused(double: Double, store: Store, **how: Any) -> Unobservable:
    with pytest.raises(Unobservable) as raised:
        looked(double, store, **how)
    assert TOKEN not in raised.value.detail
    return raised.value


def test_every_page_of_both_lists_is_read_and_nothing_that_closed_long_ago(double: Double, store: Store) -> None:
    found = looked(double, store)
    assert [each.id for each in found if each.closed is None] == [f"#{n}" for n in range(1, 2 * MOST + 3)]
    assert {each.id for each in found if each.closed} == {f"#{100 + n}" for n in range(MOST + 2)}
    assert {each.severity for each in found} == {"low"}


def test_a_ticket_in_both_lists_is_open(store: Store) -> None:
    again = row("github", 1, ago(days=400), ago(days=1))
    with contextlib.closing(Double("github", [row("github", 1, ago(days=400)), again])) as double:
        assert [each.closed for each in looked(double, store)] == [None]


def test_an_open_ticket_that_nobody_touched_for_a_year_is_found(double: Double, store: Store) -> None:
    assert looked(double, store)[0] == Ticket(
        id="#1", title="Ticket 1", opened=NOW - timedelta(days=390), closed=None, severity="low",
        url="https://tickets.example/1",
    )  # fmt: skip


def test_a_replay_sees_the_same_tickets_with_nobody_there(double: Double, store: Store, tmp_path: Path) -> None:
    live = looked(double, store)
    double.close()
    (tmp_path / "again").mkdir()
    replay = Store(tmp_path / "again", replay=Archive(tmp_path / "run"))
    assert looked(double, replay) == live
    assert len(live) == 3 * MOST + 4


def test_a_pull_request_is_no_ticket(store: Store) -> None:
    pull = row("github", 2, ago(days=1), "", pull_request={"url": "https://api.example/pulls/2"})
    with contextlib.closing(Double("github", [row("github", 1, ago(days=2)), pull])) as double:
        assert [each.id for each in looked(double, store)] == ["#1"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_gravest_of_its_labels_is_a_tickets_severity(kind: str, store: Store) -> None:
    labels = {1: ("severity::critical", "low"), 2: ("SEVERITY/HIGH", "ui"), 3: ("ui",), 4: ()}
    listed = [row(kind, n, ago(days=9 - n), "", *each) for n, each in labels.items()]
    with contextlib.closing(Double(kind, listed)) as double:
        assert [each.severity for each in looked(double, store)] == ["critical", "high", None, None]


def test_what_happens_after_now_has_not_happened(store: Store) -> None:
    later = iso(NOW + timedelta(minutes=1))
    listed = [row("gitea", 1, ago(days=3), later), row("gitea", 2, later)]
    with contextlib.closing(Double("gitea", listed)) as double:
        assert [(each.id, each.closed) for each in looked(double, store)] == [("#1", None)]


def test_an_imported_ticket_without_a_closing_time_was_closed_by_its_last_change(store: Store) -> None:
    listed = [row("gitlab", 1, ago(days=30), ago(days=3)) | {"closed_at": None}]
    with contextlib.closing(Double("gitlab", listed)) as double:
        assert [each.closed for each in looked(double, store)] == [NOW - timedelta(days=3)]


def test_personal_data_in_a_title_is_masked_and_half_a_character_replaced(store: Store) -> None:
    listed = [row("github", 1, ago(days=3)) | {"title": "write to jane.doe@mail.example \ud800"}]
    with contextlib.closing(Double("github", listed)) as double:
        (found,) = looked(double, store)
    assert "jane.doe" not in found.title
    assert found.title.endswith("?")


def test_the_key_is_sent_as_the_dialect_wants_it_and_a_wrong_one_is_told(double: Double, store: Store) -> None:
    assert refused(double, store, keys={"T_T": "wrong-key-wrong-key"}).cause is Cause.UNAUTHORISED
    assert looked(double, store)
    assert all("junzi-audit" in headers["user-agent"] for _, headers in double.heard)


def test_a_missing_key_is_told_by_the_variables_name(double: Double, store: Store) -> None:
    error = refused(double, store, keys={})
    assert (error.cause, double.heard) == (Cause.UNAUTHORISED, [])
    assert "T_T" in error.detail


def test_a_wrong_project_is_not_an_empty_one(double: Double, store: Store) -> None:
    assert refused(double, store, url=double.url + "x").cause is Cause.NOT_CONFIGURED


@pytest.mark.parametrize(
    ("status", "headers", "cause"),
    [
        (403, {"X-RateLimit-Remaining": "0"}, Cause.THROTTLED), (403, {"Retry-After": "60"}, Cause.THROTTLED),
        (429, {"Retry-After": "60"}, Cause.THROTTLED), (403, {"X-RateLimit-Remaining": "7"}, Cause.UNAUTHORISED),
        (403, {}, Cause.UNAUTHORISED), (410, {}, Cause.NOT_CONFIGURED), (500, {}, Cause.SERVER_ERROR),
    ],
)  # fmt: skip
def test_each_refusal_has_its_cause(
    double: Double, store: Store, status: int, headers: dict[str, str], cause: Cause
) -> None:
    double.bend = lambda *_: (status, headers, b'{"message": "no"}')
    assert refused(double, store).cause is cause


@pytest.mark.parametrize(
    "body", [b"[{", b"<html></html>", b"{}", b'[{"number": "1"}]', b'["x"]', b"[" * 100_000, b"[NaN]", b""]
)
def test_what_is_no_list_of_tickets_is_malformed(double: Double, store: Store, body: bytes) -> None:
    double.bend = lambda status, headers, _: (status, headers, body)
    assert refused(double, store).cause is Cause.MALFORMED


@pytest.mark.parametrize(
    "where",
    ["http://127.0.0.2:{port}", "https://127.0.0.1:{port}", "//evil.example", "http://127.0.0.1:{port}@evil.example"],
)
def test_the_key_goes_to_no_other_host(where: str, store: Store) -> None:
    with contextlib.closing(Double("github", rows("github"))) as double:
        onward = where.format(port=double.host.rpartition(":")[2])
        double.bend = lambda status, headers, body: (status, {"Link": f'<{onward}/issues?page=2>; rel="next"'}, body)
        assert refused(double, store).cause is Cause.REDIRECTED
        assert len(double.heard) == 1


def test_the_key_follows_no_redirect_to_another_host(double: Double, store: Store) -> None:
    double.bend = lambda *_: (302, {"Location": "http://127.0.0.2:1/issues"}, b"")
    assert refused(double, store).cause is Cause.REDIRECTED


def test_a_link_leads_to_our_own_address_whatever_path_it_names(store: Store) -> None:
    with contextlib.closing(Double("github", rows("github"))) as double:
        looked(double, store)
        assert {path.partition("?")[0] for path, _ in double.heard} == {f"{double.path}/issues"}


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_word_on_further_pages_only_an_empty_one_is_the_end(kind: str, store: Store) -> None:
    with contextlib.closing(Double(kind, rows(kind))) as double:
        double.bend = lambda status, headers, body: (status, {}, body)
        assert len(looked(double, store)) == 3 * MOST + 4


def test_fewer_tickets_than_told_of_are_not_all(store: Store) -> None:
    with contextlib.closing(Double("gitea", rows("gitea"))) as double:
        double.bend = lambda status, headers, body: (status, {"X-Total-Count": "999"}, body)
        error = refused(double, store)
    assert (error.cause, "of the 999" in error.detail) == (Cause.MALFORMED, True)


@pytest.mark.parametrize(
    ("kind", "headers", "told"),
    [
        ("gitlab", {"X-Next-Page": "", "X-Total": "250"}, "of the 250"),
        ("github", {"Link": '<https://api.example/issues?page=9>; rel="last"'}, "page 1 of the 9"),
    ],
)
def test_a_list_that_ends_before_what_it_tells_of_is_malformed(
    kind: str, headers: dict[str, str], told: str, store: Store
) -> None:
    with contextlib.closing(Double(kind, rows(kind))) as double:
        double.bend = lambda status, _, body: (status, headers, body)
        error = refused(double, store)
    assert (error.cause, told in error.detail) == (Cause.MALFORMED, True)


@pytest.mark.parametrize("state", ["reopened", "Opened", "locked", ""])
def test_a_state_of_no_dialect_is_malformed(double: Double, store: Store, state: str) -> None:
    listed = json.dumps([double.rows[0] | {"state": state}]).encode()
    double.bend = lambda status, headers, _: (status, {}, listed)
    error = refused(double, store)
    assert (error.cause, "neither 'open" in error.detail) == (Cause.MALFORMED, True)


def test_a_page_that_comes_again_is_told(double: Double, store: Store) -> None:
    first = json.dumps(double.rows[:MOST]).encode()
    double.bend = lambda status, headers, body: (status, {}, first)
    assert "repeats" in refused(double, store).detail


def test_a_list_without_an_end_has_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_MOST_PAGES", 2)
    with contextlib.closing(Double("gitlab", rows("gitlab"))) as double:
        assert refused(double, store).cause is Cause.TOO_LARGE
        assert len(double.heard) == 2


def test_a_ticket_of_the_far_future_is_no_ticket(double: Double, store: Store) -> None:
    double.rows = [row(double.kind, 1, iso(NOW + timedelta(days=30)))]
    assert refused(double, store).cause is Cause.MALFORMED


def test_a_tracker_that_repeats_the_key_leaves_no_trace_of_it(double: Double, store: Store) -> None:
    double.bend = lambda *_: (400, {"Link": f"<{TOKEN}>"}, TOKEN.encode())
    refused(double, store)
