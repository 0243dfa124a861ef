"""Where seeds come from: a beacon over HTTP that keeps its word or does not, files, dice, the run's own chance."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from junzi_audit.declared import sampled
from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.beacon import Beacon, Chain
from junzi_audit.probes.seeds import FileSeed, OwnSeed
from junzi_audit.probes.surface import Surface
from junzi_audit.probes.transport import Bounds, Transport
from tests.hostile import Hostile, Looking, answers, in_turn, looking, server

__all__ = ["looking", "server"]

PUBLISHED = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHAIN = Chain(genesis=int(PUBLISHED.timestamp()) - 300, period=3)
#: Rounds 101 and 104 are due when published and nine seconds later; 105 is the first after a margin of ten.
ROUND = 105
SIGNATURE = "ab" * 48
PAGE = f"/public/{ROUND}"


def pulse(number: int = ROUND, signature: str = SIGNATURE, randomness: str = "") -> bytes:
    value = randomness or hashlib.sha256(bytes.fromhex(signature)).hexdigest()
    return json.dumps({"round": number, "randomness": value, "signature": signature}).encode()


class Waiting:
    """A clock that passes only while somebody waits."""

    def __init__(self) -> None:
        self.waited = 0.0

    def __call__(self, seconds: float) -> None:
        self.waited += seconds

    def now(self) -> datetime:
        return PUBLISHED + timedelta(seconds=self.waited)


def beacon(looking: Looking, url: str, waiting: Waiting) -> Beacon:
    bounds = Bounds(connect=0.5, read=0.4, total=0.9)
    page = Surface(looking.transport, node=f"{url}/public", base="", bounds=bounds)
    return Beacon(page, CHAIN, margin=10, pause=waiting, now=waiting.now)


def refused(seed: Callable[[datetime], object], cause: Cause) -> str:
    with pytest.raises(Unobservable) as caught:
        seed(PUBLISHED)
    assert caught.value.cause is cause, caught.value
    return str(caught.value)


def test_the_round_is_promised_before_it_exists_and_waited_for(looking: Looking, server: Hostile) -> None:
    server.pages[PAGE] = answers(pulse())
    waiting = Waiting()
    source = beacon(looking, server.url, waiting)

    assert source.promise(PUBLISHED)["round"] == ROUND
    assert source.promise(PUBLISHED)["due"] == "2026-03-02T12:00:12.000Z"
    seed = source.seed(PUBLISHED)
    assert (seed.value, seed.verified) == (hashlib.sha256(bytes.fromhex(SIGNATURE)).hexdigest(), True)
    assert waiting.waited == 12
    assert list(server.asked) == [PAGE]


def test_a_round_that_is_late_is_asked_for_again(looking: Looking, server: Hostile) -> None:
    server.pages[PAGE] = in_turn(answers(b"{}", "404 Not Found"), answers(b"{}", "425 Too Early"), answers(pulse()))
    assert beacon(looking, server.url, Waiting()).seed(PUBLISHED).verified
    assert server.asked[PAGE] == 3


def test_a_round_that_never_comes_is_no_seed(looking: Looking, server: Hostile) -> None:
    server.pages[PAGE] = answers(b"{}", "404 Not Found")
    assert f"no round {ROUND}" in refused(beacon(looking, server.url, Waiting()).seed, Cause.STALE)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (pulse(randomness="00" * 32), "not the SHA-256 of its signature"),
        (pulse(signature="", randomness=hashlib.sha256(b"").hexdigest()), "not the SHA-256 of its signature"),
        (pulse(ROUND + 1), f"round {ROUND + 1}, not {ROUND}"),
        (pulse(100), "known before the commitment"),
        (pulse(10**30), f"not {ROUND}"),
        (b'{"round": "105", "randomness": "", "signature": ""}', "round"),
        (b'{"round": 105, "randomness": "00", "signature": "\'; rm"}', "signature"),
    ],
)
def test_a_beacon_that_does_not_keep_its_word_is_malformed(
    body: bytes, words: str, looking: Looking, server: Hostile
) -> None:
    server.pages[PAGE] = answers(body)
    assert words in refused(beacon(looking, server.url, Waiting()).seed, Cause.MALFORMED)


def test_a_beacon_nobody_reaches_is_unreachable(looking: Looking) -> None:
    refused(beacon(looking, "http://127.0.0.1:9", Waiting()).seed, Cause.UNREACHABLE)


def test_a_replay_finds_the_same_pulse_without_the_beacon(looking: Looking, server: Hostile, tmp_path: Path) -> None:
    server.pages[PAGE] = answers(pulse())
    seed = beacon(looking, server.url, Waiting()).seed(PUBLISHED)
    server.close()
    (tmp_path / "again").mkdir()
    transport = Transport(Store(tmp_path / "again", replay=Archive(looking.folder)))
    page = Surface(transport, node=f"{server.url}/public", base="", bounds=Bounds())
    again = Beacon(page, CHAIN, margin=10, pause=lambda _: None, now=lambda: PUBLISHED).seed(PUBLISHED)
    transport.close()
    assert again == seed


def test_rounds_fall_where_the_public_chain_puts_them() -> None:
    # drand's quicknet: round 27946612 is of midnight, 2026-04-20 UTC (the figure of another client of it).
    quicknet = Chain(genesis=1692803367, period=3)
    midnight = datetime(2026, 4, 20, tzinfo=UTC)
    assert quicknet.due(27946612) == midnight
    assert quicknet.first_after(midnight - timedelta(milliseconds=1)) == 27946612
    assert quicknet.first_after(midnight) == 27946613


def test_randomness_is_of_its_signature_as_the_public_chain_has_it(looking: Looking, server: Hostile) -> None:
    # Round 1 of drand's first chain, as published.
    signature = (
        "8d61d9100567de44682506aea1a7a6fa6e5491cd27a0a0ed349ef6910ac5ac20ff7bc3e09d7c046566c9f7f3c6f3b10104990e7cb4249982"
        "03d8f7de586fb7fa5f60045417a432684f85093b06ca91c769f0e7ca19268375e659c2a2352b4655"
    )
    randomness = "101297f1ca7dc44ef6088d94ad5fb7ba03455dc33d53ddb412bbc4564ed986ec"
    server.pages[PAGE] = answers(pulse(signature=signature, randomness=randomness))
    assert beacon(looking, server.url, Waiting()).seed(PUBLISHED).value == randomness


def from_file(looking: Looking, path: Path, waiting: Waiting, *, dice: bool = False) -> FileSeed:
    return FileSeed(looking.store, path, name="seed.txt", dice=dice, wait=5, pause=waiting, now=waiting.now)


def test_a_file_holds_one_line_of_seed(looking: Looking, tmp_path: Path) -> None:
    path = tmp_path / "seed.txt"
    refused(from_file(looking, path, Waiting()).seed, Cause.NOT_CONFIGURED)
    for text in ("short", "sixteen or more letters", "$(reboot)$(reboot)", "a" * 201, ""):
        path.write_text(text)
        refused(from_file(looking, path, Waiting()).seed, Cause.MALFORMED)
    path.write_text("0123456789abcdef\n")
    seed = from_file(looking, path, Waiting()).seed(PUBLISHED)
    assert (seed.value, seed.verified) == ("0123456789abcdef", False)
    assert "not beacon-verified" in seed.origin


def test_dice_are_thrown_after_the_commitment(looking: Looking, tmp_path: Path) -> None:
    path, waiting = tmp_path / "dice.txt", Waiting()
    path.write_text("1 2 3 4 5 6 1 2 3 4\n5 6 1 2 3 4 5 6 1 2\n")
    os.utime(path, (PUBLISHED.timestamp() - 1,) * 2)
    assert "before the commitment" in refused(from_file(looking, path, waiting, dice=True).seed, Cause.STALE)
    assert waiting.waited == 5
    os.utime(path, (PUBLISHED.timestamp() + 1,) * 2)
    seed = from_file(looking, path, waiting, dice=True).seed(PUBLISHED)
    assert (seed.value, waiting.waited) == ("12345612345612345612", 5)
    path.write_text("7" * 20)
    refused(from_file(looking, path, waiting, dice=True).seed, Cause.MALFORMED)


def test_the_runs_own_chance_is_never_the_same_and_never_verified(looking: Looking) -> None:
    source = OwnSeed(looking.store, now=lambda: PUBLISHED)
    first, second = source.seed(PUBLISHED), source.seed(PUBLISHED)
    assert first.value != second.value
    assert not first.verified
    assert source.promise(PUBLISHED) == {"kind": "run"}


BEACON = sampled.Sampling(seed="beacon", beacon_url="https://b.example/public", beacon_genesis=1, beacon_period=3)
WRONG = {
    "beacon_url": sampled.Sampling(seed="beacon", beacon_genesis=1, beacon_period=3),
    "beacon_genesis": sampled.Sampling(seed="beacon", beacon_url="https://b.example", beacon_period=3),
    "beacon_period": sampled.Sampling(seed="beacon", beacon_url="https://b.example", beacon_genesis=1),
    "path": sampled.Sampling(seed="public-dice"),
    "margin_seconds": sampled.Sampling(margin_seconds=-1),
    "risk": sampled.Sampling(risk=0.5),
    "most": sampled.Sampling(most=0),
    "days": sampled.Sampling(days=-1),
    "errors_allowed": sampled.Sampling(errors_allowed=-1),
}


def test_a_whole_table_has_no_mistake() -> None:
    assert list(sampled.mistakes(sampled.Sampling())) == []
    assert list(sampled.mistakes(BEACON)) == []
    assert list(sampled.mistakes(sampled.Sampling(seed="file", path="seed.txt"))) == []


@pytest.mark.parametrize("key", WRONG)
def test_a_mistake_in_the_table_names_its_key(key: str) -> None:
    assert [words for words in sampled.mistakes(WRONG[key]) if words.startswith(f"[sampling] {key}: ")]
