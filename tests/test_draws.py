"""Draws anyone can repeat: manifests, tickets, and the folder of a sample, recomputed with coreutils as it says."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from junzi_audit.evidence.samples import Samples
from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.seeds import OwnSeed
from junzi_audit.seen import draws

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
#: Ids as a hostile node may choose them: nothing of them may run in the reader's shell.
IDS = [f"SRC-{number:03}" for number in range(60)] + ["$(touch owned)", "`touch owned`", "a b", "-n", "%s", "ß'\"|\\"]
DIGESTS = {key: hashlib.sha256(key.encode()).hexdigest() for key in IDS}
TERMS = {"limit": 0.02}


def drawn(folder: Path, *, replay: Path | None = None, terms: dict[str, object] | None = None) -> draws.Drawn:
    folder.mkdir()
    store = Store(folder, replay=Archive(replay) if replay else None)
    samples = Samples(store, folder, OwnSeed(store, now=lambda: NOW), now=lambda: NOW)
    store.begin("weekly.some-duty")
    return samples.draw("weekly.some-duty", DIGESTS, terms or TERMS)


def test_a_ticket_is_the_digest_of_seed_root_and_id() -> None:
    found = {ticket.key: ticket.digest for ticket in draws.tickets(["a", "b"], seed="seed", root="root")}
    # printf 'seed|root|a' | sha256sum
    assert found["a"] == "43ce7e076ed78d30d648d4d219801f16792112646200b483ebdc157d5fb67d28"
    assert found["b"] == "b78c3ffd01cb2e258dd1959db94470def78efbea1fa89d8441ae71d1991652d3"
    assert list(found.values()) == sorted(found.values())


@given(st.sets(st.text(st.characters(categories=("L", "N")), min_size=1), min_size=1), st.text(min_size=1))
def test_a_draw_depends_on_no_order_and_a_larger_one_extends_it(ids: set[str], extra: str) -> None:
    whole = [ticket.key for ticket in draws.tickets(ids | {extra}, seed="s", root="r")]
    part = [ticket.key for ticket in draws.tickets(sorted(ids, reverse=True), seed="s", root="r")]
    assert [key for key in whole if key in ids] == part


def test_every_item_is_drawn_first_equally_often() -> None:
    first = Counter(draws.tickets("abcde", seed=str(seed), root="r")[0].key for seed in range(5000))
    # Chi-square of 4 degrees: 18.47 is exceeded with a chance of .001; the seeds are fixed.
    assert sum((count - 1000) ** 2 / 1000 for count in first.values()) < 18.47


@pytest.mark.parametrize(("key", "digest"), [("a\tb", "0"), ("a\nb", "0"), ("", "0"), ("a", "0\n1"), ("a\x1b", "0")])
def test_what_would_garble_a_manifest_is_malformed(key: str, digest: str) -> None:
    with pytest.raises(Unobservable) as caught:
        draws.manifest({key: digest})
    assert caught.value.cause is Cause.MALFORMED


def test_strangers_repeat_the_draw_with_the_commands_of_its_readme(tmp_path: Path) -> None:
    sample = drawn(tmp_path / "run")
    folder = tmp_path / "run" / "samples" / "weekly.some-duty"
    readme = (folder / "README.txt").read_text()
    commands = "\n".join(line[4:] for line in readme.splitlines() if line.startswith("    "))
    done = subprocess.run(
        ["sh", "-e", "-c", commands], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert f"{sample.root}  manifest.tsv\n{sample.commitment}  commitment.json\n" in done.stdout
    assert "the same" in done.stdout
    again = [line.split("\t")[1] for line in (folder / "again.tsv").read_text().splitlines()]
    assert tuple(again) == sample.keys
    assert set(again) == set(IDS)
    assert not (folder / "owned").exists()


def test_the_commitment_holds_the_terms_and_nothing_of_the_seed(tmp_path: Path) -> None:
    sample = drawn(tmp_path / "run")
    text = (tmp_path / "run" / "samples" / "weekly.some-duty" / "commitment.json").read_text()

    assert json.loads(text)["root"] == sample.root
    assert json.loads(text)["limit"] == 0.02
    assert sample.seed.value not in text
    assert re.fullmatch(r"[0-9a-f]{32}", sample.seed.value)
    kept = [
        json.loads(line)["query"] for line in (tmp_path / "run" / "observations-main.jsonl").read_text().splitlines()
    ]
    assert [query.split()[0] for query in kept] == ["COMMITMENT", "SEED"]


def test_two_runs_draw_differently_and_a_replay_the_same(tmp_path: Path) -> None:
    first, second = drawn(tmp_path / "first"), drawn(tmp_path / "second")

    assert first.root == second.root
    assert first.keys != second.keys
    assert drawn(tmp_path / "again", replay=tmp_path / "first") == first


def test_a_replay_on_other_terms_is_not_what_was_recorded(tmp_path: Path) -> None:
    drawn(tmp_path / "first")
    with pytest.raises(Unobservable, match="other terms") as caught:
        drawn(tmp_path / "again", replay=tmp_path / "first", terms={"limit": 0.5})
    assert caught.value.cause is Cause.NOT_RECORDED


def test_other_keys_come_in_the_order_of_the_same_draw(tmp_path: Path) -> None:
    sample = drawn(tmp_path / "run")
    assert sample.order(IDS) == sample.keys
