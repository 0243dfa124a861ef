"""``junzi-audit attest``: signatures, one after another, and what is said to each mistake."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from junzi_audit import cli
from junzi_audit.evidence import results
from junzi_audit.evidence.store import Store
from junzi_audit.findings import RunHeader
from junzi_audit.measures import attestations
from junzi_audit.model import Cadence, Environment, utc
from junzi_audit.probes.attestations import FiledAttestations, directory
from tests.signing import QUORUM
from tests.synthetic import Repository

DUTY = "weekly.summary"
DIRECTORY = '\n[attestations]\nkind = "directory"\npath = "attestations"\n'
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "r", 'environment = "recorded"\n' + DIRECTORY)
    made.duty(DUTY, None).duty("weekly.other", None)
    plan = made.root / "obligations" / "weekly.toml"
    quorum = 'quorum = { roles = ["chair", "statistician", "community member"], least = 3 }\n'
    plan.write_text(plan.read_text().replace("[summary]\n", f"[summary]\n{quorum}", 1))
    made.write("minutes.md", "We met.\n")
    return made


def a_run(
    repository: Repository, name: str = "first", *, notes: tuple[str, ...] = (), target: str = "embedded"
) -> Path:
    folder = repository.root / "reports" / name
    header = RunHeader(
        run=name, started=utc("2026-03-01T12:00:00Z"), target="embedded", environment=Environment.RECORDED, nodes=(),
        cadences=(Cadence.WEEKLY,), due=(), plan_digest="", target_digest="", baseline_digests={}, versions={}, seed=1,
        notes=notes,
    )  # fmt: skip
    packs = folder / "packs" / DUTY
    packs.mkdir(parents=True)
    results.append(folder, header)
    for pack in ("summary", "summary-2026-W08"):
        (packs / f"{pack}.json").write_text(f'{{"pack": "{pack} of {name}"}}\n')
    return folder


@pytest.fixture
def say(repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    monkeypatch.chdir(repository.root)

    def speak(
        who: str = "Ada", role: str = "chair", *more: str, duty: str = DUTY, **options: str
    ) -> tuple[int, str, str]:
        given = {"decision": "approved", "minutes": "minutes.md", **options}
        words = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
        try:
            status = cli.main(["attest", duty, "--who", who, "--role", role, *words, *more])
        except SystemExit as error:
            status = int(error.code or 0)
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        return status, told.out, told.err

    return speak


def stored(repository: Repository, decision: str = "approved") -> Path:
    (file,) = (repository.root / "attestations" / DUTY).glob(f"*-{decision}.yaml")
    return file


def test_a_quorum_signs_one_after_another(repository: Repository, say: Say) -> None:
    run = a_run(repository)
    status, said, _ = say()
    assert status == 0
    assert "not quorate yet: nobody signed as statistician, nobody signed as community member, 1 of 3" in said
    assert "2 of 3 people signed" in say("Ben", "statistician")[1]
    assert "which is quorate" in say("Cy", "community member", "--decide", f"{DUTY}=well done")[1]

    pack = (run / "packs" / DUTY / "summary.json").read_bytes()
    record = yaml.safe_load(stored(repository).read_text())
    assert record["subject"] == hashlib.sha256(pack).hexdigest()
    assert record["minutes_sha256"] == hashlib.sha256(b"We met.\n").hexdigest()
    assert record["decisions"] == {DUTY: "well done"}

    now = utc("2026-03-01T12:00:00Z")
    place = FiledAttestations("attestations", directory(repository.root / "attestations"), Store(run), now)
    told = place.of(DUTY, ())
    assert told.packs[record["subject"]] == pack
    assert told.problems == ()
    (word,) = attestations.words(told, QUORUM, told.records[0].date)
    assert word.counts


def test_the_newest_run_is_signed_unless_another_is_named(repository: Repository, say: Say) -> None:
    a_run(repository, "first")
    a_run(repository, "second")
    for words, pack in (((), "summary of second"), (("--run", "first"), "summary of first"),
                        (("--pack", "summary-2026-W08"), "summary-2026-W08 of second")):  # fmt: skip
        assert say("Ada", "chair", *words)[0] == 0
        digest = hashlib.sha256(f'{{"pack": "{pack}"}}\n'.encode()).hexdigest()
        assert (repository.root / "attestations" / DUTY / f"{digest[:16]}-approved.yaml").is_file()


@pytest.mark.parametrize(
    ("words", "options", "told"),
    [
        (("Ada", "char"), {}, "--role 'char': no role of the DevOps / SRE Team; did you mean 'chair'?"),
        (("Ada", "chair"), {"decision": "aproved"}, "--decision 'aproved': no decision; did you mean 'approved'?"),
        (("Ada", "chair"), {"minutes": "minuets.md"}, "neither an http(s) URL nor a file below"),
        (("Ada", "chair"), {"minutes": "/etc/hostname"}, "neither an http(s) URL nor a file below"),
        (("Ada", "chair"), {"minutes_sha256": "0" * 64}, "minutes.md has another digest"),
        (("Ada", "chair"), {"minutes_sha256": "xyz"}, "a SHA-256 has 64 lower-case hexadecimal digits"),
        (("Ada", "chair"), {"days": "0"}, "--days 0: a record holds for 1 to 366 days"),
        ((" ", "chair"), {}, "--who: empty"),
        (("\u0410da", "chair"), {}, "--who: the name '\u0410da' mixes Cyrillic with Latin letters; write it in one"),
        (("Ada", "chair", "--decide", "weekly.sumary=x"), {}, "the plan has no duty 'weekly.sumary'; did you mean"),
        (("Ada", "chair", "--decide", DUTY), {}, "write DUTY=WORDS"),
        (("Ada", "chair", "--pack", "sumary"), {}, "--pack 'sumary': no such pack"),
        (("Ada", "chair", "--run", "frist"), {}, "RUN 'frist': no such directory"),
        (("Ada", "chair"), {"duty": "weekly.sumary"}, "the plan has no duty 'weekly.sumary'; did you mean"),
        (("Ada", "chair"), {"digest": "a" * 64}, "--digest: only governance.model-veto is about a model"),
        (("Ada", "chair"), {"rollback": "minutes.md"}, "--rollback: only governance.model-veto is about a model"),
        (("Ada", "chair"), {"duty": "weekly.other"}, "weekly.other: the plan names no quorum for it"),
    ],
)
def test_a_mistake_is_told_with_the_nearest_word_and_writes_nothing(
    repository: Repository, say: Say, words: tuple[str, ...], options: dict[str, str], told: str
) -> None:
    a_run(repository)
    status, _, error = say(*words, **options)
    assert status == 2
    assert told in error
    assert not (repository.root / "attestations").exists()


def test_nobody_signs_twice_or_under_other_minutes(repository: Repository, say: Say) -> None:
    a_run(repository)
    say()
    before = stored(repository).read_text()
    for again in ("ADA", "\uff21da", "A\u00adda"):
        assert "Ada has signed already" in say(again, "statistician")[2]
    repository.write("minutes.md", "We met, or did we?\n")
    assert "names other minutes" in say("Ben", "statistician")[2]
    assert stored(repository).read_text() == before


def test_a_record_spoilt_by_hand_is_not_written_over(repository: Repository, say: Say) -> None:
    a_run(repository)
    say()
    stored(repository).write_text("decision: [")
    status, _, error = say("Ben", "statistician")
    assert (status, "put it right, or move it away" in error) == (2, True)
    assert stored(repository).read_text() == "decision: ["


def test_what_a_broken_node_shows_is_not_signed(repository: Repository, say: Say) -> None:
    a_run(repository, notes=("fault planted in the node: hang",))
    assert "what a broken node shows is nothing to sign" in say()[2]


def test_without_a_run_it_says_how_to_make_one(say: Say) -> None:
    assert "`pytest -m weekly` does" in say()[2]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("", "name a place for it in targets/embedded.toml"),
        ('[attestations]\nkind = "url"\nurl = "https://signed.example/a"\n', "the service at https://signed.example/a"),
        (
            '[attestations]\nkind = "repository"\nurl = "https://git.example/a"\npath = "x"\n',
            "a .yaml file to https://git",
        ),
    ],
)
def test_elsewhere_the_record_is_printed(repository: Repository, say: Say, place: str, told: str) -> None:
    a_run(repository)
    repository.write("targets/embedded.toml", f'environment = "recorded"\n{place}')
    status, said, _ = say(minutes="https://minutes.example/9")
    assert status == 0
    assert told in said
    assert "who: Ada" in said
    assert "without --minutes-sha256" in said
    assert not (repository.root / "attestations").exists()
