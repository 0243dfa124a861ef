"""Installed packages and advisories as their tools write them, and what is neither."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable, utc
from junzi_audit.probes import advisories as probe
from junzi_audit.probes.advisories import Advisories
from junzi_audit.probes.documents import File, Page
from junzi_audit.probes.packages import Packages
from junzi_audit.seen.vulnerabilities import Database, Inventory, Package
from tests.hostile import Hostile, Looking, answers, looking, server

__all__ = ["looking", "server"]

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
GOOD = timedelta(days=14)
OSV: dict[str, Any] = {
    "id": "GHSA-1", "modified": "2026-03-20T00:00:00Z", "published": "2026-03-01T00:00:00Z", "aliases": ["CVE-1"],
    "affected": [{"package": {"ecosystem": "PyPI", "name": "Some-Thing"}, "versions": ["1.0"], "ranges": []}],
    "references": [{"type": "WEB", "url": "https://example"}],
}  # fmt: skip
OPEN_RANGE = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}
OTHER = OSV | {
    "id": "GHSA-2", "modified": "2026-03-25T00:00:00.5Z",
    "affected": [{"package": {"ecosystem": "Debian:12", "name": "zlib"}, "ranges": [OPEN_RANGE]}],
}  # fmt: skip


def file(folder: Path, body: bytes | str, name: str = "given") -> File:
    (folder / name).write_bytes(body if isinstance(body, bytes) else body.encode())
    (folder / "run").mkdir(exist_ok=True)
    return File(root=folder, path=name, recorder=Store(folder / "run"))


def installed(folder: Path, body: bytes | str, kind: Literal["sbom", "list"] = "list") -> Inventory:
    return Packages(file(folder, body), kind=kind, good_for=GOOD).installed(NOW)


def pairs(inventory: Inventory) -> list[tuple[str, str, str]]:
    return [(each.name, each.version, each.ecosystem) for each in inventory.packages]


def bill(*components: dict[str, Any], **more: Any) -> str:
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components, **more})


@pytest.mark.parametrize(
    ("purl", "told"),
    [
        ("pkg:pypi/some-thing@1.0", ("some-thing", "1.0", "PyPI")),
        ("pkg:npm/%40scope/name@1.2.3", ("@scope/name", "1.2.3", "npm")),
        ("pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12", ("zlib1g", "1:1.2.13.dfsg-1", "Debian")),
        ("pkg:maven/org.example/thing@2", ("org.example:thing", "2", "Maven")),
        ("pkg:golang/github.com/a/b@v1.0.0#sub", ("github.com/a/b", "v1.0.0", "Go")),
        ("pkg:pypi/some-thing", ("some-thing", "7", "PyPI")),
        ("pkg:swid/vendor/thing@1", ("vendor/thing", "1", "swid")),
        ("", ("named", "7", "")), ("not a purl", ("named", "7", "")),
    ],
)  # fmt: skip
def test_a_package_url_says_name_version_and_ecosystem(tmp_path: Path, purl: str, told: tuple[str, str, str]) -> None:
    body = bill({"type": "library", "name": "named", "version": "7", "purl": purl})
    assert pairs(installed(tmp_path, body, "sbom")) == [told]


def test_a_bill_of_materials_tells_when_it_was_made_what_lies_within_and_each_package_once(tmp_path: Path) -> None:
    inner = {"type": "library", "name": "b", "purl": "pkg:pypi/b@2"}
    outer = {"type": "framework", "name": "a", "purl": "pkg:pypi/a@1", "components": [inner, inner]}
    found = installed(
        tmp_path, bill(outer, {"type": "file", "name": "x"}, metadata={"timestamp": "2026-03-01T00:00:00Z"}), "sbom"
    )
    assert pairs(found) == [("a", "1", "PyPI"), ("b", "2", "PyPI")]
    assert found.as_of == utc("2026-03-01T00:00:00Z")


def test_a_file_with_a_package_url_is_a_package_and_only_a_bill_dates_itself(tmp_path: Path) -> None:
    found = installed(tmp_path, bill({"type": "file", "name": "x", "purl": "pkg:pypi/a@1"}), "sbom")
    assert (pairs(found), found.as_of, found.dated) == ([("a", "1", "PyPI")], None, True)
    assert installed(tmp_path, "a==1\n").dated is False


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[{"name": "a", "version": "1.0"}]', [("a", "1.0", "PyPI")]),
        ("a==1.0\nb[x]==2.0 ; python_version > '3'\n# comment\n", [("a", "1.0", "PyPI"), ("b", "2.0", "PyPI")]),
        ("a==1.0\n-e git+https://x/y#egg=z\n", [("a", "1.0", "PyPI"), ("-e git+https://x/y#egg=z", "", "")]),
        ("a==1.0\nb @ file:///tmp/b\n", [("a", "1.0", "PyPI"), ("b @ file:///tmp/b", "", "")]),
        ("zlib1g:amd64\t1:1.2.13.dfsg-1\nbash\t5.2-2+b1\n", [
            ("zlib1g", "1:1.2.13.dfsg-1", "Debian"), ("bash", "5.2-2+b1", "Debian")]),
        ("Desired=Unknown/Install\n| Status=Not\n||/ Name Version\n+++-====\nii  bash  5.2-2  amd64  GNU shell\n", [
            ("bash", "5.2-2", "Debian")]),
    ],
)  # fmt: skip
def test_a_list_is_read_as_its_tool_prints_it(tmp_path: Path, text: str, told: list[tuple[str, str, str]]) -> None:
    assert pairs(installed(tmp_path, text)) == told


@pytest.mark.parametrize(
    ("purl", "told", "as_built"),
    [
        ("pkg:deb/debian/libssl3@3.0.1-1+b1?arch=amd64&upstream=openssl%403.0.1-1", ("openssl", "3.0.1-1"), False),
        ("pkg:deb/debian/libssl3@3.0.1?upstream=openssl&distro=debian-12", ("openssl", "3.0.1"), False),
        ("pkg:deb/ubuntu/libssl3@3.0.1?distro=ubuntu-22.04", ("libssl3", "3.0.1"), True),
        ("pkg:apk/alpine/libcrypto3@3.1.0-r0?upstream=openssl", ("openssl", "3.1.0-r0"), False),
        ("pkg:apk/alpine/libcrypto3@3.1.0-r0", ("libcrypto3", "3.1.0-r0"), True),
        ("pkg:pypi/a@1?upstream=b%409", ("a", "1"), False),
    ],
)  # fmt: skip
def test_a_distributions_package_goes_by_its_source_where_that_is_told(
    tmp_path: Path, purl: str, told: tuple[str, str], as_built: bool
) -> None:
    (found,) = installed(tmp_path, bill({"type": "library", "name": "x", "purl": purl}), "sbom").packages
    assert ((found.name, found.version), found.as_built) == (told, as_built)


def test_a_list_may_tell_the_source_and_dpkgs_own_does_not(tmp_path: Path) -> None:
    row = {"name": "libssl3", "version": "3.0.1", "ecosystem": "Debian:12"}
    told = [json.dumps([row | {"source": "openssl"}]), json.dumps([row]), "libssl3 3.0.1\n"]
    (source,), (bare,), (dpkg,) = (installed(tmp_path, text).packages for text in told)
    assert (source.name, source.as_built) == ("openssl", False)
    assert (bare.as_built, dpkg.as_built) == (True, True)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("sbom", "<bom/>"), ("sbom", "{}"), ("sbom", '{"bomFormat": "SPDX"}'), ("sbom", bill({"version": "1"})),
        ("sbom", bill(metadata={"timestamp": "2026-03-01T00:00:00"})), ("list", "<html>\n"), ("list", "[1]"),
        ("list", ""),
    ],
)  # fmt: skip
def test_what_is_no_list_of_packages_is_malformed(tmp_path: Path, kind: Literal["sbom", "list"], body: str) -> None:
    with pytest.raises(Unobservable) as raised:
        installed(tmp_path, body, kind)
    assert raised.value.cause is Cause.MALFORMED


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path) -> None:
    gone = File(root=tmp_path, path="gone.json", recorder=Store(tmp_path))
    with pytest.raises(Unobservable, match=r"gone\.json cannot be read: No such file"):
        Packages(gone, kind="sbom", good_for=GOOD).installed(NOW)


WANTED = [Package(name="some_thing", version="1.0", ecosystem="PyPI")]


def zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("GHSA-1.json", json.dumps(OSV))
        archive.writestr("GHSA-2.json", json.dumps(OTHER))
        archive.writestr("README.txt", "no record")
    return packed.getvalue()


FORMS: dict[str, Callable[[Path], bytes]] = {
    "a list": lambda folder: json.dumps([OSV, OTHER]).encode(),
    "a file with more about itself": lambda folder: json.dumps({"advisories": [OSV, OTHER]}).encode(),
    "a zip": zipped,
}


def about(folder: Path, document: File | Page | None = None, body: bytes | str = b"") -> Database:
    return Advisories(document or file(folder, body), good_for=GOOD).about(WANTED, NOW)


def check_both(found: Database) -> None:
    assert [each.id for each in found.advisories] == ["GHSA-1"]
    assert (found.records, found.ecosystems) == (2, {"PyPI", "Debian"})
    assert found.as_of == utc("2026-03-25T00:00:00.5Z")


@pytest.mark.parametrize("form", FORMS)
def test_a_database_in_any_form_tells_what_is_about_us_and_how_far_it_reaches(form: str, tmp_path: Path) -> None:
    check_both(about(tmp_path, body=FORMS[form](tmp_path)))


@pytest.mark.parametrize("form", FORMS)
def test_a_database_behind_a_url_is_the_same(form: str, tmp_path: Path, server: Hostile, looking: Looking) -> None:
    server.pages["/all"] = answers(FORMS[form](tmp_path))
    check_both(about(tmp_path, Page(surface=looking.surface(server.url), path="/all")))


def test_a_directory_is_a_database_and_a_replay_needs_neither_it_nor_what_is_not_about_us(tmp_path: Path) -> None:
    folder = tmp_path / "db" / "PyPI"
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(json.dumps(OSV))
    (folder / "2.json").write_text(json.dumps(OTHER))
    (tmp_path / "run").mkdir()
    live = about(tmp_path, File(root=tmp_path, path="db", recorder=Store(tmp_path / "run")))
    check_both(live)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "run" / "raw").rglob("*") if path.is_file())
    assert b"zlib" not in kept
    (folder / "1.json").unlink()
    (tmp_path / "again").mkdir()
    again = Store(tmp_path / "again", replay=Archive(tmp_path / "run"))
    assert about(tmp_path, File(root=tmp_path, path="db", recorder=again)) == live


def test_when_it_was_fetched_counts_before_what_it_holds(tmp_path: Path) -> None:
    body = {"fetched": "2026-03-29T00:00:00Z", "ecosystems": ["npm"], "advisories": [OSV]}
    found = about(tmp_path, body=json.dumps(body))
    assert (found.as_of, found.ecosystems) == (utc("2026-03-29T00:00:00Z"), {"PyPI", "npm"})


@pytest.mark.parametrize("told", [{}, {"records": 99_999}])
def test_how_many_records_there_are_is_counted_and_not_believed(
    told: dict[str, int], tmp_path: Path, server: Hostile, looking: Looking
) -> None:
    body = json.dumps({"fetched": "2026-03-29T00:00:00Z", "ecosystems": ["PyPI"], "advisories": [], **told})
    server.pages["/all"] = answers(body.encode())
    for document in (file(tmp_path, body), Page(surface=looking.surface(server.url), path="/all")):
        assert about(tmp_path, document).records == 0


def test_a_record_of_two_ecosystems_covers_neither(tmp_path: Path) -> None:
    both = OSV | {"affected": [*OSV["affected"], {"package": {"ecosystem": "Maven", "name": "a:b"}}]}
    assert about(tmp_path, body=json.dumps([both])).ecosystems == frozenset()
    assert about(tmp_path, body=json.dumps([both, OSV])).ecosystems == {"PyPI"}


def test_an_empty_database_reaches_nowhere(tmp_path: Path) -> None:
    found = about(tmp_path, body="[]")
    assert (found.records, found.as_of, found.ecosystems) == (0, None, frozenset())


def changed(**changes: Any) -> str:
    return json.dumps([OSV | changes])


@pytest.mark.parametrize(
    "body",
    [
        "<html></html>", "{}", "[1]", "null", '"x"', "[" * 100_000, '{"advisories": 7}', changed(modified="yesterday"),
        changed(modified=None), changed(affected=[{"package": {"name": "x"}}]), changed(published="soon"),
        changed(aliases="CVE-1"), changed(published="2026-03-01T00:00:00"), b"PK\x03\x04 not a zip",
        '{"fetched": "then", "advisories": []}', '{"records": "x", "advisories": []}',
    ],
)  # fmt: skip
def test_what_is_no_database_is_malformed(tmp_path: Path, body: bytes | str) -> None:
    with pytest.raises(Unobservable) as raised:
        about(tmp_path, body=body)
    assert raised.value.cause is Cause.MALFORMED


def test_a_zip_that_holds_more_than_it_weighs_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_MOST", 100)
    with pytest.raises(Unobservable) as raised:
        about(tmp_path, body=zipped(tmp_path))
    assert raised.value.cause is Cause.TOO_LARGE
