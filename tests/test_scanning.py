"""What a target's file says of the scan, and every mistake a person can make in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from junzi_audit import plan, targets
from junzi_audit.declared import scanning
from tests.synthetic import ROOT

DUTIES = plan.load(ROOT / "obligations").obligations
LIVE = 'environment = "live"\n[nodes]\nprimary = "https://Node.example"\n'
HOST = '[[scan.hosts]]\nname = "node.example"\nports = [22, 443]\ntls = [443]\n'


def load(folder: Path, text: str) -> targets.Target:
    (folder / "mine.toml").write_text(text)
    return targets.load(folder, "mine", DUTIES)


def test_a_table_names_hosts_and_has_the_rest_by_default(tmp_path: Path) -> None:
    scan = load(tmp_path, LIVE + HOST).scan
    assert scan is not None
    assert (scan.range, scan.nmap, scan.certificate_days, scan.sarif) == ("1-65535", "nmap", 14, ())
    assert scan.host("NODE.example") is scan.hosts[0]
    assert scan.host("other.example") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[scan]\nhosts = []\n", r"\[scan\] hosts: there is none"),
        ("[scan]\nhost = []\n", r"\[scan\] host: unknown key; did you mean 'hosts'\?"),
        (HOST.replace("node.example", "10.0.0.0/8"), r"'10\.0\.0\.0/8' name: neither a host's name nor one address"),
        (HOST.replace("node.example", "10.0.0.1-9"), r"'10\.0\.0\.1-9' name: neither"),
        (HOST.replace("node.example", "-oX"), r"'-oX' name: neither"),
        (HOST.replace("node.example", "other.example"), r"'node\.example' is missing: a node of this target would not"),
        (HOST + HOST, r"'node\.example' stands there twice"),
        (HOST.replace("22", "0"), r"ports: 0 is no port from 1 to 65535"),
        (HOST.replace("22", "70000"), r"ports: 70000 is no port"),
        (HOST.replace("tls = [443]", "tls = [8443]"), r"tls: 8443 is not among its ports"),
        (HOST.replace("22", '"nodes"'), r"'nodes' is not possible; did you mean 'node'\?"),
        ('[scan]\nrange = "all"\n' + HOST, r"range: 'all' is not like '1-65535'"),
        ('[scan]\nrange = "9-1"\n' + HOST, r"range: '9-1' is not like"),
        ('[scan]\nrange = "1-70000"\n' + HOST, r"range: '1-70000' is not like"),
        ('[scan]\nrange = "1-10"\n' + HOST, r"range: '1-10' leaves out 22, a port of 'node\.example'"),
        (
            '[scan]\nrange = "22,8443"\n'
            + HOST.replace("22, 443", '22, "node"').replace("tls = [443]", 'tls = ["node"]'),
            r"range: '22,8443' leaves out 443",
        ),
        (
            HOST.replace("tls = [443]", ""),
            r"'node\.example' tls: 443 is missing, on which https://Node\.example speaks",
        ),
        (HOST.replace("tls = [443]", "tls = [22]"), r"tls: 443 is missing"),
        ("[scan]\nsarif_days = 0\n" + HOST, r"sarif_days: 0 is not above 0"),
        ('[scan]\nsarif = ["../x.sarif"]\n' + HOST, r"sarif: '\.\./x\.sarif' leads out of the repository"),
    ],
)
def test_a_mistake_is_told_by_its_key(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(targets.TargetError, match=told) as raised:
        load(tmp_path, LIVE + text)
    assert "mine.toml" in str(raised.value)


@pytest.mark.parametrize(
    ("spec", "found"),
    [("22", (22,)), ("1-3,2,9", (1, 2, 3, 9)), ("node", (500,)), ("node+2,80", (500, 501, 502, 80))],
)
def test_a_range_stands_for_ports(spec: str, found: tuple[int, ...]) -> None:
    assert scanning.numbers(spec, 500) == found


def test_a_range_above_the_node_ends_with_the_last_port() -> None:
    assert scanning.numbers("node+3", 65534) == (65534, 65535)


def test_a_url_given_by_hand_has_no_hosts_to_scan() -> None:
    assert targets.load(ROOT / "targets", "https://elsewhere.example", DUTIES).scan is None


def test_a_launched_nodes_port_is_any_that_a_system_gives() -> None:
    host = scanning.Host(name="127.0.0.1", ports=("node",))

    def told(span: str) -> list[str]:
        return list(scanning.mistakes(scanning.Scan(hosts=(host,), range=span), nodes=(), launched=True))

    assert [told(span) for span in ("node+1", "1-65535", "22,node")] == [[], [], []]
    assert told("1-10") == ["[scan] range: '1-10' leaves out node, a port of '127.0.0.1'"]
