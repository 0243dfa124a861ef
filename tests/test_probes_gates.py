"""The gate log, and what nodes say they run."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable, iso
from junzi_audit.probes.deployments import LOG, Deployments
from junzi_audit.probes.documents import File
from junzi_audit.probes.feed import Feed
from junzi_audit.probes.gates import Gates
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.deployments import Condition, Deployment, Outcomes, Release, Running
from tests.signing import NOW

DIGEST = "a" * 64


def document(**changes: Any) -> dict[str, Any]:
    held = [{"name": name, "of": "", "verdict": "MET", "why": "so"} for name in Condition]
    return {
        "what": "gate outcome", "target": "staging", "model_version": "v1", "model_digest": DIGEST,
        "at": iso(NOW - timedelta(days=1)), "passed": True, "status": 0, "conditions": held, **changes,
    }  # fmt: skip


def log(root: Path, *documents: object, store: Store | None = None) -> Outcomes:
    (root / "gates" / "staging").mkdir(parents=True)
    for number, each in enumerate(documents):
        text = each if isinstance(each, str) else json.dumps(each)
        (root / "gates" / "staging" / f"{number}.json").write_text(text)
    file = File(root=root, path="gates", recorder=store or Store(root / "run"))
    return Gates(file, "gates").outcomes(NOW)


def test_an_outcome_is_read_and_replayed(tmp_path: Path) -> None:
    (found,) = log(tmp_path, document()).outcomes
    assert found.release == Release(version="v1", digest=DIGEST)
    assert (found.passed, found.source, found.at) == (True, "staging/0.json", NOW - timedelta(days=1))
    again = Store(tmp_path / "again", replay=Archive(tmp_path / "run"))
    assert Gates(File(root=tmp_path / "gone", path="gates", recorder=again), "gates").outcomes(NOW).outcomes == (found,)


@pytest.mark.parametrize(
    ("conditions", "refused"),
    [
        ([{"name": name, "verdict": "MET"} for name in Condition if name != "veto"], ("veto",)),
        ([{"name": "veto", "verdict": "MET"}, {"name": "veto", "verdict": "BREACHED"}], tuple(Condition)),
        ([], tuple(Condition)),
    ],
)
def test_what_an_outcome_says_of_itself_is_not_believed(
    tmp_path: Path, conditions: list[Any], refused: tuple[str, ...]
) -> None:
    (found,) = log(tmp_path, document(conditions=conditions)).outcomes
    assert (found.passed, found.refused) == (False, refused)


@pytest.mark.parametrize(
    "spoilt", ["{", "[]", document(what="minutes"), document(at="yesterday"), document(at="2026-03-01T00:00:00"),
               document(conditions=[{"name": "hope", "verdict": "MET"}])],
)  # fmt: skip
def test_a_document_that_is_no_outcome_is_told_and_does_not_count(tmp_path: Path, spoilt: object) -> None:
    found = log(tmp_path, spoilt, document())
    assert [each.source for each in found.outcomes] == ["staging/1.json"]
    assert found.problems == ("staging/0.json: no outcome of the gate",)


def test_an_outcome_of_the_future_does_not_count(tmp_path: Path) -> None:
    assert log(tmp_path, document(at=iso(NOW + timedelta(days=1)))).outcomes == ()


def test_a_log_that_is_not_there_cannot_be_seen(tmp_path: Path) -> None:
    file = File(root=tmp_path, path="gates", recorder=Store(tmp_path / "run"))
    with pytest.raises(Unobservable, match="gates cannot be read: No such file"):
        Gates(file, "gates").outcomes(NOW)


class FakeSurface:
    """Gives what it was made with, or raises it."""

    def __init__(self, url: str, given: object) -> None:
        self.url = url
        self._given = given

    def one(self, shape: Any, *_: object) -> Any:
        if isinstance(self._given, Unobservable):
            raise self._given
        return shape(**cast("dict[str, str]", self._given))

    def lines(self, *_: object) -> Any:
        return self._given


class FakeFeed:
    """Decisions of one version."""

    def __init__(self, *versions: str) -> None:
        self._versions = versions

    def decisions(self, since: datetime, until: datetime) -> Any:
        assert until - since == timedelta(hours=1)
        at = until - timedelta(minutes=55)
        return [type("Decision", (), {"model_version": version, "calculated_at": at}) for version in self._versions]


def seen(*nodes: object, history: tuple[Deployment, ...] = (), decided: tuple[str, ...] = ()) -> Deployments:
    roots = [cast("Surface", FakeSurface(f"https://{number}.example", each)) for number, each in enumerate(nodes)]
    feed = cast("Feed", FakeFeed(*decided)) if decided else None
    return Deployments(roots, cast("Surface", FakeSurface("https://0.example", history)), feed)


def test_every_node_tells_its_model_and_the_log_the_others() -> None:
    one, two = ({"model_version": version, "model_digest": DIGEST} for version in ("v1", "v2"))
    running, unseen = seen(one, two, decided=("v1", "v0", "v1")).running(NOW)
    assert unseen == {}
    assert running == (
        Running(place="https://0.example", version="v1", digest=DIGEST),
        Running(place="https://1.example", version="v2", digest=DIGEST),
        Running(place=LOG, version="v0", digest=""),
    )


def test_a_silent_node_is_unseen_and_all_silent_are_unobservable() -> None:
    silent, well = Unobservable(Cause.TIMED_OUT, "no byte"), {"model_version": "v1", "model_digest": DIGEST}
    _, unseen = seen(well, silent, {"model_version": "v1", "model_digest": "abc"}).running(NOW)
    assert {name: each.cause for name, each in unseen.items()} == {
        "https://1.example": Cause.TIMED_OUT, "https://2.example": Cause.MALFORMED,
    }  # fmt: skip
    with pytest.raises(Unobservable, match="no byte"):
        seen(silent, silent).running(NOW)


@pytest.mark.parametrize(
    ("digest", "days", "told"), [("A" * 64, -1, "model_digest is a SHA-256"), (DIGEST, 1, "deployed_at is before")]
)
def test_a_history_that_cannot_be_is_malformed(digest: str, days: int, told: str) -> None:
    line = Deployment(model_version="v1", model_digest=digest, deployed_at=NOW + timedelta(days=days))
    with pytest.raises(Unobservable, match=told):
        seen(history=(line,)).history(NOW)


def test_a_version_that_decided_before_it_was_first_deployed_is_malformed() -> None:
    def told(*minutes_ago: float) -> tuple[Deployment, ...]:
        times = [NOW - timedelta(minutes=each) for each in minutes_ago]
        return tuple(Deployment(model_version="v2", model_digest=DIGEST, deployed_at=at) for at in times)

    again = told(5, 56)
    assert seen(history=again, decided=("v2", "v1")).history(NOW) == again
    with pytest.raises(Unobservable, match="v2 decided at 2026-03-04T11:05") as error:
        seen(history=told(5, 20), decided=("v1", "v2")).history(NOW)
    assert error.value.cause is Cause.MALFORMED
