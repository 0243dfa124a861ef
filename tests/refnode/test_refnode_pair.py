"""Two nodes on one database: what one takes the other shows, and a node killed outright loses nothing it took."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from refnode import rescue
from tests import clusters
from tests.refnode.conftest import Beside

Start = Callable[..., Beside]
KEYS = {
    "X-API-Key": "demonstration-key", "X-Audit-Key": "demonstration-audit-key", "Content-Type": "application/json",
}  # fmt: skip
REPORT = json.dumps({"entity_id": "ENT-00001", "report_type": "other", "content": "kept"}).encode()


def asked(url: str, body: bytes | None = None) -> Any:
    """The JSON answer, or the ids of an NDJSON one."""
    with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=KEYS), timeout=20) as answer:
        told = answer.read()
    return json.loads(told) if "/audit/" not in url else {json.loads(line)["report_id"] for line in told.splitlines()}


def written(node: Beside) -> str:
    return str(asked(f"{node.url}/junzi/api/v1/user_reports/", REPORT)["report_id"])


def kept(node: Beside) -> set[str]:
    found: set[str] = asked(f"{node.url}/junzi/audit/v1/user-reports")
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shared.db'}"
        return
    with clusters.running() as cluster:
        yield f"postgresql+psycopg://audit@/postgres?host={cluster.folder}"


def test_two_nodes_share_a_database_and_a_killed_one_loses_nothing_that_it_took(beside: Start, database: str) -> None:
    words = ("--scale", "0.05", "--rate-limit", "0", "--database", database)
    first, second = beside(*words), beside(*words)
    for node in (first, second):
        assert asked(f"{node.url}/health")["status"] == "ok"
        assert asked(f"{node.url}/junzi/api/v1/risk_scores/")["items"]

    taken = {written(node) for _ in range(10) for node in (first, second)}
    assert len(taken) == 20
    assert taken <= kept(first)
    assert kept(first) == kept(second)

    last = {written(first) for _ in range(10)}
    first.process.kill()
    first.process.wait(10)

    assert taken | last <= kept(second)
    assert written(second) in kept(second)
    with pytest.raises(urllib.error.URLError):
        asked(f"{first.url}/health")


def test_a_copy_taken_while_a_node_serves_brings_back_all_that_was_taken_before_it(
    beside: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live, back = f"sqlite:///{tmp_path / 'live.db'}", f"sqlite:///{tmp_path / 'back.db'}"
    node = beside("--scale", "0.05", "--rate-limit", "0", "--database", live)
    before = {written(node) for _ in range(10)}

    assert rescue.main(["take", "--database", live, "--into", str(tmp_path / "copy")]) == 0
    after = written(node)
    node.process.kill()
    node.process.wait(10)
    assert rescue.main(["restore", "--from", str(tmp_path / "copy"), "--database", back]) == 0

    again = beside("--scale", "0.05", "--rate-limit", "0", "--database", back)
    found = kept(again)
    assert before <= found
    assert after not in found
    told = json.loads(capsys.readouterr().out.splitlines()[0])
    assert told["rows"]["user_reports"] == len(found)


def test_a_lossy_copy_lacks_every_second_report(beside: Start, tmp_path: Path) -> None:
    live, back = f"sqlite:///{tmp_path / 'live.db'}", tmp_path / "back.db"
    node = beside("--scale", "0.05", "--rate-limit", "0", "--database", live)
    taken = {written(node) for _ in range(10)}
    fault = ["--fault", rescue.LOSSY, "--fault", "failover-broken"]

    assert rescue.main(["take", "--database", live, "--into", str(tmp_path / "copy"), *fault]) == 0
    rescue.restore(tmp_path / "copy", back)

    assert len(taken & kept(beside("--scale", "0.05", "--database", f"sqlite:///{back}"))) == 5


def test_what_cannot_be_copied_or_restored_is_told(
    beside: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live, copy = tmp_path / "live.db", tmp_path / "copy"
    beside("--scale", "0.05", "--database", f"sqlite:///{live}")

    def said(*words: str) -> str:
        assert rescue.main(words) == 1
        return capsys.readouterr().err

    assert "is no file" in said("take", "--database", f"sqlite:///{tmp_path / 'none.db'}", "--into", str(copy))
    assert "pg_dump" in said("take", "--database", "postgresql://x/y", "--into", str(copy))
    assert "only sqlite:///FILE" in said("take", "--database", "nothing", "--into", str(copy))
    assert "No such file" in said("restore", "--from", str(copy), "--database", f"sqlite:///{tmp_path / 'b.db'}")
    rescue.take(live, copy)
    assert (copy / rescue.FILE).stat().st_mode & 0o077 == 0
    assert "is there already" in said("restore", "--from", str(copy), "--database", f"sqlite:///{live}")
    (copy / rescue.FILE).write_bytes(b"x" * 100)
    assert "SHA-256" in said("restore", "--from", str(copy), "--database", f"sqlite:///{tmp_path / 'b.db'}")
    assert not (tmp_path / "b.db").exists()
