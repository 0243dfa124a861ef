"""Requests that write: refused where none is allowed, sent once, and recorded and replayed like reads."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from junzi_audit.declared import rehearsed
from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.asking import Ask
from junzi_audit.probes.transport import Transport
from tests.hostile import BOUNDS, KEY, Hostile, answers, in_turn, server

__all__ = ["server"]


def ask(url: str, *, method: str = "POST", body: bytes = b'{"a": 1}', dry: bool = False) -> Ask:
    headers = {"X-API-Key": KEY, "Content-Type": "application/json"}
    return Ask(probe="test", url=url, headers=headers, bounds=BOUNDS, method=method, body=body, dry=dry)


def transport(folder: Path, *, writes: bool = True) -> contextlib.closing[Transport]:
    folder.mkdir(exist_ok=True)
    return contextlib.closing(Transport(Store(folder), writes=writes))


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "HEAD"])
def test_a_write_is_refused_where_none_is_allowed(method: str, server: Hostile, tmp_path: Path) -> None:
    with transport(tmp_path, writes=False) as closed, pytest.raises(Unobservable, match="allows no writes") as caught:
        closed.get(ask(server.url, method=method))
    assert caught.value.cause is Cause.REFUSED
    assert not server.heard


def test_a_dry_run_changes_nothing_and_is_allowed(server: Hostile, tmp_path: Path) -> None:
    with transport(tmp_path, writes=False) as closed:
        assert closed.get(ask(f"{server.url}/score", dry=True)).status == 200
    assert server.heard[0].startswith(b"POST /score")


def test_a_write_sends_its_body_with_its_method(server: Hostile, tmp_path: Path) -> None:
    with transport(tmp_path) as open_:
        open_.get(ask(f"{server.url}/x", method="DELETE"))
    assert server.heard[0].startswith(b"DELETE /x ")
    assert b"content-length: 8" in server.heard[0].lower()


def test_a_write_is_never_repeated_whatever_comes_of_it(server: Hostile, tmp_path: Path) -> None:
    server.pages["/busy"] = in_turn(answers(b"", "503 Busy"), answers(b"{}"))
    server.pages["/away"] = answers(b"", "307 Temporary", "Location: /there")
    with transport(tmp_path) as open_:
        assert open_.get(ask(f"{server.url}/busy")).status == 503
        assert open_.get(ask(f"{server.url}/away")).status == 307
    assert server.asked == {"/busy": 1, "/away": 1}


def test_two_bodies_are_two_questions_and_a_replay_knows_them_apart(server: Hostile, tmp_path: Path) -> None:
    server.pages["/"] = in_turn(answers(b"1"), answers(b"2"))
    first, second = ask(f"{server.url}/", body=b"a"), ask(f"{server.url}/", body=b"b")
    with transport(tmp_path / "run") as open_:
        live = [open_.get(first).body, open_.get(second).body]

    (tmp_path / "again").mkdir()
    replaying = Store(tmp_path / "again", replay=Archive(tmp_path / "run"))
    with contextlib.closing(Transport(replaying)) as again:
        assert [again.get(second).body, again.get(first).body] == live[::-1] == [b"2", b"1"]
    assert len(server.heard) == 2
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_what_says_nothing_of_us_is_not_taken_out_of_answers(server: Hostile, tmp_path: Path) -> None:
    server.pages["/"] = answers(f"application/json and {KEY}".encode())
    with transport(tmp_path) as open_:
        assert open_.get(ask(f"{server.url}/")).body == b"application/json and [the key that was sent]"


def test_a_question_names_its_body_by_its_digest() -> None:
    told = ask("http://node/x", body=b"private words").query

    assert told.startswith("POST http://node/x with a body of SHA-256 ")
    assert "private" not in told
    assert ask("http://node/x", method="GET", body=b"").query == "GET http://node/x"


def mistakes(*, live: bool = False, launched: bool = True, **words: object) -> list[str]:
    writes = rehearsed.Writes(**{k: v for k, v in words.items() if k in {"allowed", "label"}})  # type: ignore[arg-type]
    more = {"keys": 4, "keys_env": "K"} | {k: v for k, v in words.items() if k not in {"allowed", "label"}}
    return list(rehearsed.mistakes(writes, rehearsed.Regression(**more), live=live, launched=launched))  # type: ignore[arg-type]


def test_the_tables_of_a_target_are_checked_key_by_key() -> None:
    assert mistakes() == []
    assert mistakes(allowed=True) == []
    assert "[writes] allowed" in mistakes(allowed=True, live=True)[0]
    assert "[writes] label" in mistakes(label="two words")[0]
    assert "[regression] flow_seconds" in mistakes(flow_seconds=0)[0]
    assert "[regression] examples" in mistakes(examples=10_000)[0]
    assert "[regression] contract_seconds" in mistakes(contract_seconds=-1)[0]
    assert "[regression] key_limit" in mistakes(key_limit=-1)[0]
    assert "[regression] keys:" in mistakes(keys=1)[0]
    assert "[regression] keys_env" in mistakes(keys_env="", launched=False)[0]
