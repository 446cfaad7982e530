"""Commands run in forked children of one warm process, and are killed: at their n-th change of the disk, or by time.

What a command leaves is compared, after it was run again, with what it leaves when nobody kills it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from copipe import holding
from tests.e2e.studies import set_key, write_text_study

CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "shutil.rmtree"})
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
ENV = {"COPIPE_WHO": "ZZ", "COPIPE_PASSPHRASE": "four words are enough", "COLUMNS": "160", "COPIPE_WAIT": "20"}
_KEY = re.compile(r"[0-9a-f]{16,64}")
_ID = re.compile(r"-[0-9a-f]{8}\.md$")


@dataclass(frozen=True, slots=True)
class Trial:
    """A command, and what has to be done before it: functions of the study folder that run commands."""

    name: str
    args: Callable[[Path], Sequence[str]]
    before: str = "ran"  # which prepared study it starts from


def child(args: Sequence[object], at: int = 0, within: Path | None = None, refuse: int = 0, after: float = 0.0) -> int:
    """Run `copipe ARGS` in a child; its exit status, negative for the signal that ended it.

    It kills itself at its change number `at` below `within`, or gets error number `refuse` from it on; `after` seconds
    the parent kills it. The number of changes it made is `child.changes`, what it said is `child.said`.
    """
    out, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            os.close(out)
            status = _in_child([str(a) for a in args], at, within, refuse, told)
        finally:
            os._exit(status)
    os.close(told)
    if after:
        time.sleep(after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with os.fdopen(out, "rb") as pipe:
        data = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    number, _, said = data.decode(errors="replace").partition("\n")
    child.changes, child.said = int(number or 0), said  # type: ignore[attr-defined]
    return status


def _in_child(args: list[str], at: int, within: Path | None, refuse: int, told: int) -> int:
    from copipe.cli import app

    done = 0

    def hook(event: str, values: tuple[object, ...]) -> None:
        nonlocal done
        writes = event == "open" and isinstance(values[2], int) and bool(values[2] & WRITES)
        changes = writes or event in CHANGES
        if changes and (within is None or str(within) in str(values[0])) and "copipe.log" not in str(values[0]):
            done += 1
            if at and done == at and not refuse:
                os.kill(os.getpid(), signal.SIGKILL)
            if at and done >= at and refuse and event in ("open", "os.mkdir", "os.link"):
                raise OSError(refuse, os.strerror(refuse), str(values[0]))

    os.environ.update(ENV)
    sys.argv = ["copipe", *args]
    said = io.StringIO()
    sys.stdout = sys.stderr = said
    sys.stdin = io.StringIO("")
    os.fsync = lambda fd: None  # type: ignore[assignment]  # a kill does not reach what was written
    sys.addaudithook(hook)
    status = app._code()
    number = done
    at = 0
    os.write(told, f"{number}\n{said.getvalue()[-3000:]}".encode())
    return status


def prepare(folder: Path) -> dict[str, Path]:
    """Studies to start from, by name."""
    new, ran = folder / "new", folder / "ran"
    assert child(["init", new]) == 0
    write_text_study(new)
    shutil.copytree(new, ran)
    assert child(["run", ran]) == 0, child.said  # type: ignore[attr-defined]
    at = ["-s", str(ran)]
    assert child([*at, "correct", "2010-02", "--out", ran / "private" / "text.txt"]) == 0
    text = ran / "private" / "text.txt"
    text.write_text(text.read_text().replace("pathway", "path").replace("wrong practice", "right practice"))
    assert child([*at, "review", "--out", folder / "sheet.csv"]) == 0, child.said  # type: ignore[attr-defined]
    sheet = folder / "sheet.csv"
    sheet.write_text(_accepted(sheet.read_text(encoding="utf-8-sig")), encoding="utf-8")
    decided = folder / "decided"
    shutil.copytree(ran, decided)
    set_key(decided, "what", '["recording", "transcript", "words"]')
    assert child(["-s", decided, "review", "--in", sheet]) == 0, child.said  # type: ignore[attr-defined]
    assert child(["-s", decided, "run"]) == 0, child.said  # type: ignore[attr-defined]
    reviewed = folder / "reviewed"
    shutil.copytree(decided, reviewed)
    assert child(["-s", decided, "codebook", "rename", "discharge", "leaving", "--yes"]) == 0
    assert child(["-s", decided, "check", "2010-02", "--yes"]) == 0, child.said  # type: ignore[attr-defined]
    sealed = folder / "sealed"
    shutil.copytree(ran, sealed)
    assert child(["-s", sealed, "lock", "--yes"]) == 0, child.said  # type: ignore[attr-defined]
    return {
        "new": new,
        "ran": ran,
        "decided": decided,
        "sealed": sealed,
        "reviewed": reviewed,
        "nothing": folder / "nothing",
    }


def _accepted(sheet: str) -> str:
    import csv

    rows = list(csv.DictReader(io.StringIO(sheet)))
    column = next(name for name in rows[0] if name.lower() in ("verdict", "decision", "your verdict"))
    for row in rows:
        row[column] = "accept"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def state(study: Path) -> dict[str, object]:
    """What counts of a study: its files by name, the text of those that are shown, the decisions that stand."""
    from copipe.study import decisions, vault

    vault.forget()
    os.environ["COPIPE_PASSPHRASE"] = ENV["COPIPE_PASSPHRASE"]
    files = Counter(
        _ID.sub("-ID.md", _KEY.sub("KEY", path.relative_to(study).as_posix()))
        for path in study.rglob("*")
        if path.is_file() and path.name not in ("copipe.log", "digests.json")
    )
    texts = {
        path.relative_to(study).as_posix(): path.read_bytes()
        for folder in ("reports", "codebooks", ".")
        for path in (study.rglob("*") if folder != "." else study.glob("*"))
        if path.is_file()
        and (folder == "." or path.is_relative_to(study / folder))
        and path.suffix in (".md", ".csv", ".toml", ".yaml", ".html")
        and ".before" not in path.as_posix()
    }
    stand: set[tuple[str, ...]] = set()
    for folder in (study / "decisions", study / "private" / "decisions"):
        for path in vault.files(folder, "*.jsonl") if folder.is_dir() else []:
            for made in decisions.standing(decisions.read(path)):
                stand.add((path.name, made.kind, made.about, made.verdict, made.text))
    memos = sorted(p.read_text().split("---")[-1] for p in (study / "private").glob("memos/*.md"))
    return {"files": sorted(set(files)), "texts": texts, "decisions": stand, "memos": memos}


def debris(study: Path) -> list[str]:
    """Temporary files, half folders and holds in a study."""
    end = f"-{holding.machine()[:6]}"
    names = (holding.HELD, holding.WRITING, ".audit-pending", ".staging", ".copipe-init", ".copipe-init-made")
    return sorted(
        p.relative_to(study).as_posix()
        for p in study.rglob("*")
        if p.name.endswith((end, ".part")) or p.name in names or "damaged" in p.name
    )


def differences(before: dict[str, object], now: dict[str, object]) -> str:
    """What differs between two states, in short."""
    found = []
    for part in before:
        one, other = before[part], now[part]
        if one != other:
            if isinstance(one, dict) and isinstance(other, dict):
                found.append(f"{part}: {[k for k in {*one, *other} if one.get(k) != other.get(k)]}")
            else:
                left = [str(x)[:90] for x in one if x not in other]  # type: ignore[attr-defined, operator]
                right = [str(x)[:90] for x in other if x not in one]  # type: ignore[attr-defined, operator]
                found.append(f"{part}: missing {left}, more {right}")
    return "; ".join(found)


TRIALS = (
    Trial("init", lambda s: ["init", str(s)], "nothing"),
    Trial("run", lambda s: ["-s", str(s), "run"], "new"),
    Trial("run again", lambda s: ["-s", str(s), "run"], "decided"),
    Trial("transcribe", lambda s: ["-s", str(s), "transcribe"], "new"),
    Trial("anonymise", lambda s: ["-s", str(s), "anonymise"], "new"),
    Trial("roles assign", lambda s: ["-s", str(s), "roles", "assign", "2010-02", "Tom=CS"]),
    Trial("correct", lambda s: ["-s", str(s), "correct", "2010-02", "--in", str(s / "private/text.txt"), "--yes"]),
    Trial("check", lambda s: ["-s", str(s), "check", "2010-02", "--yes"]),
    Trial("uncheck", lambda s: ["-s", str(s), "check", "2010-02", "--undo", "--yes"], "decided"),
    Trial("code", lambda s: ["-s", str(s), "code"], "new"),
    Trial("report", lambda s: ["-s", str(s), "report", "--html", "--txt"]),
    Trial("review", lambda s: ["-s", str(s), "review", "--in", str(s.parent / "sheet.csv")]),
    Trial("memos add", lambda s: ["-s", str(s), "memos", "add", "study", "--text", "Who was asked?"]),
    Trial("codebook rename", lambda s: ["-s", str(s), "codebook", "rename", "discharge", "leaving", "--yes"]),
    Trial("codebook undo", lambda s: ["-s", str(s), "codebook", "undo", "--yes"], "decided"),
    Trial("withdraw", lambda s: ["-s", str(s), "withdraw", "OT", "--yes"]),
    Trial("withdraw after check", lambda s: ["-s", str(s), "withdraw", "CS", "--yes"], "decided"),
    Trial("destroy", lambda s: ["-s", str(s), "destroy", "2010-02", "--force", "--why", "test", "--yes"], "reviewed"),
    Trial(
        "export supervisor", lambda s: ["-s", str(s), "export", "supervisor", "--unchecked", "--out", str(s / "p.zip")]
    ),
    Trial("lock", lambda s: ["-s", str(s), "lock", "--yes"]),
    Trial("unlock", lambda s: ["-s", str(s), "unlock"], "sealed"),
    Trial("find", lambda s: ["-s", str(s), "find", "--text", "discharge*", "--out", str(s / "found.csv")]),
)


@dataclass(slots=True)
class Table:
    """How often a command was killed, and what went wrong."""

    name: str
    kills: int = 0
    wrong: list[str] = None  # type: ignore[assignment]


def attack(trial: Trial, bases: dict[str, Path], folder: Path, kills: int, rng: random.Random) -> Table:
    """Kill a command at `kills` of its changes, spread evenly (and one in four by time), and look each time."""
    table = Table(trial.name, 0, [])
    study = folder / "study"

    def fresh() -> None:
        shutil.rmtree(study, ignore_errors=True)
        if bases[trial.before].exists():
            shutil.copytree(bases[trial.before], study)

    if not (folder / "sheet.csv").exists():
        shutil.copy(bases["ran"].parent / "sheet.csv", folder / "sheet.csv")
    fresh()
    began = time.monotonic()
    code = child(trial.args(study), within=folder)
    took, changes = time.monotonic() - began, child.changes  # type: ignore[attr-defined]
    if code:
        table.wrong.append(f"unbroken: {code}: {child.said[-500:]}")  # type: ignore[attr-defined]
        return table
    wanted = state(study)
    for number in range(kills):
        fresh()
        at = 1 + (number * changes // kills + rng.randrange(max(changes // kills, 1))) % changes
        if number % 4 == 3:
            at = 0
            code = child(trial.args(study), within=folder, after=rng.uniform(0.01, took))
        else:
            code = child(trial.args(study), at=at, within=folder)
        table.kills += code == -signal.SIGKILL
        second = child(trial.args(study), within=folder)
        said = child.said  # type: ignore[attr-defined]
        found = differences(wanted, state(study))
        left = debris(study)
        verify = child(["-s", study, "audit", "verify"])
        if second not in (0, 2) or found or left or verify:
            first = said.strip().split("\n")
            table.wrong.append(
                f"at {at} of {changes}: again {second} {first[:2] if second else ''} verify {verify} {left} {found}"
            )
    return table


def main() -> None:
    """Kill each command a number of times (the first argument) and print a table."""
    import tempfile

    each, only = int(sys.argv[1]), sys.argv[2:]
    folder = Path(tempfile.mkdtemp())
    bases = prepare(folder)
    rng = random.Random(os.environ.get("SEED", "1"))
    total = held = 0
    for trial in TRIALS:
        if only and trial.name not in only:
            continue
        began = time.monotonic()
        table = attack(trial, bases, folder, each, rng)
        total, held = total + table.kills, held + table.kills - len(table.wrong)
        told = [f"{trial.name:22} killed {table.kills:4}  wrong {len(table.wrong):3}  {time.monotonic() - began:.0f} s"]
        told += [f"      {json.dumps(line)[:600]}" for line in table.wrong[:3]]
        sys.stdout.write("\n".join(told) + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"all: {total} kills, {held} held\n")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
