"""quarterly.transparency-report on the reference node: its arithmetic against ours; how people sign and publish."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from junzi_audit import cli
from junzi_audit.evidence.store import Store
from junzi_audit.measures import countersigned
from junzi_audit.model import Verdict, utc
from junzi_audit.plan import PlanError, load
from junzi_audit.probes.attestations import FiledAttestations, directory
from junzi_audit.seen.disclosure import Disclosure
from junzi_audit.tables import adapter
from tests.audited import ROOT, Audited, audit, copied_repository

DUTY = "quarterly.transparency-report"
BODIES = load(ROOT / "obligations")[DUTY].quorums


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """Of a node whose names and texts are hostile: nobody's words may come into a report."""
    folder = tmp_path_factory.mktemp("transparency") / "run"
    return audit(folder, "--no-plots", "-k", "transparency", "--node-fault", "hostile-names", marker="quarterly")


def test_an_honest_nodes_report_is_the_evidence_bit_by_bit_and_a_replay_says_so_too(
    honest: Audited, tmp_path: Path
) -> None:
    record = honest.records[DUTY]
    assert record.verdict is Verdict.MET, honest.said
    (seen,) = (each for each in record.observations if each.query.endswith(".json"))
    written = (honest.folder / "disclosure" / "report.json").read_bytes()
    assert (honest.folder / seen.path).read_bytes() == written
    assert (honest.folder / "packs" / DUTY / "report.json").read_bytes() == written
    assert written.isascii()
    figures = adapter(Disclosure).validate_json(written).by_key
    assert figures["bias", "selection rate", "party"].value
    assert figures["disputes", "submitted", "severity"].why_not or figures["disputes", "submitted", "severity"].n

    again = audit(
        tmp_path / "again", "--no-plots", "-k", "transparency", f"--replay={honest.folder}", marker="quarterly"
    )
    assert again.records[DUTY].verdict is Verdict.MET, again.said
    assert (again.folder / "disclosure" / "report.json").read_bytes() == written


@pytest.fixture
def root(honest: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with that run, as if nothing had been planted, and a directory for what people sign."""
    root = copied_repository(tmp_path / "r")
    target = root / "targets" / "embedded.toml"
    place = '[attestations]\nkind = "directory"\npath = "attestations"\n'
    target.write_text(re.sub(r"\[attestations\][^[]*", place, target.read_text()))
    shutil.copytree(honest.folder, root / "reports" / "run")
    results = root / "reports" / "run" / "results.jsonl"
    results.write_text(results.read_text().replace("fault planted in the node", "nothing planted"))
    (root / "minutes.md").write_text("We met.\n")
    monkeypatch.chdir(root)
    return root


def sign(who: str, role: str, *more: str) -> int:
    words = ["--who", who, "--role", role, "--decision", "approved", "--minutes", "minutes.md", *more]
    return cli.main(["attest", DUTY, *words])


def test_three_bodies_sign_one_digest_each_in_its_own_name(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign("Ada", "chair", "--body", "Bias Council") == 2
    assert "did you mean 'Bias Monitoring Council'?" in capsys.readouterr().err
    assert sign("Ada", "ethicist", "--body", "Bias Monitoring Council") == 2
    assert "no role of the Bias Monitoring Council" in capsys.readouterr().err
    for body, quorum in BODIES.items():
        for at, role in enumerate(quorum.roles):
            named = [] if body == "Ethical Governance Board" and at else ["--body", body]
            assert sign(f"{body} {at}", role, *named) == 0
        assert "which is quorate" in capsys.readouterr().out
    files = sorted(path.name for path in (root / "attestations" / DUTY).glob("*.yaml"))
    assert len(files) == len(BODIES)
    assert any("bias-monitoring-council-approved" in name for name in files)

    now = utc("2100-01-01T00:00:00Z")
    place = FiledAttestations("attestations", directory(root / "attestations"), Store(root / "reports" / "run"), now)
    evidence = adapter(Disclosure).validate_json((root / "reports" / "run" / "disclosure" / "report.json").read_bytes())
    told = countersigned.approvals_missing(place.of(DUTY, ()), BODIES, "Ethical Governance Board", evidence, None, now)
    assert {body: getattr(reading, "n", None) for body, reading in told.items()} == dict.fromkeys(BODIES, 1)


def test_what_a_run_prepared_is_written_for_publication(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["transparency", "run", "--out", "public"]) == 0
    for name in ("report.json", "figures.csv", "report.html"):
        assert (root / "public" / name).read_bytes() == (root / "reports" / "run" / "disclosure" / name).read_bytes()
    assert "is what the three bodies sign" in capsys.readouterr().out
    assert cli.main(["transparency", "run", "--out", "public"]) == 2
    assert "not an empty folder" in capsys.readouterr().err


def test_what_is_nothing_to_publish_is_refused_in_words(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = root / "reports" / "run"
    report, results = run / "disclosure" / "report.json", run / "results.jsonl"
    whole, lines = report.read_text(), results.read_text()

    def refused(word: str = "run") -> str:
        assert cli.main(["transparency", word, "--out", "public"]) == 2
        assert not (root / "public").exists()
        return capsys.readouterr().err

    assert "did you mean 'run'?" in refused("rum")
    report.write_text("no JSON")
    assert "was changed since the run" in refused()
    report.write_text(json.dumps(json.loads(whole)))
    assert "not as the run wrote it" in refused()
    report.unlink()
    assert "prepared no transparency report" in refused()
    report.write_text(whole)
    results.write_text(lines.replace("nothing planted", "fault planted in the node"))
    assert "what a broken node shows is nothing to publish" in refused()
    results.write_text("\n".join(line for line in lines.splitlines() if '"kind": "end"' not in line) + "\n")
    assert "did not finish" in refused()
    results.write_text(lines)
    raw = next((run / "raw").glob("*/*"))
    body = raw.read_bytes()
    raw.write_bytes(body + b" ")
    assert "observations no longer have their digest" in refused()
    raw.write_bytes(body)
    results.write_text(lines + "{torn\n")
    assert "cannot be read at line" in refused()
    results.write_text(lines)
    assert cli.main(["transparency", "run", "--out", "public"]) == 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('"Bias Council"', "the plan names no 'Bias Council'; did you mean 'Bias Monitoring Council'?"),
        ('"Bias Monitoring Council" = { roles = ["chair", "ethicist"], least = 1 }\n#', "1 people cannot fill 2 roles"),
    ],
)
def test_quorums_that_cannot_be_are_told(wrong: str, told: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "obligations", tmp_path / "o")
    file = tmp_path / "o" / "quarterly.toml"
    file.write_text(file.read_text().replace('"Bias Monitoring Council"', wrong, 1))
    with pytest.raises(PlanError) as caught:
        load(tmp_path / "o")
    assert told in str(caught.value)


def test_the_owner_is_among_the_bodies(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "obligations", tmp_path / "o")
    file = tmp_path / "o" / "quarterly.toml"
    file.write_text(re.sub(r'\n"Ethical Governance Board" +=[^\n]+', "", file.read_text(), count=1))
    with pytest.raises(PlanError, match="the owner, 'Ethical Governance Board', is one of them"):
        load(tmp_path / "o")
