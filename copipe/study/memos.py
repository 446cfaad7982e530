"""Memos: Markdown files with a few lines of YAML at the top, one a memo, under private/memos/.

    ---
    id: 3f2c9a0b1d4e5f60
    when: 2010-03-02T21:14:05+00:00
    who: CS
    about: code:leadership          # study | meeting:M | code:KEY | decision:ID | passage:FIRST..LAST
    title: What leading means here
    ---
    They may name people: they lie under private/.

A file that a person wrote without these lines is a memo about the study, called by its first heading or its name.
"""

from __future__ import annotations

import re
from dataclasses import astuple
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import yaml

from copipe import texts, yaml_text
from copipe.errors import ConfigError, InputError, UsageError
from copipe.files import write_file
from copipe.records import Memo

ABOUT = ("study", "meeting", "code", "passage", "decision")  # what a memo may be about
LONGEST_TITLE = 60  # letters of one that is shown
_FRONT = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_KEYS = ("id", "when", "who", "about", "title")


def make(about: str, text: str, who: str, title: str = "") -> Memo:
    """A memo written now; without a title it is called by its first line. UsageError for an `about` that is none."""
    if problem := about_problem(about):
        raise UsageError(*problem)
    texts.refuse_odd(f"{title}\n{text}" if title else text, "the memo")
    bare = Memo("", datetime.now(UTC).isoformat(timespec="microseconds"), who, about, title or _title(text), text)
    digest = sha256("\0".join(astuple(bare)).encode()).hexdigest()[:16]
    return Memo(digest, bare.when, who, about, bare.title, text.strip("\n"))


def read(folder: Path) -> tuple[Memo, ...]:
    """All memos of a folder and of those in it, oldest first; none where there is no folder.

    ConfigError that names every file which cannot be read, with its line.
    """
    found: dict[str, tuple[Memo, Path]] = {}
    problems: list[str] = []
    for path in sorted(folder.rglob("*.md")):
        if path.name.startswith("."):
            continue
        try:
            memo = parse(texts.read_bytes(path, texts.LARGEST_TRANSCRIPT).decode("utf-8-sig"), path)
        except UnicodeDecodeError as error:
            line = texts.line_of(error)
            problems.append(f"{path}, line {line}: not UTF-8 text; save the file as UTF-8")
            continue
        except ValueError as error:
            problems.append(f"{path}, {error}")
            continue
        if memo.id in found:
            problems.append(
                f"{path}, line 2: the memo {found[memo.id][1].name} has the same id. Remove it from one of them"
            )
        found.setdefault(memo.id, (memo, path))
    if problems:
        raise ConfigError("\n".join(problems), "Nothing was changed. Correct these files, or move them elsewhere.")
    return tuple(sorted((memo for memo, _ in found.values()), key=lambda m: (m.when, m.id)))


def write(folder: Path, memo: Memo) -> Path:
    """Write a memo, in the place of the one with its id if there is one; the file it stands in."""
    path = file_of(folder, memo.id) or folder / f"{memo.when[:10]}-{_slug(memo.about)}-{memo.id[:8]}.md"
    front = {key: getattr(memo, key) for key in _KEYS}
    head = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=10_000)
    write_file(path, f"---\n{head}---\n{memo.text.strip(chr(10))}\n")
    return path


def file_of(folder: Path, id_: str) -> Path | None:
    """The file of the memo with this id, None if there is none."""
    for path in sorted(folder.rglob("*.md")):
        try:
            if parse(path.read_text(encoding="utf-8-sig"), path).id == id_:
                return path
        except (ValueError, InputError):  # not a memo that can be read, so not this one
            continue
    return None


def parse(text: str, path: Path) -> Memo:
    """The memo of a file's text. ValueError says what is wrong with its first lines and where."""
    if odd := texts.odd_line(text):
        raise ValueError(f"line {odd[0]}: holds the character {odd[1]}, which no report can hold; take it out")
    match = _FRONT.match(text)
    body = text[match.end() :] if match else text
    said = _front(match[1]) if match else {}
    about = said.get("about", "") or "study"
    if problem := about_problem(about):
        raise ValueError(f"line {_line(match[1], 'about') if match else 1}: {problem[0]} {problem[1]}")
    when = said.get("when", "") or datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    body = body.replace("\r\n", "\n").strip("\n")
    title = said.get("title", "") or _heading(body) or path.stem
    return Memo(said.get("id", "") or path.stem, when, said.get("who", ""), about, title, body)


def about_problem(about: str) -> tuple[str, str] | None:
    """What is wrong with the text that says what a memo is about, and what to write; None if nothing is.

    >>> about_problem("code:leadership"), about_problem("passage:2010-02:000001..2010-02:000009")
    (None, None)
    """
    kind, _, what = about.partition(":")
    hint = "Write study, meeting:2010-02, code:KEY, decision:ID or passage:FIRST..LAST (ids of words)."
    if kind not in ABOUT or (kind == "study") != (not what):
        return f"{about!r} is not something a memo can be about.", hint
    if kind == "passage" and not all(what.partition("..")[::2]):
        return f"{about!r} names no first and last word.", hint
    return None


def _front(text: str) -> dict[str, str]:
    try:
        data = yaml_text.from_yaml(text, "its first lines")
    except InputError as error:
        raise ValueError(f"line 2: {error.message}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 2 if mark else 2
        raise ValueError(f"line {line}: not YAML (put text with a colon in quotes)") from None
    if data in (None, ""):
        return {}
    if not isinstance(data, dict):
        raise ValueError("line 2: expected lines like `about: study` between the two lines of ---")
    for key, value in data.items():
        if not isinstance(value, str):
            raise ValueError(f"line {_line(text, key)}: {key!r} wants text")
    return {str(k): v.strip() for k, v in data.items()}


def _line(front: str, key: str) -> int:
    for number, line in enumerate(front.split("\n"), 2):
        if line.startswith(f"{key}:"):
            return number
    return 2


def _heading(text: str) -> str:
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return first.lstrip("#").strip() if first.startswith("#") else ""


def full_title(memo: Memo) -> str:
    """A memo's title as long as it was meant: one that an earlier version cut short is read from the text again."""
    return _title(memo.text) if memo.title.endswith("…") and memo.text else memo.title


def short(title: str) -> str:
    """A title as it is shown: at most some ten words, cut between words and never in square brackets.

    Names are replaced before: the beginning of one would not be known again.

    >>> short("One and two and three " * 4)
    'One and two and three One and two and three One and two and …'
    """
    if len(title) <= LONGEST_TITLE:
        return title
    kept = title[:LONGEST_TITLE].rpartition(" ")[0] or title[:LONGEST_TITLE]
    if kept.count("[") > kept.count("]"):
        kept = kept[: kept.rindex("[")]
    return f"{kept.rstrip()} …"


def _title(text: str) -> str:
    return next((line.strip().lstrip("#").strip() for line in text.split("\n") if line.strip()), "")


def _slug(about: str) -> str:
    return re.sub(r"[^\w.]+", "-", about).strip("-")[:60]
