"""Where people answer: directories, repositories and services, and every way a record can be wrong."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable, utc
from junzi_audit.probes import attestations
from junzi_audit.probes.attestation_records import RecordError, from_yaml, record
from junzi_audit.probes.attestations import FiledAttestations, ServedAttestations, directory, repository
from junzi_audit.seen.attested import Attested, Decision
from tests.hostile import Hostile, Looking, answers, looking, server
from tests.signing import DUTY, NOW, OTHER, SUBJECT, raw, text
from tests.synthetic import ROOT

__all__ = ["looking", "server"]
GIT = shutil.which("git")
needs_git = pytest.mark.skipif(GIT is None, reason="git is not installed")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "attestations" / "w").mkdir(parents=True)
    return tmp_path / "attestations"


def look(folder: Path, *, fetch: attestations.Fetch | None = None) -> Attested:
    store = Store(folder.parent / "run")
    return FiledAttestations("attestations", fetch or directory(folder), store, NOW).of(DUTY, (SUBJECT,))


def unseen(ask: Callable[[], Any]) -> tuple[Cause, str]:
    with pytest.raises(Unobservable) as caught:
        ask()
    return caught.value.cause, caught.value.detail


def test_a_record_is_read_whole(folder: Path) -> None:
    (folder / "w" / "one.yaml").write_text(text(remarks="Fine.", decisions={"daily.bias-drift": "noted"}))
    (found,) = look(folder).records
    assert (found.duty, found.subject, found.decision) == (DUTY, SUBJECT, Decision.APPROVED)
    assert (found.date, found.expires) == (utc("2026-03-03T00:00:00Z"), utc("2026-05-01T00:00:00Z"))
    assert next((each.who, each.role) for each in found.signatures) == ("Ada", "chair")
    assert (found.source, found.remarks, dict(found.decisions)) == (
        "w/one.yaml",
        "Fine.",
        {"daily.bias-drift": "noted"},
    )


def test_records_of_other_duties_are_passed_over_and_those_of_other_digests_are_not(folder: Path) -> None:
    (folder / "a.yaml").write_text(text(duty="monthly.governance-review"))
    (folder / "b.yml").write_text(text(subject=OTHER))
    found = look(folder)
    assert [each.source for each in found.records] == ["b.yml"]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"desicion": "approved"}, "desicion: unknown key; did you mean 'decision'?"),
        ({"decision": "aproved"}, "decision: 'aproved' is not possible; did you mean 'approved'?"),
        ({"signatures": [{"who": "Ada", "rolle": "chair"}]}, "signatures.0.rolle: unknown key; did you mean 'role'?"),
        ({"signatures": []}, "signatures: nobody signed"),
        ({"signatures": [{"who": " ", "role": "chair"}]}, "signatures: a person has a name and a role"),
        ({"minutes": None}, "minutes: missing"),
        ({"minutes": " "}, "minutes: empty"),
        ({"subject": "abc"}, "subject: not a SHA-256"),
        ({"minutes_sha256": "ABC"}, "minutes_sha256: not a SHA-256"),
        ({"date": "2026-02-30"}, "date"),
        ({"date": "2026-03-03T10:00:00"}, "date: an instant without a zone"),
        ({"date": "1890-03-03", "expires": "1890-05-01"}, "date: 1890 is not a year of ours"),
        ({"expires": "2026-03-03"}, "expires: not after its date"),
        ({"subject": 5}, "subject"),
    ],
)
def test_a_record_that_is_wrong_is_named_with_file_and_key(folder: Path, changes: dict[str, Any], words: str) -> None:
    (folder / "one.yaml").write_text(text(**changes))
    (folder / "two.yaml").write_text(text())
    found = look(folder)
    assert [each.source for each in found.records] == ["two.yaml"]
    (problem,) = found.problems
    assert problem.startswith("one.yaml: [record] ")
    assert words in problem


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"decision: [", "one.yaml: not valid YAML"),
        (b"decision: a\ndecision: b\n", "'decision' is given twice"),
        (b"a: &x [1]\nb: *x\n", "an alias"),
        (b"!!python/object/apply:os.system [echo]\n", "not valid YAML"),
        (b"- 1\n", "an attestation is a table"),
        (b"", "an attestation is a table"),
        (b"1: 2\n", "an attestation is a table"),
        (b"\xff\xfe\x00", "one.yaml: "),
        (b"[" * 5000, "not valid YAML"),
        (b"x: " + b"y" * 70_000, "larger than 64,000 bytes"),
    ],
)
def test_bytes_that_are_no_record_are_told_and_never_break_the_look(folder: Path, body: bytes, words: str) -> None:
    (folder / "one.yaml").write_bytes(body)
    found = look(folder)
    assert found.records == ()
    assert words in found.problems[0]
    assert len(found.problems[0]) <= 400


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(text())
    (folder / "one.yaml").symlink_to(tmp_path / "secret.yaml")
    found = look(folder)
    assert found.records == ()
    assert "a link, which is not followed" in found.problems[0]


def test_packs_are_found_beside_their_records(folder: Path) -> None:
    (folder / "w" / "pack.json").write_text('{"a": 1}')
    digest = hashlib.sha256(b'{"a": 1}').hexdigest()
    assert look(folder).packs == {digest: b'{"a": 1}'}


def test_minutes_that_are_there_have_the_digest_that_was_signed(folder: Path) -> None:
    minutes, digest = folder / "minutes.md", hashlib.sha256(b"We met.").hexdigest()
    below = {"minutes": "attestations/minutes.md", "minutes_sha256": digest}
    (folder / "a.yaml").write_text(text(**below))
    (folder / "b.yaml").write_text(text(**{**below, "decision": "rejected"}))
    (folder / "c.yaml").write_text(text(minutes="elsewhere/minutes.md", minutes_sha256=digest))

    def found() -> tuple[set[str], str]:
        store = Store(folder.parent / "run")
        seen = FiledAttestations("attestations", directory(folder), store, NOW, "attestations").of(DUTY, (SUBJECT,))
        return {each.source for each in seen.records}, "; ".join(seen.problems)

    minutes.write_bytes(b"We met.")
    assert found() == ({"a.yaml", "b.yaml", "c.yaml"}, "")
    minutes.write_bytes(b"We met, or did we?")
    left, told = found()
    assert left == {"b.yaml", "c.yaml"}, "a rejection stands, and what lies elsewhere is not looked for"
    assert "a.yaml: minutes: attestations/minutes.md no longer has the SHA-256 that was signed" in told
    minutes.unlink()
    assert found()[0] == {"b.yaml", "c.yaml"}
    assert "is not found" in found()[1]


def test_a_folder_that_is_not_there_says_how_to_begin(tmp_path: Path) -> None:
    cause, detail = unseen(lambda: look(tmp_path / "attestations"))
    assert cause is Cause.NOT_CONFIGURED
    assert "`junzi-audit attest` makes it" in detail


def test_a_replay_reads_what_was_recorded(folder: Path, tmp_path: Path) -> None:
    (folder / "one.yaml").write_text(text())
    before = look(folder)
    shutil.rmtree(folder)
    store = Store(tmp_path / "again", replay=Archive(tmp_path / "run"))
    again = FiledAttestations("attestations", directory(folder), store, NOW).of(DUTY, (SUBJECT,))
    assert again == before
    assert again.records


@pytest.fixture
def origin(folder: Path) -> Path:
    """A Git repository with one record in attestations/."""
    (folder / "one.yaml").write_text(text())
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@minutes.example"]
    for words in (["init", "-q"], ["add", "attestations"], [*author, "commit", "-q", "-m", "First"]):
        subprocess.run(["git", "-C", str(folder.parent), *words], check=True, capture_output=True)
    return folder.parent


@needs_git
@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_repository_is_cloned_and_its_commit_is_noted(prefix: str, origin: Path) -> None:
    found = look(origin / "elsewhere", fetch=repository(f"{prefix}{origin}", "attestations"))
    assert [each.source for each in found.records] == ["one.yaml"]
    commit = subprocess.run(
        ["git", "-C", str(origin), "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    (kept,) = [path for path in (origin / "run" / "raw").rglob("*") if path.is_file()]
    assert json.loads(kept.read_text())["commit"] == commit


@needs_git
def test_a_repository_that_cannot_be_cloned_or_lacks_the_folder_is_unseen(origin: Path) -> None:
    cause, detail = unseen(lambda: look(origin, fetch=repository(str(origin / "no-such"), "")))
    assert cause is Cause.UNREACHABLE
    assert "cannot be cloned" in detail
    cause, detail = unseen(lambda: look(origin, fetch=repository(str(origin), "minutes")))
    assert (cause, "no folder 'minutes'" in detail) == (Cause.NOT_CONFIGURED, True)
    cause, _ = unseen(lambda: look(origin, fetch=repository("ext::sh -c 'echo x'", "")))
    assert cause is Cause.UNREACHABLE


def test_without_git_the_command_that_installs_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attestations.shutil, "which", lambda _: None)
    cause, detail = unseen(lambda: look(folder, fetch=repository("x", "")))
    assert cause is Cause.NOT_CONFIGURED
    assert "apt-get install git" in detail


@needs_git
def test_a_clone_ends_in_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attestations, "_CLONE_SECONDS", 0)
    cause, detail = unseen(lambda: look(folder, fetch=repository("x", "")))
    assert (cause, detail) == (Cause.TIMED_OUT, "git clone did not end within 0 s")


def serve(server: Hostile, looking: Looking, body: bytes, *subjects: str) -> Attested:
    server.pages["/council"] = answers(body)
    return ServedAttestations(looking.surface(server.url), "/council").of(DUTY, subjects or (SUBJECT,))


def test_a_service_is_asked_for_each_subject_and_believed_record_by_record(server: Hostile, looking: Looking) -> None:
    body = json.dumps([raw(), raw(), raw(decision="aproved"), raw(duty="daily.error-logs"), 5]).encode()
    found = serve(server, looking, body, SUBJECT, OTHER)
    assert [each.subject for each in found.records] == [SUBJECT]
    assert len(found.problems) == 4
    assert found.problems[0].startswith("record 3 for aaaaaaaaaaaa: [record] decision: 'aproved'")
    assert [head.split(b" ")[1] for head in server.heard] == [
        f"/council?duty={DUTY}&subject={subject}".encode() for subject in (SUBJECT, OTHER)
    ]


@pytest.mark.parametrize("body", [b"{}", b"nothing", b"", b"[" * 5000, b'"x"'])
def test_an_answer_that_is_no_list_is_malformed(server: Hostile, looking: Looking, body: bytes) -> None:
    cause, detail = unseen(lambda: serve(server, looking, body))
    assert cause is Cause.MALFORMED
    assert "no JSON list of records" in detail


def test_dates_may_be_days_or_instants() -> None:
    day = record(raw(), "a")
    instant = record(raw(date="2026-03-03T01:00:00+01:00"), "a")
    yaml = record(from_yaml(text().replace("'", ""), "a"), "a")
    assert day == instant == yaml


def test_the_record_that_the_documentation_shows_is_sound() -> None:
    page = (ROOT / "docs" / "ATTESTATIONS.md").read_text()
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    found = record(from_yaml(shown, "a.yaml"), "a.yaml")
    assert found.decisions == {"daily.bias-drift": "the model of October is back in place"}
    assert [signed.role for signed in found.signatures] == ["chair", "statistician", "community member"]


def test_an_empty_table_says_all_that_it_lacks() -> None:
    with pytest.raises(RecordError, match=r"duty: missing; .*subject: missing; .*signatures: missing"):
        record({}, "a.yaml")
