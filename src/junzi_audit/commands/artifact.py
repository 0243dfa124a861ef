"""How a person names a model, by its artefact or digest, and the written plan for going back from it."""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path

from junzi_audit.commands import CommandError
from junzi_audit.seen.deployments import ROLLBACK


def add(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The two words that name a model, of which one is given."""
    group = parser.add_mutually_exclusive_group(required=required)
    group.add_argument("--digest", metavar="SHA256", help="the SHA-256 of the model's artefact")
    group.add_argument("--artifact", metavar="FILE", type=Path, help="the model's artefact itself")


def digest(given: argparse.Namespace) -> str:
    """The digest that was meant; empty when neither word was given."""
    if given.artifact is not None:
        if not given.artifact.is_file():
            raise CommandError(f"--artifact {str(given.artifact)!r}: there is no such file")
        with given.artifact.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if given.digest is not None and not re.fullmatch(r"[0-9a-f]{64}", given.digest):
        raise CommandError(f"--digest {given.digest!r}: a SHA-256 has 64 lower-case hexadecimal digits")
    return given.digest or ""


def below(root: Path, word: str) -> Path | None:
    """The file of that name below the repository; None when there is none, or when it leads out."""
    file = root / word
    return file if file.is_file() and file.resolve().is_relative_to(root.resolve()) else None


def way_back(root: Path, plan: str | None) -> dict[str, str]:
    """What a record decides of the way back: the written plan's path and digest."""
    if plan is None:
        return {}
    file = below(root, plan)
    if file is None or plan != "".join(plan.split()):
        raise CommandError(f"--rollback {plan!r}: no file below {root}, or one whose path has spaces")
    return {ROLLBACK: f"{plan} {hashlib.sha256(file.read_bytes()).hexdigest()}"}


def changed(root: Path, words: str) -> str:
    """Which file, of those that the words name, no longer has the digest they name; empty when none is seen."""
    for word in words.split():
        file = below(root, word)
        if file is not None and hashlib.sha256(file.read_bytes()).hexdigest() not in words:
            return f"{word} is not the plan that was signed: it has another digest now"
    return ""
