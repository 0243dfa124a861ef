"""Advisories against installed versions: the OSV schema's rules, published CVSS scores, and nothing silently clean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from junzi_audit.declared.upkeep import Accepted
from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import cvss, patching
from junzi_audit.measures.affected import Match, weakness
from junzi_audit.model import Cause, Verdict
from junzi_audit.seen.tickets import DAYS
from junzi_audit.seen.vulnerabilities import (
    Advisory,
    Affected,
    Database,
    Event,
    Inventory,
    Named,
    Package,
    Range,
    Score,
)
from tests.judging import verdict

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
GOOD = timedelta(days=14)


def package(version: str = "1.0", name: str = "Some.Thing", ecosystem: str = "PyPI") -> Package:
    return Package(name=name, version=version, ecosystem=ecosystem)


def spans(*events: tuple[str, str], kind: str = "ECOSYSTEM") -> Range:
    return Range(type=kind, events=tuple(Event(**{word: version}) for word, version in events))  # type: ignore[arg-type]


def affected(*ranges: Range, versions: tuple[str, ...] = (), name: str = "some_thing", eco: str = "PyPI") -> Affected:
    return Affected(package=Named(ecosystem=eco, name=name), ranges=ranges, versions=versions)


def advisory(days: float | None = 40, word: str = "MODERATE", entry: Affected | None = None, **more: Any) -> Advisory:
    told: dict[str, Any] = {
        "id": "X-1", "modified": NOW - timedelta(days=1), "database_specific": {"severity": word},
        "published": None if days is None else NOW - timedelta(days=days),
        "affected": (entry or affected(spans(("introduced", "0"), ("fixed", "2.0"))),),
    }  # fmt: skip
    return Advisory(**{**told, **more})


def database(*advisories: Advisory, age: float = 1, ecosystems: tuple[str, ...] = ("PyPI",)) -> Database:
    as_of = NOW - timedelta(days=age)
    known = frozenset(ecosystems)
    return Database(advisories=advisories, ecosystems=known, records=9, as_of=as_of, good_for=GOOD)


def inventory(*packages: Package, as_of: datetime | None = NOW) -> Inventory:
    return Inventory(packages=packages, as_of=as_of, good_for=timedelta(days=35))


def held(installed: Inventory, known: Database, *accepted: Accepted) -> dict[str, Measurement | Unseen]:
    return patching.past_window(installed, known, days=DAYS, accepted=accepted, now=NOW)


def count(reading: dict[str, Measurement | Unseen]) -> float:
    found = reading[""]
    assert isinstance(found, Measurement)
    return found.value


@pytest.mark.parametrize(
    ("vector", "score"),
    [  # base scores as FIRST's examples, NVD and GitHub publish them for these vectors
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0), ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
        ("CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:C/C:L/I:N/A:N", 3.4), ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H", 7.5),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4), ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0), ("CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:N", 5.6),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", None), ("CVSS:3.1/AV:N", None), ("", None),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", None),
    ],
)  # fmt: skip
def test_base_scores_are_the_published_ones(vector: str, score: float | None) -> None:
    assert cvss.base_score(vector) == score


def test_the_gravest_word_or_vector_counts_and_nothing_is_no_severity() -> None:
    vector = Score(type="CVSS_V3", score="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
    low = advisory(word="LOW")
    assert cvss.severity_of(low, affected()) == "low"
    assert cvss.severity_of(advisory(word="LOW", severity=(vector,)), affected()) == "critical"
    assert cvss.severity_of(advisory(word="nobody knows"), affected()) is None


@pytest.mark.parametrize(
    ("version", "ranges", "versions", "match"),
    [
        ("1.9", [spans(("introduced", "0"), ("fixed", "2.0"))], (), Match.AFFECTED),
        ("1.10", [spans(("introduced", "0"), ("fixed", "1.9"))], (), Match.FIXED),
        ("2.0", [spans(("introduced", "0"), ("fixed", "2.0"))], (), Match.FIXED),
        ("2.0rc1", [spans(("introduced", "0"), ("fixed", "2.0"))], (), Match.AFFECTED),
        ("0.1.dev1", [spans(("introduced", "0"), ("fixed", "2.0"))], (), Match.AFFECTED),
        ("1.0", [spans(("introduced", "1.5"), ("fixed", "2.0"))], (), Match.CLEAR),
        ("1.5", [spans(("introduced", "1.0"), ("last_affected", "1.5"))], (), Match.AFFECTED),
        ("1.5+cpu", [spans(("introduced", "1.0"), ("last_affected", "1.5"))], (), Match.AFFECTED),
        ("1.6", [spans(("introduced", "1.0"), ("last_affected", "1.5"))], (), Match.CLEAR),
        ("3.1", [spans(("introduced", "0"), ("fixed", "2"), ("introduced", "3"), ("fixed", "4"))], (), Match.AFFECTED),
        ("3.1", [spans(("fixed", "4"), ("introduced", "3"))], (), Match.AFFECTED),
        ("2.5", [spans(("introduced", "0"), ("fixed", "2"), ("introduced", "3"), ("fixed", "4"))], (), Match.FIXED),
        ("9", [spans(("introduced", "0"))], (), Match.AFFECTED),
        ("1.0", [], ("1.0.0",), Match.AFFECTED), ("1.1", [], ("1.0",), Match.CLEAR),
        ("1.0", [], (), Match.UNKNOWN), ("1.0", [spans(("introduced", "0"), kind="GIT")], (), Match.UNKNOWN),
        ("1.0", [spans(("introduced", "banana"))], (), Match.UNKNOWN),
        ("1.0", [spans(("introduced", "0"), ("fixed", "2.0"), kind="SEMVER")], (), Match.AFFECTED),
    ],
)  # fmt: skip
def test_a_version_lies_within_a_range_as_the_schema_says(
    version: str, ranges: list[Range], versions: tuple[str, ...], match: Match
) -> None:
    assert weakness(package(version), affected(*ranges, versions=versions)).match is match


def test_names_are_compared_as_pep_503_says() -> None:
    assert count(held(inventory(package(name="Some_.Thing")), database(advisory()))) == 1
    assert count(held(inventory(package(name="something")), database(advisory()))) == 0


@pytest.mark.parametrize(("word", "days"), [("CRITICAL", 2), ("HIGH", 7), ("MODERATE", 30), ("LOW", 90), ("?", 2)])
def test_an_advisory_is_past_its_window_a_moment_after_it_and_an_unrated_one_has_the_shortest(
    word: str, days: float
) -> None:
    assert count(held(inventory(package()), database(advisory(days, word)))) == 0
    assert count(held(inventory(package()), database(advisory(days + 0.001, word)))) == 1


def test_the_breach_names_package_advisory_severity_age_window_and_remedy() -> None:
    reading = held(inventory(package()), database(advisory()))
    assert verdict(reading) is Verdict.BREACHED
    assert getattr(reading[""], "detail", "") == "Some.Thing 1.0: X-1 medium, 40 of 30 days, fixed in 2.0"
    row = reading[""].exhibits[0].rows[0]
    assert row == ("Some.Thing", "1.0", "2.0", "X-1", "medium", 40.0, 30, "open", "past window")


def test_a_fix_found_installed_is_its_deployment() -> None:
    reading = held(inventory(package("2.0")), database(advisory()))
    assert verdict(reading) is Verdict.MET
    assert reading[""].exhibits[0].rows[0][7] == "fix deployed"
    assert dict(reading[""].exhibits[1].rows)["fix deployed"] == 1  # type: ignore[arg-type]


def test_an_advisory_without_a_fix_ages_from_its_publication_until_somebody_accepts_it() -> None:
    endless = affected(spans(("introduced", "0")))
    reading = held(inventory(package()), database(advisory(31, entry=endless)))
    assert (count(reading), reading[""].exhibits[0].rows[0][7]) == (1, "open, no fix yet")
    assert getattr(reading[""], "detail", "").endswith("31 of 30 days, no fix yet")
    assert count(held(inventory(package()), database(advisory(29, entry=endless)))) == 0
    entry = Accepted(id="X-1", expires=NOW + timedelta(days=1), **ACCEPTED)
    assert count(held(inventory(package()), database(advisory(31, entry=endless)), entry)) == 0
    assert "age unknown" in held(inventory(package()), database(advisory(None, entry=endless)))


def test_the_window_runs_from_a_fix_that_came_later() -> None:
    entry = affected(spans(("introduced", "0"), ("fixed", "2.0")))
    later = Affected(
        package=entry.package, ranges=entry.ranges, database_specific={"fix_published": "2026-03-20T00:00:00Z"}
    )
    assert count(held(inventory(package()), database(advisory(entry=later)))) == 0


def test_a_withdrawn_advisory_is_none_and_one_that_will_be_counts_until_then() -> None:
    reading = held(inventory(package()), database(advisory(withdrawn=NOW)))
    assert (verdict(reading), reading[""].exhibits[0].rows) == (Verdict.MET, ())
    assert count(held(inventory(package()), database(advisory(withdrawn=NOW + timedelta(days=1))))) == 1


def test_two_names_of_one_weakness_are_one_and_the_gravest_and_earliest_counts() -> None:
    twins = (
        advisory(5, "LOW", id="PYSEC-1", aliases=("CVE-1",)), advisory(20, "HIGH", id="GHSA-1", aliases=("CVE-1",)),
        advisory(9, "LOW", id="CVE-2"),
    )  # fmt: skip
    reading = held(inventory(package()), database(*twins))
    assert count(reading) == 1
    assert [(row[3], row[4], row[5]) for row in reading[""].exhibits[0].rows] == [
        ("GHSA-1", "high", 20.0), ("CVE-2", "low", 9.0),
    ]  # fmt: skip


ACCEPTED = {"reason": "Not reachable from outside.", "approver": "DevOps / SRE Team"}


@pytest.mark.parametrize(
    ("named", "days", "late"), [("X-1", 1, 0), ("CVE-7", 1, 0), ("X-1", 0, 1), ("X-1", -1, 1), ("X-2", 1, 1)]
)
def test_an_accepted_advisory_is_covered_by_any_of_its_names_until_the_instant_it_ends(
    named: str, days: int, late: int
) -> None:
    entry = Accepted(id=named, expires=NOW + timedelta(days=days), **ACCEPTED)
    reading = held(inventory(package()), database(advisory(aliases=("CVE-7",))), entry)
    assert count(reading) == late
    assert ("Not reachable" in str(reading[""].exhibits[0].rows[0][7])) is not bool(late)


@pytest.mark.parametrize(
    ("installed", "why"),
    [
        (package(""), "no version is told"), (package(ecosystem=""), "of which ecosystem"),
        (package("see git"), "none that can be compared"), (package(ecosystem="Debian:12"), "tell nothing of Debian"),
    ],
)  # fmt: skip
def test_what_could_not_be_looked_up_is_never_clean(installed: Package, why: str) -> None:
    reading = held(inventory(package("3.0"), installed), database(advisory()))
    assert verdict(reading) is Verdict.INCONCLUSIVE
    assert why in getattr(reading["not looked up"], "detail", "")
    assert dict(reading[""].exhibits[1].rows)["not looked up"] == 1  # type: ignore[arg-type]


def test_ranges_of_an_ecosystem_that_cannot_be_compared_leave_its_package_unseen_and_lists_do_not() -> None:
    debian = package("1.2-3", "zlib", "Debian:12")
    ranged = affected(spans(("introduced", "0"), ("fixed", "1.3")), name="zlib", eco="Debian:12")
    known = database(advisory(entry=ranged), ecosystems=("Debian",))
    assert "Debian:12 1.2-3 cannot be compared" in getattr(
        held(inventory(debian), known)["not looked up"], "detail", ""
    )

    listed = affected(versions=("1.2-2",), name="zlib", eco="Debian:12")
    known = database(advisory(entry=listed), ecosystems=("Debian",))
    assert verdict(held(inventory(debian), known)) is Verdict.MET
    assert count(held(inventory(package("1.2-2", "zlib", "Debian")), known)) == 1


def test_a_breach_in_what_was_looked_up_stays_one_beside_what_was_not() -> None:
    reading = held(inventory(package(), package("")), database(advisory(), age=40))
    assert verdict(reading) is Verdict.BREACHED
    assert set(reading) == {"", "not looked up", "advisory database"}


@pytest.mark.parametrize(
    ("age", "cause"), [(14.001, Cause.STALE), (14, None), (-2, Cause.MALFORMED), (-0.5, None)]
)  # fmt: skip
def test_a_stale_database_or_one_of_tomorrow_knows_nothing_of_today(age: float, cause: Cause | None) -> None:
    reading = held(inventory(package("3.0")), database(advisory(), age=age))
    assert getattr(reading.get("advisory database"), "cause", None) is cause
    assert verdict(reading) is (Verdict.INCONCLUSIVE if cause else Verdict.MET)


def test_an_old_list_of_packages_tells_nothing_of_today_and_an_empty_one_nothing_at_all() -> None:
    old = held(inventory(package("3.0"), as_of=NOW - timedelta(days=36)), database(advisory()))
    assert getattr(old["list of packages"], "cause", None) is Cause.STALE
    assert verdict(held(inventory(), database(advisory()))) is Verdict.INCONCLUSIVE


def test_an_empty_database_finds_nothing_and_says_so() -> None:
    empty = Database(advisories=(), ecosystems=frozenset(), records=0, as_of=None, good_for=GOOD)
    reading = held(inventory(package()), empty)
    assert (verdict(reading), set(reading)) == (Verdict.INCONCLUSIVE, {"", "advisory database", "not looked up"})


@pytest.mark.parametrize("days", [None, -30])
def test_an_advisory_whose_age_nobody_tells_is_not_young(days: float | None) -> None:
    reading = held(inventory(package()), database(advisory(days)))
    assert (verdict(reading), "age unknown" in reading) == (Verdict.INCONCLUSIVE, True)


def test_a_record_without_a_severity_takes_that_of_its_twin_and_commits_are_no_versions() -> None:
    commits = spans(("introduced", "0"), ("fixed", "74ea7cf7a6a2"), kind="GIT")
    bare = advisory(
        20, "", id="PYSEC-1", aliases=("CVE-1", "GHSA-1"),
        entry=affected(commits, spans(("introduced", "0.3"), ("fixed", "2.0")), versions=("1.0",)),
    )  # fmt: skip
    reading = held(inventory(package()), database(bare, advisory(20, id="GHSA-1", aliases=("CVE-1",))))
    assert [(row[3], row[4], row[2]) for row in reading[""].exhibits[0].rows] == [("GHSA-1", "medium", "2.0")]
    assert count(reading) == 0


def test_a_database_without_a_record_knows_nothing_however_fresh_it_says_it_is() -> None:
    reading = held(inventory(package()), replace(database(), records=0))
    assert getattr(reading["advisory database"], "cause", None) is Cause.TOO_FEW


def test_a_bill_without_its_instant_may_be_of_any_age() -> None:
    undated = replace(inventory(package("3.0"), as_of=None), dated=True)
    assert getattr(held(undated, database(advisory()))["list of packages"], "cause", None) is Cause.STALE
    assert verdict(held(inventory(package("3.0"), as_of=None), database(advisory()))) is Verdict.MET


def test_a_package_under_the_name_it_was_built_as_is_never_clean_and_may_be_found_all_the_same() -> None:
    listed = affected(versions=("3.0.1",), name="openssl", eco="Debian:12")
    known = database(advisory(entry=listed), ecosystems=("Debian",))
    built = replace(package("3.0.1", "libssl3", "Debian"), as_built=True)
    reading = held(inventory(built), known)
    assert (count(reading), "nothing tells its own" in getattr(reading["not looked up"], "detail", "")) == (0, True)
    assert verdict(held(inventory(replace(built, name="openssl")), known)) is Verdict.BREACHED


def test_the_case_of_a_name_says_nothing_where_an_ecosystem_has_none() -> None:
    listed = affected(versions=("12.0.1",), name="Newtonsoft.Json", eco="NuGet")
    known = database(advisory(entry=listed), ecosystems=("NuGet",))
    assert count(held(inventory(package("12.0.1", "newtonsoft.json", "NuGet")), known)) == 1


@pytest.mark.parametrize(
    ("ecosystem", "installed", "told"),
    [
        ("Go", "github.com/burntsushi/toml", "github.com/BurntSushi/toml"), ("npm", "jsonstream", "JSONStream"),
        ("crates.io", "Serde-JSON", "serde_json"),
    ],
)  # fmt: skip
def test_a_package_url_in_small_letters_is_found_under_its_authors_spelling(
    ecosystem: str, installed: str, told: str
) -> None:
    known = database(
        advisory(entry=affected(versions=("1.0.0",), name=told, eco=ecosystem)), ecosystems=(ecosystem,)
    )  # fmt: skip
    assert count(held(inventory(package("1.0.0", installed, ecosystem)), known)) == 1


@pytest.mark.parametrize(
    ("ecosystem", "installed", "listed", "match"),
    [
        ("Go", "v1.0.0", "1.0.0", Match.AFFECTED), ("Packagist", "5.4.0", "v5.4.0", Match.AFFECTED),
        ("npm", "1.0.0+build", "1.0.0", Match.AFFECTED), ("Go", "v2.0.0", "2.0.0+incompatible", Match.AFFECTED),
        ("npm", "1.0.0+one", "1.0.0+two", Match.AFFECTED), ("npm", "1.0.1", "1.0.0", Match.CLEAR),
        ("npm", "1.0.0-rc.1", "1.0.0", Match.CLEAR), ("npm", "10.0.0", "1.0.0", Match.CLEAR),
        # One version or two, for all that we know of their ecosystem's order.
        ("Debian", "1.2-3+b1", "1.2-3", Match.UNKNOWN), ("NuGet", "12.0.1.0", "12.0.1", Match.UNKNOWN),
        ("Packagist", "5.4.0-RC1", "5.4.0-rc.1", Match.UNKNOWN), ("Maven", "2.0", "2.0.0", Match.UNKNOWN),
        ("Packagist", "dev-main", "5.4.0", Match.UNKNOWN), ("Go", "(devel)", "1.0.0", Match.UNKNOWN),
        ("Debian", "1.2+dfsg-1", "1.2+dfsg-2", Match.CLEAR), ("Debian", "1.2-3", "1.23", Match.CLEAR),
    ],
)  # fmt: skip
def test_a_listed_version_is_the_same_without_its_v_and_build_and_one_that_may_be_is_never_clear(
    ecosystem: str, installed: str, listed: str, match: Match
) -> None:
    entry = affected(versions=(listed,), name="a", eco=ecosystem)
    assert weakness(package(installed, "a", ecosystem), entry).match is match
