"""The files that say who is who, sealed with a passphrase: the roster, the pseudonyms, and decisions that hold names.

While a study is locked, `private/roster.toml` is not there and `private/roster.toml.locked` is; the same goes for
private/pseudonyms.json and private/decisions/*.jsonl. Whoever reads and writes them through this module need not know:
what is sealed is opened in memory and sealed again when something is added.

A sealed file is JSON: AES-256-GCM over the content (NIST SP 800-38D) under a key that scrypt (RFC 7914) makes of the
passphrase. Without the passphrase nothing in it can be read again, by anybody.
"""

from __future__ import annotations

import base64
import json
import os
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import scrypt, sha256
from pathlib import Path

from copipe.errors import ConfigError, UsageError
from copipe.files import append_lines as append_plain
from copipe.files import erase, make_folder, write_bytes, write_over
from copipe.holding import place, writing
from copipe.texts import from_json

SUFFIX = ".locked"
SINGLE = ("roster.toml", "pseudonyms.json")  # in private/, beside all of decisions/*.jsonl
# scrypt's work: 128 MB and a quarter of a second for one guess (OWASP's recommendation for passwords, 2023).
_WORK = (1 << 17, 8, 1)  # n, r, p
_LABEL = b"copipe sealed 1"  # goes into the seal: no other file opens as one of these
_MOST_MEMORY = 300 << 20  # bytes that a file may ask scrypt to use

_HINT = (
    "Passphrases cannot be reset. Capitals and spaces count. $COPIPE_PASSPHRASE takes precedence over what you type."
)
_ask: list[Callable[[], str]] = []
_known: list[str] = []


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A sealed file as it is: scrypt's n, r and p, its salt, and what is sealed under the nonce."""

    work: tuple[int, int, int]
    salt: bytes
    nonce: bytes
    body: bytes


def asked_by(ask: Callable[[], str]) -> None:
    """Have `ask` say the passphrase when it is first needed and $COPIPE_PASSPHRASE is not set."""
    _ask[:] = [ask]


def forget() -> None:
    """Forget the passphrase: the next sealed file asks for it again."""
    _known.clear()
    _key.cache_clear()


def ready(private: Path) -> None:
    """Ask for the passphrase now where it will be needed, and not in the middle of something long."""
    if sealed := next(_sealed(private), None):
        _open(sealed)


def is_locked(private: Path) -> bool:
    """True where any of the files is sealed."""
    return any(True for _ in _sealed(private))


def exists(path: Path) -> bool:
    """True where a file is there, sealed or not."""
    return path.exists() or _beside(path).exists()


def files(folder: Path, pattern: str) -> list[Path]:
    """Paths in a folder that fit the pattern, sealed ones by the name that they have when they are not."""
    plain = set(folder.glob(pattern))
    return sorted(plain | {p.with_name(p.name.removesuffix(SUFFIX)) for p in folder.glob(pattern + SUFFIX)})


def read_bytes(path: Path) -> bytes:
    """What is in a file, sealed or not. FileNotFoundError where it is not there.

    A plain file goes before a sealed one of the same name, which a lock or unlock that was cut off leaves behind.
    """
    try:
        plain = path.read_bytes()
        if plain[:1] != b"\0" or not _beside(path).exists():  # else a lock was cut off that was overwriting it
            return plain
        return _open(_beside(path))
    except FileNotFoundError:
        try:
            return _open(_beside(path))
        except FileNotFoundError:
            raise FileNotFoundError(2, os.strerror(2), str(path)) from None


def read_text(path: Path) -> str:
    """As `read_bytes`, for UTF-8."""
    return read_bytes(path).decode("utf-8")


def digest(path: Path) -> str:
    """SHA-256 of what is in a file, sealed or not."""
    return sha256(read_bytes(path)).hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a file, sealed where its study is locked."""
    with _one_at_a_time(path):
        if not _is_kept_sealed(path):
            write_bytes(path, text.encode())
            return
        if other := next(_sealed(_private(path)), None):
            _open(other)  # a wrong passphrase must not seal what the right one does not open
        write_bytes(_beside(path), _seal(text.encode(), path))


def rewrite_text(path: Path, text: str) -> None:
    """As `write_text`, and overwrites what stood there before."""
    with _one_at_a_time(path):
        if _is_kept_sealed(path):
            write_text(path, text)  # what stood there before cannot be read without the passphrase
        else:
            write_over(path, text)


def append_lines(path: Path, lines: list[str]) -> None:
    """Add lines to a file, sealed where its study is locked; they are on the disk when this returns."""
    with _one_at_a_time(path):  # `copipe lock` may be about to seal and erase it
        if not _is_kept_sealed(path):
            append_plain(path, lines)
            return
        if other := next(_sealed(_private(path)), None):
            _open(other)  # a wrong passphrase must not seal what the right one does not open
        before = _open(_beside(path)) if _beside(path).exists() else b""
        if before and not before.endswith(b"\n"):
            before += b"\n"
        write_bytes(_beside(path), _seal(before + "".join(line + "\n" for line in lines).encode(), path))


def lock(private: Path, passphrase: str) -> tuple[Path, ...]:
    """Seal the files with a passphrase and remove the plain ones; those that were sealed.

    Every sealed file is read back from the disk and compared before a plain one is touched. Where a file is both plain
    and sealed, with different content, decisions are joined, and of any other file the sealed one is set aside.
    UsageError where the study is locked already, with another passphrase.
    """
    if not passphrase:
        raise UsageError("The passphrase is empty.", "Choose several unrelated words.")
    for sealed in _sealed(private):
        _open(sealed, passphrase)
    _known[:] = [_plain(passphrase)]
    plain = [path for path in _guarded(private) if path.exists()]
    with _one_at_a_time(private / "roster.toml"):
        for path in plain:
            content = path.read_bytes()
            sealed = _beside(path)
            if sealed.exists() and (before := _open(sealed)) != content:
                if content[:1] == b"\0":  # half overwritten by a lock that was cut off: what it held is sealed
                    content = before
                elif path.suffix == ".jsonl":
                    content = b"".join(dict.fromkeys([*_lines(before), *_lines(content)]))
                else:
                    sealed.rename(_free(sealed))
            write_bytes(sealed, _seal(content, path))
            if _open(sealed) != content:
                raise ConfigError(
                    f"{sealed}: the sealed file does not open to the same content.", "Nothing plain was removed."
                )
        for path in plain:
            erase(path)
    return tuple(plain)


def unlock(private: Path, passphrase: str) -> tuple[Path, ...]:
    """Open all sealed files and keep them as plain ones; which they are. Nothing is changed unless all of them open."""
    opened = [(sealed, _open(sealed, passphrase)) for sealed in _sealed(private)]
    written = []
    with _one_at_a_time(private / "roster.toml"):
        for sealed, content in opened:
            path = sealed.with_name(sealed.name.removesuffix(SUFFIX))
            if path.exists() and path.read_bytes() != content:
                raise ConfigError(
                    f"{path.name} is beside {sealed.name} and differs from it.",
                    "Move away the one you do not want (keep a copy), then unlock again.",
                )
            write_bytes(path, content)
            if path.read_bytes() != content:
                raise ConfigError(f"{path}: the opened file differs from what was sealed.", f"{sealed.name} is kept.")
            sealed.unlink()
            written.append(path)
    return tuple(written)


def copies(private: Path) -> tuple[Path, ...]:
    """Plain files beside the sealed ones that look like copies of them: an editor's, or somebody's "roster old"."""
    stems = tuple(Path(name).stem for name in SINGLE)
    folders = (private, private / "decisions")
    found = (path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file())
    plain = (path for path in found if not path.name.endswith(SUFFIX) and path not in set(_guarded(private)))
    return tuple(
        sorted(
            path
            for path in plain
            if (path.name.lstrip(".#").startswith(stems) and path.suffix != ".lock")
            or (path.parent != private and ".jsonl" in path.name)
        )
    )


def _guarded(private: Path) -> Iterator[Path]:
    """Paths of the files that are sealed, whether they are there, sealed, or neither."""
    yield from (private / name for name in SINGLE)
    yield from files(private / "decisions", "*.jsonl")


def _sealed(private: Path) -> Iterator[Path]:
    yield from (sealed for path in _guarded(private) if (sealed := _beside(path)).exists())


def _beside(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def _is_kept_sealed(path: Path) -> bool:
    """True where what is written to `path` has to be sealed: it is one of the files, and its study is locked."""
    if path.exists():
        return False
    if _beside(path).exists():
        return True
    private = _private(path)
    return (path.name in SINGLE or path.suffix == ".jsonl") and is_locked(private)


def _passphrase() -> str:
    """The passphrase, asked for once. UsageError where nobody says it."""
    if not _known:
        said = os.environ.get("COPIPE_PASSPHRASE", "") or (_ask[0]() if _ask else "")
        if not said:
            raise UsageError(
                "The roster and the names in decisions are locked, and there is no passphrase.",
                "Run copipe in a terminal, where it asks for it, or set COPIPE_PASSPHRASE. `copipe unlock` opens them.",
            )
        _known[:] = [_plain(said)]
    return _known[0]


def _plain(passphrase: str) -> str:
    """One form for letters that keyboards write in two ways."""
    return unicodedata.normalize("NFKC", passphrase)


@lru_cache(maxsize=16)
def _key(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return scrypt(passphrase.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MOST_MEMORY, dklen=32)


def _seal(content: bytes, path: Path) -> bytes:
    """Content sealed under the salt that the study's other sealed files have, so that one key opens all of them."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    other = next(_sealed(_private(path)), None)
    said = _read(other) if other else None
    salt, work = (said.salt, said.work) if said else (os.urandom(16), _WORK)
    nonce = os.urandom(12)
    body = AESGCM(_key(_passphrase(), salt, *work)).encrypt(nonce, content, _LABEL)
    n, r, p = work
    head = {"copipe": "sealed", "version": 1, "n": n, "r": r, "p": p, "salt": salt.hex(), "nonce": nonce.hex()}
    return (json.dumps({**head, "sealed": base64.b64encode(body).decode()}) + "\n").encode()


def _open(sealed: Path, passphrase: str = "") -> bytes:
    """What is in a sealed file. UsageError for a wrong passphrase, ConfigError where the file is damaged."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    said = _read(sealed)
    key = _key(_plain(passphrase) if passphrase else _passphrase(), said.salt, *said.work)
    try:
        return AESGCM(key).decrypt(said.nonce, said.body, _LABEL)
    except InvalidTag:
        if not passphrase:
            forget()
        raise UsageError(
            f"{sealed.name} cannot be opened: the passphrase is wrong, or the file is damaged.", _HINT
        ) from None


def _read(sealed: Path) -> _Sealed:
    try:
        said = from_json(sealed.read_bytes())
        work = (int(said["n"]), int(said["r"]), int(said["p"]))
        if max(work[0] * work[1] * 128, work[2] << 20) > _MOST_MEMORY:
            raise ValueError("no copipe asks for so much work")
        body = base64.b64decode(said["sealed"], validate=True)
        return _Sealed(work, bytes.fromhex(said["salt"]), bytes.fromhex(said["nonce"]), body)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{sealed}: not a file sealed by copipe.", "It is damaged: restore it from a backup."
        ) from error


def _private(path: Path) -> Path:
    return path.parent.parent if path.parent.name == "decisions" else path.parent


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """A sealed file is read and written as a whole, so two commands take turns; public decisions go the same way."""
    private = _private(path)
    private = private if private.name == "private" else place(private)
    make_folder(private)
    with writing(private):
        yield


def _lines(content: bytes) -> list[bytes]:
    return [line + b"\n" for line in content.split(b"\n") if line.strip()]


def _free(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}-{number}")).exists():
        number += 1
    return aside
