"""Whether a text quotes what somebody said, found by runs of words: for texts that copipe did not write itself."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from copipe.containers import zips
from copipe.study.anchors import plain

RUN = 4  # words in a row that are taken for a quotation; three ("I think that") are anybody's
LEFT_OUT = "[left out: somebody who is not in the study]"
LARGEST = 50_000_000  # bytes of a file that is looked into
_TOKEN = re.compile(r"[^\W_](?:[^\W_]|['’\-])*")


@dataclass(frozen=True, slots=True)
class Quotes:
    """The runs of words of the `roles` whose words have to go; runs that others said as well are not among them."""

    runs: frozenset[tuple[str, ...]]
    roles: frozenset[str]

    def __contains__(self, text: str) -> bool:
        return any(True for _ in self._found(text))

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """Character ranges of the runs that stand in a text."""
        tokens = [(t.start(), t.end(), plain(t[0])) for t in _TOKEN.finditer(text)]
        tokens = [t for t in tokens if t[2] and not t[2].isdigit()]
        for at in range(len(tokens) - RUN + 1):
            part = tokens[at : at + RUN]
            if tuple(t[2] for t in part) in self.runs:
                yield part[0][0], part[-1][1]

    def without(self, text: str) -> str:
        """The text without the lines that quote them or name their code, and without the block of a quotation."""
        lines = text.split("\n")
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        code = re.compile(rf"\b({'|'.join(sorted(map(re.escape, self.roles)))})\b") if self.roles else None
        found = list(self._found(text))
        gone = [
            bool(code and code.search(line)) or any(low < end and start < high for low, high in found)
            for line, (start, end) in zip(lines, pairwise(starts), strict=True)
        ]
        for step in (1, -1):  # a block quotation goes as a whole
            order = range(len(lines)) if step == 1 else range(len(lines) - 1, -1, -1)
            for i in order:
                before = i - step
                if 0 <= before < len(lines) and gone[before] and lines[before].startswith(">") and lines[i][:1] == ">":
                    gone[i] = True
        kept = [LEFT_OUT if drop else line for line, drop in zip(lines, gone, strict=True)]
        return "\n".join(line for i, line in enumerate(kept) if line != LEFT_OUT or i == 0 or kept[i - 1] != LEFT_OUT)


def quotes(theirs: Iterable[Sequence[str]], others: Iterable[Sequence[str]], roles: Iterable[str]) -> Quotes:
    """Of texts word by word: what was said without a break, of those who have to go and of the others."""
    return Quotes(frozenset(_runs(theirs)) - frozenset(_runs(others)), frozenset(roles))


def _runs(stretches: Iterable[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    for stretch in stretches:
        words = [w for text in stretch for w in (plain(t[0]) for t in _TOKEN.finditer(text)) if w and not w.isdigit()]
        yield from (tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1))


def files_that_quote(folder: Path, wanted: Quotes, leave: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Files under `folder`, but not under `leave`, whose text quotes them; zipped kinds (DOCX, QDPX) are opened."""
    left = tuple(leave)
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or any(path.is_relative_to(p) for p in left):
            continue
        if ".git" not in path.parts and any(text in wanted for text in _texts(path)):
            found.append(path)
    return tuple(found)


def _texts(path: Path) -> Iterator[str]:
    try:
        if path.stat().st_size > LARGEST:
            return
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                left = zips.bound(path.stat().st_size)  # what lies behind that is no text that a person wrote
                for row in archive.infolist():
                    pieces = []
                    for piece in zips.stream(archive, row):
                        pieces.append(piece)
                        left -= len(piece)
                        if left < 0:
                            return
                    yield _plain_text(b"".join(pieces))
        else:
            yield _plain_text(path.read_bytes())
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, ValueError):
        return  # unreadable or under a password: nothing can be said of it


def _plain_text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    text = "" if b"\0" in data[:4096] else data.decode("utf-8", errors="replace")
    return re.sub(r"<[^>]{0,200}>", " ", text)  # words of a DOCX or an HTML page stand between tags
