"""monthly.security-patches on a real node: honest, with an old package, with stale advisories, with nobody there."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from junzi_audit.model import Cause, Verdict
from tests.audited import Audited, audit

DUTY = "monthly.security-patches"


def run(folder: Path, *words: str, env: dict[str, str] | None = None) -> Audited:
    return audit(folder, "-k", "security_patches", *words, marker="monthly", env=env)


def test_an_honest_node_is_met_on_what_is_really_installed_and_its_replay_is_the_same(tmp_path: Path) -> None:
    audited = run(tmp_path / "run")
    record = audited.records[DUTY]
    assert record.verdict is Verdict.MET, audited.said
    (judged,) = record.judgements
    advisories, packages = judged.reading.exhibits
    told = {row[0]: (row[1], row[7]) for row in advisories.rows}
    assert told["starlette"] == (version("starlette"), "fix deployed")
    assert len(told) == 3
    assert dict(packages.rows)["not looked up"] == 0  # type: ignore[arg-type]

    replayed = run(tmp_path / "again", f"--replay={tmp_path / 'run'}").records[DUTY]
    assert replayed.judgements == record.judgements


def test_stale_advisories_are_inconclusive_whatever_they_say(tmp_path: Path) -> None:
    record = run(tmp_path / "run", "--node-fault", "advisories-stale").records[DUTY]
    assert (record.verdict, record.cause) == (Verdict.INCONCLUSIVE, Cause.STALE)


def test_stale_advisories_do_not_excuse_what_they_show(tmp_path: Path) -> None:
    words = ("--node-fault", "advisories-stale", "--node-fault", "packages-vulnerable")
    assert run(tmp_path / "run", *words).records[DUTY].verdict is Verdict.BREACHED
