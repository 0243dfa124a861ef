"""``junzi-audit transparency``: the transparency report that a run prepared, as the files that are published."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from junzi_audit.commands import CommandError, Verbs, repository, run_folder, say
from junzi_audit.findings import RunHeader
from junzi_audit.seen.disclosure import FOLDER, Disclosure

DUTY = "quarterly.transparency-report"


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser(
        "transparency",
        help="write the transparency report of a run for publication",
        description=__doc__,
        epilog="Publish the files as they are: the three bodies sign the SHA-256 of report.json, and the next run of "
        f"{DUTY} compares what is public with the evidence.",
    )
    parser.add_argument("RUN", help="a run's directory, its name in reports/, or `latest`")
    parser.add_argument("--out", required=True, metavar="DIR", help="an empty folder, or one that is made")
    parser.set_defaults(run=write)


def write(given: argparse.Namespace) -> int:
    """Render the run's figures again, and say what was written and what is signed."""
    from junzi_audit.report import disclosure

    folder = run_folder(repository(), given.RUN)
    header = _header(folder)
    report = _report(folder)
    out = Path(given.out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError(f"--out {given.out}: not an empty folder; what was published is not written over")
    disclosure.put(out, report, header.environment)
    for name in (disclosure.JSON, disclosure.CSV, disclosure.HTML):
        say(f"wrote    {os.path.join(given.out, name)}")  # noqa: PTH118 - as the person wrote it
    say(f"signed   {report.pack().digest} is what the three bodies sign")
    return 0


def _header(folder: Path) -> RunHeader:
    """Of a run that finished and is to be believed; CommandError otherwise."""
    from junzi_audit.evidence import intact, results

    try:
        log = results.read(folder)
    except results.ResultsError as error:
        raise CommandError(str(error)) from None
    planted = [note for note in log.header.notes if note.startswith("fault planted")]
    if planted:
        raise CommandError(f"{folder}: {'; '.join(planted)}; what a broken node shows is nothing to publish")
    if doubts := list(intact.doubts(folder, log)):
        raise CommandError(f"{folder}: {'; '.join(doubts)}; figures of such a run are not to be published")
    return log.header


def _report(folder: Path) -> Disclosure:
    """The report that the run prepared, unchanged since; CommandError otherwise."""
    from pydantic import TypeAdapter, ValidationError

    from junzi_audit.report.disclosure import JSON
    from junzi_audit.seen import packs

    kept, signed = folder / FOLDER / JSON, folder / packs.FOLDER / DUTY / JSON
    if not kept.is_file() or not signed.is_file():
        raise CommandError(f"{folder}: this run prepared no transparency report; `pytest -m quarterly` does")
    body = kept.read_bytes()
    try:
        report = TypeAdapter(Disclosure).validate_json(body)
    except ValidationError:
        raise CommandError(f"{kept}: not a transparency report; it was changed since the run") from None
    if body != report.pack().body or body != signed.read_bytes():
        raise CommandError(f"{kept}: not as the run wrote it, or not what {signed} holds; run the duty again")
    return report
