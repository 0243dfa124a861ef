"""What a scan comes to: findings by who looked, stray ports, other scanners' age, TLS where it applies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from junzi_audit.declared.scanning import Host, Scan
from junzi_audit.declared.upkeep import Accepted
from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures import encryption, exposure
from junzi_audit.model import DAY, Cause
from junzi_audit.seen.vulnerabilities import Advisory, Affected, Database, Event, Inventory, Named, Package, Range
from junzi_audit.seen.weaknesses import Ciphers, Handshake, Look, OpenPort, Ports, Result, ScannerRun, Weakness

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
SCAN = Scan(hosts=(Host(name="node.example", ports=(22, "node"), tls=("node",)),))
BLIND = Unseen(cause=Cause.UNREACHABLE, detail="gone")
SHAKEN = Handshake(
    host="node.example", port=443, protocol="TLSv1.3", distrust="", expires=NOW + 30 * DAY, old=()
)  # fmt: skip


def weakness(severity: Any, name: str = "w") -> Weakness:
    return Weakness(id=name, severity=severity, where="here", what="weak", repeat="look", fix="mend")


def value(reading: object) -> float:
    assert isinstance(reading, Measurement)
    return reading.value


def test_findings_are_counted_by_severity_and_by_who_looked() -> None:
    looks = {"node": Look(looked=5, found=(weakness("critical"), weakness("low"))), "tls": Look(looked=1), "zap": BLIND}
    critical = exposure.counted(looks, "critical", exhibits=(exposure.table(looks),))
    assert {name: value(each) for name, each in critical.items() if each != BLIND} == {"node": 1, "tls": 0}
    assert critical["zap"] == BLIND
    assert value(exposure.counted(looks)["node"]) == 2
    rows = exposure.table(looks).rows
    assert [row[0] for row in rows] == ["critical", "low"]
    assert exposure.by_severity(looks).rows == (("critical", 1), ("high", 0), ("medium", 0), ("low", 1))
    assert "zap could not be seen" in exposure.table(looks).caption
    assert exposure.table({"tls": Look(looked=1)}).rows == ()


def test_what_a_look_could_not_see_stands_beside_it_and_nothing_looked_at_is_not_met() -> None:
    found = exposure.counted({"node": Look(looked=0, unseen=(("rate", BLIND),), remarks=("no TLS here",))}, "high")
    reading = found["node"]
    assert isinstance(reading, Measurement)
    assert (reading.n, reading.detail, found["node: rate"]) == (0, "no TLS here", BLIND)


def test_a_port_that_is_not_approved_is_counted() -> None:
    opened = tuple(OpenPort(host="node.example", port=port, service="") for port in (22, 8443, 6379))
    scans = {"node.example": Ports(host="node.example", spec="1-9999", looked=9999, open=opened), "b.example": BLIND}
    found = exposure.unexpected(scans, SCAN, 8443)
    reading = found["node.example"]
    assert isinstance(reading, Measurement)
    assert (reading.value, reading.n, reading.detail) == (1, 9999, "open: 6379 (unknown)")
    assert reading.exhibits[0].rows[2] == ("6379", "", "no")
    assert found["b.example"] == BLIND


@pytest.mark.parametrize(("opened", "verdict"), [((), None), ((22,), 0), ((8443,), 0), ((6379,), 1)])
def test_a_host_without_one_open_port_was_not_seen(opened: tuple[int, ...], verdict: float | None) -> None:
    ports = tuple(OpenPort(host="node.example", port=port, service="") for port in opened)
    scans = {"node.example": Ports(host="node.example", spec="1-9999", looked=9999, open=ports)}
    found = exposure.unexpected(scans, SCAN, 8443)["node.example"]
    assert (found.value if isinstance(found, Measurement) else None) == verdict
    assert isinstance(found, Measurement) or found.cause is Cause.UNREACHABLE


def test_a_family_of_addresses_that_did_not_answer_stands_beside_the_other() -> None:
    opened = (OpenPort(host="node.example", port=6379, service=""),)
    ports = Ports(host="node.example", spec="1-9", looked=9, open=opened, unseen=(("IPv6", BLIND),))
    found = exposure.unexpected({"node.example": ports}, SCAN, 8443)
    assert (value(found["node.example"]), found["node.example over IPv6"]) == (1, BLIND)


def result(**more: Any) -> Result:
    told = {"rule": "R", "level": "warning", "score": None, "where": "a:1", "what": "weak", "help": ""}
    return Result(**(told | {"suppressed": False} | more))


def run(*results: Result, at: datetime = NOW) -> ScannerRun:
    return ScannerRun(file="x.sarif", tool="Trivy", version="1", at=at, results=results)


def imported(*runs: ScannerRun) -> dict[str, Look | Unseen]:
    return exposure.imported({"x.sarif": runs}, days=35, now=NOW)


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({"score": 9.0}, "critical"), ({"score": 7.0}, "high"), ({"score": 4.0, "level": "error"}, "medium"),
        ({"level": "error"}, "high"), ({"level": "warning"}, "medium"), ({"level": "note"}, "low"),
    ],
)  # fmt: skip
def test_a_scanners_result_is_as_grave_as_its_score_else_its_level(more: dict[str, Any], severity: str) -> None:
    look = imported(run(result(**more)))["Trivy in x.sarif"]
    assert isinstance(look, Look)
    assert [each.severity for each in look.found] == [severity]


def test_a_suppressed_result_does_not_count_and_is_named() -> None:
    look = imported(run(result(score=9.9, suppressed=True)))["Trivy in x.sarif"]
    assert look == Look(looked=2, remarks=("suppressed in x.sarif: R a:1",))


def test_a_result_that_nothing_rates_stands_beside_the_reading_unless_it_is_suppressed() -> None:
    nothing = result(unrated="its rule is not in the report")
    (look,) = imported(run(nothing)).values()
    assert isinstance(look, Look)
    ((part, unseen),) = look.unseen
    assert (part, unseen.cause) == ("how grave it is", Cause.UNDEFINED)
    assert unseen.detail == "x.sarif: Trivy does not say how grave it is: R (its rule is not in the report)"
    (passed,) = imported(run(replace(nothing, suppressed=True))).values()
    assert isinstance(passed, Look)
    assert passed.unseen == ()


def test_a_scanner_that_failed_found_what_it_found_and_looked_at_no_more() -> None:
    (look,) = imported(replace(run(result(score=9.9)), failure="says that it failed")).values()
    assert isinstance(look, Look)
    assert ([each.severity for each in look.found], [each.cause for _, each in look.unseen]) == (
        ["critical"], [Cause.UNDEFINED],
    )  # fmt: skip


@pytest.mark.parametrize(("age", "cause"), [(timedelta(days=36), Cause.STALE), (timedelta(days=-2), Cause.MALFORMED)])
def test_a_report_too_old_or_of_the_future_is_unseen_and_named(age: timedelta, cause: Cause) -> None:
    look = imported(run(result(score=9.9), at=NOW - age))["Trivy in x.sarif"]
    assert isinstance(look, Unseen)
    assert (look.cause, "x.sarif" in look.detail) == (cause, True)


def test_every_run_of_a_report_is_told_apart_and_an_unread_one_kept() -> None:
    assert set(imported(run(), run())) == {"Trivy in x.sarif, run 1", "Trivy in x.sarif, run 2"}
    assert exposure.imported({"x.sarif": BLIND}, days=35, now=NOW) == {"x.sarif": BLIND}


INVENTORY = Inventory(
    packages=(Package(name="a", version="1.0", ecosystem="PyPI"),), as_of=NOW, good_for=35 * DAY
)  # fmt: skip
ADVISORY = Advisory(
    id="CVE-1", modified=NOW, published=NOW - DAY, database_specific={"severity": "CRITICAL"},
    affected=(
        Affected(
            package=Named(ecosystem="PyPI", name="a"),
            ranges=(Range(type="ECOSYSTEM", events=(Event(introduced="0"), Event(fixed="2.0"))),),
        ),
    ),
)  # fmt: skip
KNOWN = Database(advisories=(ADVISORY,), ecosystems=frozenset({"PyPI"}), records=1, as_of=NOW, good_for=14 * DAY)


def dependencies(database: Database, accepted: tuple[Accepted, ...] = ()) -> Look:
    look = exposure.dependencies({"packages": (INVENTORY, database)}, accepted=accepted, now=NOW)["packages"]
    assert isinstance(look, Look)
    return look


def test_a_weak_package_counts_from_its_first_day_unless_it_is_accepted() -> None:
    (found,) = dependencies(KNOWN).found
    assert (found.id, found.severity, found.fix) == ("CVE-1", "critical", "install 2.0")
    living = Accepted(id="CVE-1", reason="never called here", approver="x", expires=NOW + DAY)
    assert dependencies(KNOWN, (living,)).found == ()
    assert dependencies(KNOWN, (replace(living, expires=NOW),)).found != ()


def test_stale_advisories_leave_the_packages_unseen() -> None:
    look = dependencies(replace(KNOWN, as_of=NOW - 20 * DAY))
    assert [(name, each.cause) for name, each in look.unseen] == [("advisory database", Cause.STALE)]


def transport(scan: Scan = SCAN, urls: tuple[str, ...] = (), **seen: Any) -> Look:
    look = encryption.look(scan, urls, seen.get("handshakes", {}), seen.get("ciphers", {}), NOW)
    assert isinstance(look, Look)
    return look


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []), ({"expires": NOW + 13 * DAY}, [("certificate-expiring", "medium")]),
        ({"expires": NOW - DAY}, [("certificate-expiring", "high")]),
        ({"distrust": "self-signed", "expires": None}, [("certificate-untrusted", "high")]),
        ({"old": ("TLSv1.1",)}, [("protocol-old", "medium")]),
    ],
)  # fmt: skip
def test_a_handshake_shows_what_is_wrong_with_it(changes: dict[str, Any], found: list[tuple[str, str]]) -> None:
    look = transport(handshakes={"node.example:443": replace(SHAKEN, **changes)})
    assert [(each.id, each.severity) for each in look.found] == found


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("TLS_RSA_WITH_RC4_128_SHA", True), ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", True), ("TLS_RSA_WITH_NULL_SHA", True),
        ("TLS_DH_anon_WITH_AES_128_CBC_SHA", True), ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", False),
        ("TLS_CHACHA20_POLY1305_SHA256", False),
    ],
)  # fmt: skip
def test_a_weak_cipher_is_known_by_its_name(name: str, weak: bool) -> None:
    told = Ciphers(host="node.example", port=443, suites=(("tls_1_2", name),), named=())
    assert bool(transport(ciphers={"node.example:443": told}).found) is weak


@pytest.mark.parametrize("old", ["ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"])
def test_a_protocol_below_tls_1_2_is_old_whatever_its_cipher_and_whoever_saw_it(old: str) -> None:
    told = Ciphers(host="node.example", port=443, suites=((old, "TLS_RSA_WITH_AES_128_CBC_SHA"),), named=())
    seen = {"handshakes": {"a": replace(SHAKEN, old=("TLSv1",))}, "ciphers": {"a": told}}
    assert [each.id for each in transport(ciphers={"a": told}).found] == ["protocol-old"]
    assert [each.id for each in transport(**seen).found] == ["protocol-old"]
    modern = replace(told, suites=(("tls_1_2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),))
    assert transport(ciphers={"a": modern}).found == ()


def test_a_broken_library_is_critical_and_what_was_not_seen_stays_unseen() -> None:
    told = Ciphers(host="node.example", port=443, suites=(), named=("Heartbleed",))
    look = transport(ciphers={"a": told, "b": BLIND}, handshakes={"b": BLIND})
    assert [each.severity for each in look.found] == ["critical"]
    assert dict(look.unseen) == {"TLS of b": BLIND, "ciphers of b": BLIND}


def test_an_old_protocol_that_nobody_answered_stands_beside_what_its_handshake_told() -> None:
    shaken = replace(SHAKEN, expires=NOW + 13 * DAY, unanswered=(("TLSv1", BLIND),))
    look = transport(handshakes={"node.example:443": shaken})
    assert [each.id for each in look.found] == ["certificate-expiring"]
    assert look.unseen == (("TLSv1 of node.example:443", BLIND),)


def test_plain_http_is_enough_on_loopback_only_and_the_remark_says_so() -> None:
    here = Scan(hosts=(Host(name="127.0.0.1", ports=("node",)),))
    look = transport(here, ("http://127.0.0.1:8000",))
    assert look.found == ()
    assert look.remarks[0].endswith("do not apply there, since nothing leaves this machine")
    assert [each.id for each in transport(SCAN, ("http://node.example",)).found] == ["plain-http"]


def test_without_a_table_nothing_was_looked_at() -> None:
    look = encryption.look(None, (), {}, {}, NOW)
    assert isinstance(look, Unseen)
    assert look.cause is Cause.NOT_CONFIGURED
