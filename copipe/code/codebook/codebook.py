"""Reads a codebook, the YAML file in which a researcher says what to look for.

    name: Leadership
    description: ...             # of the whole; `source:` is the literature it comes from
    unit: sentence               # the passage that is proposed: sentence, turn, window, story
    includes:                    # other codebooks: files beside this one, or names of those that copipe ships
      - nickols
      - {book: denning, under: storytelling}
    codes:
      - key: conflict            # what decisions are filed under
        label: Managing conflict
        definition: Disagreement at work and how it is met.
        include: ...             # when to use it
        exclude: ...             # when not
        examples: [...]          # passages that belong; `counter-examples` seem to and do not
        seeds: [conflict*, "lemma:manage conflict"]
        not-seeds: [conflict of interest]
        codes: [...]             # narrower codes; or `parent: conflict` on a code elsewhere
    sets:                        # codes seen together across the hierarchy
      - {name: Question 1, codes: [conflict]}

`copipe.study.code_fields` has every field of a code. All scalars are text:
`no`, `on`, `2010` and `1.0` mean what is written.
See `copipe.code.seeds.language` for seeds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, replace
from pathlib import Path

from copipe import texts
from copipe.code.codebook import reading as codebook_read
from copipe.code.codebook.nodes import Place, Problem
from copipe.errors import ConfigError
from copipe.records import Code, Codebook, CodeSet

# What candidates do not depend on: where a code stands, how it looks, what it was called, and notes about it.
_BESIDE = ("parent", "colour", "memo", "aliases", "replaced_by", "guid")


def load(path: Path) -> Codebook:
    """Read a codebook. Raises one `ConfigError` that lists every problem with its line."""
    return parse(_bytes(path), str(path), path)


def parse(data: bytes, name: str, path: Path | None = None) -> Codebook:
    """A codebook from the bytes of a file; `name` is the file's, for messages, and `path` where includes count from."""
    reading = codebook_read.read(data, path)
    if reading.problems:
        raise refusal(name, sorted(reading.problems, key=lambda p: (p.file, p.line)))
    title = reading.name or Path(name).stem
    return made(title, reading.codes, reading.description, reading.source, reading.unit, reading.sets)


def made(
    name: str,
    codes: Sequence[Code],
    description: str = "",
    source: str = "",
    unit: str = "",
    sets: Sequence[CodeSet] = (),
) -> Codebook:
    """A codebook of these codes, with its hash."""
    return Codebook(name, tuple(codes), meaning_hash(codes), description, source, unit, tuple(sets))


def places(path: Path) -> dict[str, Place]:
    """Where each code of a codebook stands: its line, and its file where that is one included."""
    return codebook_read.read(_bytes(path), path).places


def meaning_hash(codes: Sequence[Code]) -> str:
    """SHA-256 of what the codes say: not of layout, comments, the book's name, or which way nesting is written."""
    return _digest([astuple(code) for code in codes])


def code_hash(code: Code) -> str:
    """SHA-256 of what a code's candidates depend on: the same where only its place, look, memo or aliases changed."""
    return _digest({name: value for name, value in asdict(code).items() if name not in _BESIDE})


def renamed(book: Codebook) -> dict[str, str]:
    """The key that a decision counts for now, by the key it was made under: every key, and every alias."""
    now = {alias: code.key for code in book.codes for alias in code.aliases}
    return now | {code.key: code.key for code in book.codes}


def remarks(book: Codebook) -> tuple[str, ...]:
    """What is allowed and may yet not be meant: codes without a definition, leaves without seeds, a seed twice."""
    inner = {code.parent for code in book.codes}
    by_key = {code.key: code for code in book.codes}
    live = [code for code in book.codes if not code.deprecated]
    notes = [f"{code.key} has no definition" for code in live if not code.definition]
    notes += [
        f"{code.key} has no seeds: only a person will find it"
        for code in live
        if not code.seeds and code.codable and code.key not in inner
    ]
    notes += [f"{code.key} has seeds, and codable: no" for code in live if code.seeds and not code.codable]
    notes += [
        f"{code.key} is replaced by {key}, which is deprecated as well"
        for code in book.codes
        for key in code.replaced_by
        if by_key[key].deprecated
    ]
    notes += [
        f"{code.key} stands under {code.parent}, which is deprecated"
        for code in live
        if code.parent and by_key[code.parent].deprecated
    ]
    by_seed: dict[str, list[str]] = {}
    for code in live:
        for seed in code.seeds:
            by_seed.setdefault(seed.casefold(), []).append(code.key)
    notes += [f'"{seed}" is a seed of {", ".join(keys)}' for seed, keys in by_seed.items() if len(set(keys)) > 1]
    return tuple(notes)


def with_codes(book: Codebook, codes: Sequence[Code], sets: Sequence[CodeSet] | None = None) -> Codebook:
    """The same book with other codes (and sets), and the hash that follows."""
    kept = tuple(book.sets if sets is None else sets)
    return replace(book, codes=tuple(codes), sets=kept, hash=meaning_hash(codes))


def refusal(name: str, problems: Sequence[Problem]) -> ConfigError:
    """One error that tells all problems of a codebook."""
    count = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
    return ConfigError(
        f"{name}: {count} in the codebook\n" + "\n".join(f"  {p}" for p in problems),
        f"`copipe codebook check {name}` looks again when that is mended.",
    )


def _bytes(path: Path) -> bytes:
    try:
        return texts.read_bytes(path, texts.LARGEST_YAML)
    except OSError as error:
        raise ConfigError(
            f"{path}: the codebook cannot be read ({error.strerror}).",
            "`codebook` under [code] in copipe.toml names it, or --codebook.",
        ) from error


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
