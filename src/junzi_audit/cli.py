"""The words a person types: ``junzi-audit VERB``; each verb has its own file in ``commands/``."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from importlib.metadata import version

from junzi_audit.commands import CommandError, attest, baseline, escalate, fetch, gate, new, plan, report, transparency
from junzi_audit.tables import TableError

#: What a person's mistake ends with, as argparse has it; every other status is a verdict's.
MISTAKE = 2
INTERRUPTED = 130
_VERBS = (plan, report, new, baseline, fetch, attest, gate, escalate, transparency)


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say and return the exit status; a person's mistake is told in words, never as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    given = _parser().parse_args(words)
    try:
        status = int(given.run(given))
        sys.stdout.flush()
        return status
    except (CommandError, TableError) as error:
        return _told(str(error))
    except BrokenPipeError:  # the reader has read enough, as `head` does
        sys.stderr.close()
        return 0
    except OSError as error:
        return _told(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="junzi-audit",
        description="Everything about the audit but running it; the checks themselves are run with pytest.",
        epilog="A mistake in what you typed or in a file ends with status 2. Run inside the repository that audits.",
    )
    parser.add_argument("--version", action="version", version=f"junzi-audit {version('junzi-audit')}")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for verb in _VERBS:
        verb.add(verbs)
    return parser


def _told(message: str) -> int:
    sys.stderr.write("".join(f"junzi-audit: {line}\n" for line in message.splitlines()))
    return MISTAKE
