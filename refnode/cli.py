"""The command line of the node."""

import argparse
import ipaddress
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from refnode.settings import Keys, Settings

DEFAULT_KEYS = ("demonstration-key", "demonstration-audit-key", "demonstration-control-key")


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the node, or list its faults. Gives the exit status; wrong arguments end with status 2."""
    parser = _parser()
    given = parser.parse_args(arguments)
    # Imported here, so that a wrong argument is told at once.
    from refnode.faults import chosen, listing
    from refnode.faults.fault import BadFaultError

    if given.list_faults:
        sys.stdout.write(listing() + "\n")
        return 0
    faults = tuple((name, argument) for name, _, argument in (fault.partition(":") for fault in given.fault))
    try:
        chosen(faults)
    except BadFaultError as error:
        parser.error(str(error))
    settings = _settings(parser, given, faults)
    from refnode.running import run

    run(settings)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="refnode", description="An honest small JUNZI node on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same data (default: 1)")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the data; 1.0 has 1,000 entities")
    parser.add_argument(
        "--database", metavar="URL", help="keep the data in this database (default: a private SQLite file)"
    )
    parser.add_argument(
        "--state", metavar="DIR", help="where seeded data is cached (default: the user's cache directory)"
    )
    parser.add_argument("--rate-limit", type=int, default=100, help="public requests per key and 60 s; 0 for no limit")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME[:ARG]", help="what to get wrong; repeatable"
    )
    parser.add_argument("--recovering", action="store_true", help="begin with a recovery under way: no alerts yet")
    parser.add_argument(
        "--subscriber", action="append", default=[], metavar="URL", help="tell this URL of corrections; repeatable"
    )
    parser.add_argument("--list-faults", action="store_true", help="list the faults and end")
    parser.add_argument("--stop-with-stdin", action="store_true", help="end as soon as stdin ends")
    return parser


def _settings(
    parser: argparse.ArgumentParser, given: argparse.Namespace, faults: tuple[tuple[str, str], ...]
) -> Settings:
    from refnode.cache import state_dir
    from refnode.opening import database_problem

    keys = _keys()
    if not _loopback(given.host) and not set(DEFAULT_KEYS).isdisjoint((*keys.public, keys.audit, keys.control)):
        parser.error(
            f"--host {given.host} is not loopback, and the demonstration keys are public knowledge; "
            "set JUNZI_API_KEY, JUNZI_AUDIT_KEY and JUNZI_CONTROL_KEY first"
        )
    if not 0 < given.scale <= 20:
        parser.error(f"--scale must be above 0 and at most 20, not {given.scale:g}")
    if not 0 <= given.port <= 65535:
        parser.error(f"--port must be between 0 and 65535, not {given.port}")
    for url in given.subscriber:
        if not _web_address(url):
            parser.error(f"--subscriber {url!r} is no http(s) URL")
    problem = given.database and database_problem(given.database)
    if problem:
        parser.error(problem)
    return Settings(
        host=given.host,
        port=given.port,
        seed=given.seed,
        scale=given.scale,
        database=given.database,
        state=state_dir(given.state),
        rate_limit=given.rate_limit,
        faults=faults,
        stop_with_stdin=given.stop_with_stdin,
        keys=keys,
        recovering=given.recovering,
        subscribers=tuple(given.subscriber),
    )


def _keys() -> Keys:
    """Read the keys from the environment; JUNZI_API_KEY may name several, separated by commas."""
    public = [key.strip() for key in os.environ.get("JUNZI_API_KEY", "").split(",") if key.strip()]
    audit = os.environ.get("JUNZI_AUDIT_KEY", "").strip()
    tracker = os.environ.get("JUNZI_TRACKER_TOKEN", "").strip()
    control = os.environ.get("JUNZI_CONTROL_KEY", "").strip()
    return Keys(
        public=tuple(public or DEFAULT_KEYS[:1]),
        audit=audit or DEFAULT_KEYS[1],
        tracker=tracker,
        control=control or DEFAULT_KEYS[2],
    )


def _web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
