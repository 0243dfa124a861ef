"""The weekly duty on a real node: honest MET, tripped BREACHED on its limits, unreachable INCONCLUSIVE."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from junzi_audit.evidence import results
from junzi_audit.model import Verdict
from tests.audited import Audited, audit, copied_repository
from tests.hostile import Hostile, Play, answers

DUTY = "weekly.source-integrity"
FOLDER = f"samples/{DUTY}"


def audited(folder: Path, *words: str, **how: dict[str, str]) -> Audited:
    return audit(folder, "-k", "source_integrity", *words, marker="weekly", **how)  # type: ignore[arg-type]


def test_an_honest_node_is_assured_and_a_replay_draws_the_same_sample(tmp_path: Path) -> None:
    seen = audited(tmp_path / "seen")
    again = audited(tmp_path / "again", f"--replay={tmp_path / 'seen'}")

    assert seen.records[DUTY].verdict is again.records[DUTY].verdict is Verdict.MET, seen.said
    assert seen.records[DUTY].judgements == again.records[DUTY].judgements
    for name in ("manifest.tsv", "commitment.json", "tickets.tsv", "README.txt"):
        assert (seen.folder / FOLDER / name).read_bytes() == (again.folder / FOLDER / name).read_bytes()
    page = (seen.folder / "report.html").read_text()
    assert "not beacon-verified" in page
    assert page.index("commitment, SHA-256") < page.index("Sampled sources, re-hashed")


class Rounds(dict[str, Play]):
    """A beacon of whatever round is asked for; ``wrong`` answers with a signature that is not its randomness's."""

    def __init__(self, *, wrong: bool) -> None:
        super().__init__()
        self._wrong = wrong

    def get(self, key: str, default: object = None) -> Play:  # type: ignore[override]
        def play(peer: socket.socket, nth: int) -> None:
            number = key.rpartition("/")[2]
            randomness = hashlib.sha256(number.encode()).hexdigest()
            signature = "00" if self._wrong else number.encode().hex()
            told = {"round": int(number), "randomness": randomness, "signature": signature}
            answers(json.dumps(told).encode())(peer, nth)

        return play


@pytest.mark.parametrize(("wrong", "verdict"), [(False, Verdict.MET), (True, Verdict.INCONCLUSIVE)])
def test_a_beacon_decides_the_sample_only_if_it_keeps_its_word(wrong: bool, verdict: Verdict, tmp_path: Path) -> None:
    root = copied_repository(tmp_path / "repository")
    with closing(Hostile()) as beacon:
        beacon.pages = Rounds(wrong=wrong)
        table = {
            "seed": "beacon", "beacon_url": f"{beacon.url}/public", "beacon_genesis": int(time.time()) - 100,
            "beacon_period": 1, "margin_seconds": 1,
        }  # fmt: skip
        lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        with (root / "targets" / "embedded.toml").open("a") as file:
            file.write("\n".join(["", "[sampling]", *lines, ""]))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "weekly", "-k", "source_integrity", "--record=run"],
            cwd=root, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        asked = list(beacon.asked)
    (record,) = [each for each in results.read(root / "run").records if each.duty == DUTY]
    folder = root / "run" / FOLDER

    assert record.verdict is verdict, done.stdout + done.stderr
    number = json.loads((folder / "commitment.json").read_text())["seed"]["round"]
    assert asked == [f"/public/{number}"]
    assert (folder / "tickets.tsv").exists() is not wrong
    if not wrong:
        command = (folder / "README.txt").read_text().splitlines()[-1].strip()
        again = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
        assert again.split()[0] == hashlib.sha256(str(number).encode()).hexdigest()
