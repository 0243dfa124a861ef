"""Which ports are open, as nmap says: on this machine, and as documents that are none of nmap's."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from junzi_audit.evidence.store import Archive, Store
from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes.ports import open_ports
from junzi_audit.seen.weaknesses import OpenPort

DONE = '<runstats><finished time="1" exit="success"/></runstats>'
UP = '<host><ports><port protocol="tcp" portid="80"><state state="open"/><service name="http"/></port></ports></host>'
Tool = Callable[[str], str]


class Names:
    """What stands for a resolver: ``families`` of the addresses that every name has, and how often it was asked."""

    def __init__(self) -> None:
        self.families: list[int] = []
        self.asked = 0

    def look_up(self, *_: object, **__: object) -> list[tuple[int]]:
        self.asked += 1
        if not self.families:
            raise socket.gaierror("nobody knows it")
        return [(family,) for family in self.families]


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names()
    monkeypatch.setattr("junzi_audit.probes.ports.socket.getaddrinfo", made.look_up)
    return made


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    """A command that stands for nmap, with what it does in the words of a shell."""

    def made(does: str) -> str:
        path = tmp_path / "tool"
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)
        return str(path)

    return made


def printing(xml: str) -> str:
    return f"cat <<'END'\n{xml}\nEND"


def by_family(first: str, second: str) -> str:
    """What to do for IPv4, and for IPv6."""
    return f'case " $* " in *" -6 "*)\n{second}\n;; *)\n{first}\n;; esac'


def scanned(*states: tuple[int, str]) -> str:
    ports = "".join(f'<port portid="{port}"><state state="{state}"/></port>' for port, state in states)
    return printing(f"<nmaprun><host><ports>{ports}</ports></host>{DONE}</nmaprun>")


@pytest.mark.skipif(shutil.which("nmap") is None, reason="nmap is not installed here")
def test_nmap_finds_what_listens_and_a_replay_needs_no_nmap(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "again").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        found = open_ports(Store(tmp_path / "live"), "127.0.0.1", [port, 1], nmap="nmap", seconds=30)
    assert found.looked == 2
    assert [(each.host, each.port) for each in found.open] == [("127.0.0.1", port)]

    again = Store(tmp_path / "again", replay=Archive(tmp_path / "live"))
    assert open_ports(again, "127.0.0.1", [port, 1], nmap="not-there", seconds=30) == found


def test_only_the_named_host_and_ports_are_handed_over_after_two_dashes(tmp_path: Path, tool: Tool) -> None:
    command = tool(f'echo "$@" > {tmp_path}/words\n' + printing(f"<nmaprun>{UP}{DONE}</nmaprun>"))
    found = open_ports(Store(tmp_path), "node.example", [443, 22, 80, 81], nmap=command, seconds=5)
    assert found.open == (OpenPort(host="node.example", port=80, service="http"),)
    assert found.spec == "22,80-81,443"
    assert (tmp_path / "words").read_text().endswith("-p 22,80-81,443 -- node.example\n")


@pytest.mark.parametrize(
    ("does", "cause", "words"),
    [
        (printing("<nmaprun>"), Cause.MALFORMED, "cannot be read"),
        (printing(f'<!DOCTYPE x [<!ENTITY a "b">]><nmaprun>{UP}{DONE}</nmaprun>'), Cause.MALFORMED, "an entity"),
        (printing(f'<nmaprun><host><port portid="x"/></host>{DONE}</nmaprun>'), Cause.MALFORMED, "cannot be read"),
        (printing(f"<nmaprun>{DONE}</nmaprun>"), Cause.UNREACHABLE, "is the name known"),
        (printing(f"<nmaprun>{UP}</nmaprun>"), Cause.UNREACHABLE, "looked at no port"),
        (printing(f'<nmaprun><host timedout="true"/>{DONE}</nmaprun>'), Cause.TIMED_OUT, "gave up"),
        ("echo no such option >&2; exit 255", Cause.UNDEFINED, "ended with 255: no such option"),
    ],
)
def test_a_scan_that_did_not_end_well_is_unseen(
    does: str, cause: Cause, words: str, tmp_path: Path, tool: Tool
) -> None:
    with pytest.raises(Unobservable, match=words) as raised:
        open_ports(Store(tmp_path), "node.example", [80], nmap=tool(does), seconds=5)
    assert raised.value.cause is cause


def test_without_nmap_it_is_told_how_to_install_it_also_in_a_replay(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "again").mkdir()
    for archived in (False, True):
        archive = Archive(tmp_path / "live") if archived else None
        store = Store(tmp_path / ("again" if archived else "live"), replay=archive)
        with pytest.raises(Unobservable, match="apt-get install nmap") as raised:
            open_ports(store, "127.0.0.1", [80], nmap="no-nmap-here", seconds=5)
        assert raised.value.cause is Cause.NOT_CONFIGURED


@pytest.mark.parametrize(
    ("families", "first", "second", "found"),
    [
        ([socket.AF_INET6], [], [(443, "open")], [443]),
        ([socket.AF_INET6, socket.AF_INET], [(443, "open")], [(443, "open"), (6379, "open")], [443, 6379]),
        ([socket.AF_INET, socket.AF_INET], [(443, "open")], [(6379, "open")], [443]),
        ([socket.AF_INET6, socket.AF_INET], [(443, "open")], [(443, "closed")], [443]),
        ([], [(443, "open")], [(6379, "open")], [443]),
    ],
    ids=["only IPv6", "both", "only IPv4", "both, nothing over IPv6", "nobody knows the name"],
)
def test_a_name_is_scanned_in_each_family_it_has_an_address_in(
    families: list[int], first: list[tuple[int, str]], second: list[tuple[int, str]], found: list[int],
    names: Names, tmp_path: Path, tool: Tool,
) -> None:  # fmt: skip
    names.families = families
    (tmp_path / "live").mkdir()
    (tmp_path / "again").mkdir()
    command = tool(by_family(scanned(*first), scanned(*second)))
    seen = open_ports(Store(tmp_path / "live"), "node.example", [443, 6379], nmap=command, seconds=5)
    assert ([each.port for each in seen.open], seen.unseen, seen.looked) == (found, (), 2)

    again = Store(tmp_path / "again", replay=Archive(tmp_path / "live"))
    assert open_ports(again, "node.example", [443, 6379], nmap="not-there", seconds=5) == seen
    assert names.asked == 1


@pytest.mark.parametrize(
    ("second", "cause"),
    [
        (scanned((443, "filtered"), (6379, "filtered")), Cause.UNREACHABLE),
        (printing(f'<nmaprun><host timedout="true"/>{DONE}</nmaprun>'), Cause.TIMED_OUT),
    ],
)
def test_a_family_that_does_not_answer_stands_beside_the_one_that_did(
    second: str, cause: Cause, names: Names, tmp_path: Path, tool: Tool
) -> None:
    names.families = [socket.AF_INET, socket.AF_INET6]
    command = tool(by_family(scanned((6379, "open")), second))
    seen = open_ports(Store(tmp_path), "node.example", [443, 6379], nmap=command, seconds=5)
    assert [each.port for each in seen.open] == [6379]
    assert [(family, each.cause) for family, each in seen.unseen] == [("IPv6", cause)]


def test_a_name_that_answers_in_no_family_is_unseen(names: Names, tmp_path: Path, tool: Tool) -> None:
    names.families = [socket.AF_INET, socket.AF_INET6]
    nothing = printing(f'<nmaprun><host><ports><extraports state="filtered"/></ports></host>{DONE}</nmaprun>')
    with pytest.raises(Unobservable, match=r"not one port of node\.example answers over IPv4"):
        open_ports(Store(tmp_path), "node.example", [443], nmap=tool(nothing), seconds=5)
    refused = nothing.replace("filtered", "closed")
    assert open_ports(Store(tmp_path), "node.example", [443], nmap=tool(refused), seconds=5).unseen == ()


@pytest.mark.parametrize(("host", "flag"), [("::1", True), ("127.0.0.1", False)])
def test_an_address_is_scanned_in_its_own_family_and_nobody_is_asked_for_it(
    host: str, flag: bool, names: Names, tmp_path: Path, tool: Tool
) -> None:
    command = tool(f'echo " $* " > {tmp_path}/words\n' + scanned((80, "open")))
    open_ports(Store(tmp_path), host, [80], nmap=command, seconds=5)
    assert (" -6 " in (tmp_path / "words").read_text(), names.asked) == (flag, 0)
