"""Two commands at one study take turns, on one computer or on several that share a folder.

There are two holds, each a file in private/ that is made with O_EXCL, which shared folders keep to as well:

    .held      whoever makes or erases what others read: run, withdraw, destroy, lock, export. For as long as it takes.
    .writing   whoever adds a decision, an entry of the audit trail or a pseudonym. For milliseconds.

The file names host, process, command and time. The hold of a process of this computer that is dead (a crash, a power
cut) is taken over in silence, and its temporary files go. That of another computer is believed until somebody breaks it
(`copipe release`). Who only reads never waits.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from copipe.errors import InputError, UsageError

HELD, WRITING = ".held", ".writing"
WAIT = {HELD: 10.0, WRITING: 60.0}  # seconds; $COPIPE_WAIT takes their place
TORN = 2.0  # seconds after which a file without content is what a process left that was killed while it made it
SAID_AFTER = 0.5  # seconds of waiting that nobody need be told of
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_tell: list[Callable[[str], None]] = []
_doing = [""]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a study. `machine` and `boot` are digests that tell computers and their starts apart."""

    host: str
    machine: str
    boot: str
    pid: int
    started: str
    command: str
    since: str

    @property
    def here(self) -> bool:
        """True for a process of this computer."""
        return self.machine == machine()

    @property
    def alive(self) -> bool:
        """False where the process is of this computer and has ended; another one's is believed."""
        if not self.here:
            return True
        if self.boot != boot() or not running(self.pid):
            return False
        now = started(self.pid)
        return not (self.started and now) or self.started == now  # the number may be another process's by now

    def __str__(self) -> str:
        when = datetime.fromisoformat(self.since).astimezone()
        command = f"copipe {self.command}".strip()
        return f"`{command}` on {self.host} (process {self.pid}, since {when:%Y-%m-%d %H:%M})"


def begin(command: str, tell: Callable[[str], None]) -> None:
    """Say which command this process is (its word, no arguments), and what tells whom it waits for."""
    _doing[:] = [command]
    _tell[:] = [tell]


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a study, of whose private/ this is the folder, while something is made or erased in it.

    UsageError names who holds it, where it is not free in time; InputError where the folder cannot be written to.
    """
    with _kept(folder, HELD):
        tidy(folder)
        yield


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """As `hold`, while a decision is added: nobody else writes one meanwhile."""
    with _kept(folder, WRITING):
        yield


def place(root: Path) -> Path:
    """Where the holds of the study in `root` lie: in private/, so that they are never handed on."""
    private = root / "private"
    return private if private.is_dir() else root


def holder(folder: Path, name: str = HELD) -> Holder | None:
    """Who holds a study now; None where nobody does, or only somebody dead."""
    found = _read(folder / name)
    return found if found and found.alive else None


def release(folder: Path) -> tuple[Holder, ...]:
    """Break the holds of other computers; whose they were. UsageError for that of a process that still runs here."""
    found = [(path, who) for name in (HELD, WRITING) if (who := _read(path := folder / name))]
    for _, who in found:
        if who.here and who.alive:
            raise UsageError(f"{who} still runs. Nothing was released.", "Wait until it ends, or end it there.")
    for path, who in found:
        path.unlink(missing_ok=True)
        sweep(folder.parent, who)
    return tuple(who for _, who in found)


def tidy(folder: Path) -> bool:
    """Remove the holds and temporary files that dead processes of this computer left; True where there was a hold."""
    found = False
    for path in (folder / HELD, folder / WRITING):
        clear_siblings(path)
        if (who := _read(path)) and not who.alive:
            _take_over(path, who)
            found = True
    return found


# Temporary files, by whose they are


def tag(pid: int = 0, of: str = "") -> str:
    """The end of a temporary file's name: the process and the computer that it is of, by default this one."""
    return f"{pid or os.getpid()}-{(of or machine())[:6]}"


def clear_siblings(path: Path) -> None:
    """Remove the temporary files that processes of this computer left beside a file when they were killed."""
    for left in path.parent.glob(f"{_literal(hidden(path.name))}.*-{machine()[:6]}"):
        pid = left.name.rpartition(".")[2].partition("-")[0]
        if pid.isdecimal() and int(pid) != os.getpid() and not running(int(pid)):
            shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)


def sweep(root: Path, who: Holder) -> None:
    """Remove all temporary files and folders of a process from a study."""
    end = "." + tag(who.pid, who.machine)
    for folder, names, files in os.walk(root):
        for name in [n for n in names if n.startswith(".") and n.endswith(end)]:
            shutil.rmtree(Path(folder, name), ignore_errors=True)
            names.remove(name)
        for name in files:
            if name.startswith(".") and name.endswith(end):
                with suppress(OSError):
                    Path(folder, name).unlink()


def hidden(name: str) -> str:
    """A file's name with a dot before it: programs that list folders pass over it."""
    return name if name.startswith(".") else f".{name}"


def _literal(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


# Taking, waiting, giving back


@dataclass(slots=True)
class _Mine:
    """What this process holds of one file: how often, and which of its threads may."""

    lock: threading.RLock
    count: int = 0


_mine: dict[str, _Mine] = {}
_guard = threading.Lock()


def _forked() -> None:
    global _guard
    _mine.clear()  # a child holds nothing
    _guard = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


@contextmanager
def _kept(folder: Path, name: str) -> Iterator[None]:
    path = folder.resolve() / name
    with _guard:
        mine = _mine.setdefault(str(path), _Mine(threading.RLock()))
    with mine.lock:
        if not mine.count:
            _take(path, name)
        mine.count += 1
        try:
            yield
        finally:
            mine.count -= 1
            if not mine.count and _mine.get(str(path)) is mine:  # not in a child
                _give_back(path)


def _take(path: Path, name: str) -> None:
    said = os.environ.get("COPIPE_WAIT", "")
    limit = float(said) if said.replace(".", "", 1).isdecimal() else WAIT[name]
    began, told, pause, torn = time.monotonic(), False, 0.01, (0, 0.0)
    while not _made(path):
        found, number = _look(path)
        if number and not found:
            torn = torn if torn[0] == number else (number, time.monotonic())
        if (found and not found.alive) or (found and _is_this(found)):
            _take_over(path, found)
            continue
        if number and not found and time.monotonic() - torn[1] > TORN:
            _take_over(path, None)
            continue
        waited = time.monotonic() - began
        if waited > limit and (found or waited > limit + TORN):
            raise UsageError(
                f"{found or 'Another copipe'} is working in this study. Nothing was changed.", _hint(found)
            )
        if found and not told and waited > SAID_AFTER:
            told = True
            for tell in _tell:
                tell(f"Waiting for {found}, up to {limit:.0f} s ...")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def _hint(found: Holder | None) -> str:
    if found is None or found.here:
        return "Wait until it ends, then try again. COPIPE_WAIT=600 waits for up to 600 seconds."
    return (
        f"Wait until it ends, then try again. If {found.host} has crashed or was switched off, `copipe release` frees "
        "the study."
    )


def _made(path: Path) -> bool:
    """Make the file, if nobody has. InputError where the folder cannot be written to."""
    if os.path.lexists(path):
        return False
    me = Holder(_host(), machine(), boot(), os.getpid(), started(os.getpid()), _doing[0], datetime.now(UTC).isoformat())
    ready = path.with_name(f"{path.name}.{tag()}")
    said = json.dumps(asdict(me)).encode()
    try:
        clear_siblings(path)
        ready.write_bytes(said)
        try:
            os.link(ready, path)  # there with all that it says, or not there
        except FileExistsError:
            return False
        except OSError:  # a folder that knows no links
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600), "wb") as file:
                file.write(said)
    except FileExistsError:
        return False
    except OSError as error:
        raise _cannot(path, error) from None
    finally:
        with suppress(OSError):
            ready.unlink()
    return _read(path) == me  # else it took so long that another has taken it for torn


def _cannot(path: Path, error: OSError) -> InputError:
    why = error.strerror or type(error).__name__
    return InputError(
        f"{path.parent}: copipe cannot write into this study: {why}. Nothing was changed.",
        "Check that the disk is there and not full, and that you may write to it. `copipe status` and `copipe find` "
        "only read.",
    )


def _look(path: Path) -> tuple[Holder | None, int]:
    """Who made the file, and its number on the disk; 0 where it is gone by now."""
    try:
        return _read(path), path.lstat().st_ino or 1
    except FileNotFoundError:
        return None, 0


def _read(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _take_over(path: Path, dead: Holder | None) -> None:
    """Remove the file of somebody dead, and their temporary files; of several that want to, one does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_LINK)
    except OSError:
        return
    try:
        if _locked(descriptor) and _is_at(descriptor, path) and _read(path) == dead:
            if dead is not None:
                sweep(path.parent.parent, dead)
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Lock a file that is about to be removed; False while another process of this computer has it."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a folder that knows no such locks
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _give_back(path: Path) -> None:
    """Remove the file, unless somebody has broken the hold and another has it by now."""
    found = _read(path)
    if found and _is_this(found):
        path.unlink(missing_ok=True)


def _is_this(found: Holder) -> bool:
    return found.here and found.pid == os.getpid() and found.boot == boot() and found.started == started(os.getpid())


# Computers and processes


def _host() -> str:
    import platform

    return platform.node() or "this computer"


@cache
def machine() -> str:
    """A digest that tells this computer from others: of its name, and of the number that Linux gives it."""
    number = ""
    with suppress(OSError):
        number = Path("/etc/machine-id").read_text(encoding="ascii", errors="replace")
    return sha256(f"{_host()} {number.strip()}".encode()).hexdigest()[:12]


@cache
def boot() -> str:
    """What tells this start of the computer from others, "" where the system does not say."""
    try:
        return sha256(Path("/proc/sys/kernel/random/boot_id").read_bytes()).hexdigest()[:12]
    except OSError:
        return ""


def running(pid: int) -> bool:
    """Whether a process of this computer runs; one that was killed and still awaits its parent does not."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return True  # os.kill() would end it: a hold that a crash left is broken by `copipe release`
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return _stat(pid)[:1] != ["Z"]


def started(pid: int) -> str:
    """When a process was started, in ticks since the computer was, "" where the system does not say."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def _stat(pid: int) -> list[str]:
    """What /proc says of a process from its state on: see proc(5)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []
