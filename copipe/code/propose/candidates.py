"""From seeds to candidates: passages proposed for a code, each with the words that propose it. A person decides.

What was found of a code that has not changed since is kept, so that a changed codebook costs what has changed in it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import TYPE_CHECKING

from copipe.code.seeds import language
from copipe.records import Candidate, Code, Codebook, Tally, Turn, WordId

if TYPE_CHECKING:
    from copipe.code.seeds.lemmas import Parse
    from copipe.code.seeds.parses import Columns
    from copipe.study.settings import CodeSettings

VERSION = "2"  # of this stage; raise it when the same input gives other candidates
COLUMNS = 1  # of the columns (`copipe.code.seeds.parses`); raise it when the same turns give others
_FINGERPRINT = 16  # hex digits; 64 bits, for the few hundred codes of a study
Stories = Sequence[tuple[WordId, WordId]]  # first and last word of each


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was found in a meeting, and a tally for every code that was hit."""

    candidates: tuple[Candidate, ...]
    tallies: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """What was found last in the same words: the lines, and the fingerprint that each code had."""

    lines: Sequence[str]
    codes: Mapping[str, str]


def propose(
    meeting: str,
    turns: Sequence[Turn],
    codebook: Codebook,
    settings: CodeSettings,
    source: str,
    parse: Parse | None = None,
    kind: str = "",
    stories: Stories = (),
) -> tuple[Candidate, ...]:
    """Candidates of a meeting, in order of speech and then of the codebook.

    `turns` are anonymised; `source` is the digest of the transcription whose word ids they have. `parse` stands in for
    spaCy; it is asked only where the codebook needs it. `kind` is the meeting's, "" for any.
    """
    from copipe.code.seeds import lemmas, parses

    if not needs_parse(codebook):
        parse = None
    elif parse is None:
        parse = lemmas.load(settings.spacy_model)
    return find(parses.build(meeting, turns, parse), codebook, settings, source, kind, stories).candidates


def find(
    columns: Columns,
    codebook: Codebook,
    settings: CodeSettings,
    source: str,
    kind: str = "",
    stories: Stories = (),
) -> Proposed:
    """As `propose`, from a meeting's columns (see `copipe.code.seeds.parses`)."""
    import numpy as np

    from copipe.code.seeds import match, passages

    codes = codebook.codes
    unit = codebook.unit or settings.unit
    told = _indices(columns, stories)
    matcher = match.ready(codes, unit, settings.window, settings.negation)
    hits = matcher.hits(columns, kind, told)
    units = [code.unit or unit for code in codes]
    found = list(passages.candidates(columns, hits, codes, units, source, settings.window, told))
    order = {code.key: n for n, code in enumerate(codes)}
    found.sort(key=lambda c: (c.span.first, order[c.code]))
    begin = np.cumsum([0, *(len(code.seeds) for code in codes)])
    number = begin[hits.code] + hits.seed
    counts = np.bincount(number, minlength=int(begin[-1])).tolist()
    sentences = len(columns.first) + 1
    places = np.unique(number * sentences + columns.sentence[hits.first])
    seen = np.bincount(places // sentences, minlength=int(begin[-1])).tolist()
    tallies = (
        Tally(code.key, tuple(counts[b : b + len(code.seeds)]), tuple(seen[b : b + len(code.seeds)]))
        for code, b in zip(codes, begin.tolist(), strict=False)
    )
    return Proposed(tuple(found), tuple(tally for tally in tallies if any(tally.hits)))


def again(
    columns: Callable[[], Columns],
    codebook: Codebook,
    settings: CodeSettings,
    source: str,
    now: Mapping[str, str],
    before: Before | None = None,
    kind: str = "",
    stories: Stories = (),
) -> tuple[object, ...]:
    """What there is to write down of a meeting: tallies and candidates, those of unchanged codes as they were.

    `now` are the `fingerprints` of the codes. `columns` is asked only where something has changed. Kept lines are not
    read, but for place and code.
    """
    kept = _kept(before, now) if before else None
    if kept is None:
        fresh, kept = codebook, _Kept((), (), frozenset())
    else:
        fresh = Codebook("", tuple(c for c in codebook.codes if c.key not in kept.codes), "", unit=codebook.unit)
    found = find(columns(), fresh, settings, source, kind, stories) if any(map(proposes, fresh.codes)) else None
    order = {code.key: n for n, code in enumerate(codebook.codes)}
    tallies: list[tuple[int, object]] = [(order[code], line) for code, line in kept.tallies]
    tallies += [(order[t.code], t) for t in (found.tallies if found else ())]
    tallies.sort(key=lambda row: row[0])
    rows: list[tuple[WordId, int, object]] = [(first, order[code], line) for first, code, line in kept.rows]
    rows += [(c.span.first, order[c.code], c) for c in (found.candidates if found else ())]
    rows.sort(key=itemgetter(0, 1))
    return (*(record for _, record in tallies), *(record for _, _, record in rows))


@dataclass(frozen=True, slots=True)
class _Kept:
    """Lines of the codes that have not changed: of tallies with their code, of candidates with first word and code."""

    tallies: Sequence[tuple[str, str]]
    rows: Sequence[tuple[WordId, str, str]]
    codes: frozenset[str]


def _kept(before: Before, now: Mapping[str, str]) -> _Kept | None:
    """What can be kept; None where the lines are not what this version writes."""
    same = frozenset(key for key, fingerprint in now.items() if before.codes.get(key) == fingerprint)
    rows: list[tuple[WordId, str, str]] = []
    tallies: list[tuple[str, str]] = []
    for line in before.lines:
        if line.startswith('["Tally",'):
            if (code := _value(line, '{"code":"')) in same:
                tallies.append((code, line))
            continue
        code, first = _value(line, '},"code":"'), _value(line, ',"first":"')
        if not line.startswith('["Candidate",') or "\\" in code or "\\" in first:
            return None
        if code in same:
            rows.append((first, code, line))
    return _Kept(tallies, rows, same)


def _value(line: str, before: str) -> str:
    """What stands in a line behind `before`, to the next quotation mark: a key or an id, which hold none themselves.

    Within a text quotation marks are escaped, so that `before` is found nowhere but where a field begins.
    """
    at = line.find(before) + len(before)
    return line[at : line.find('"', at)]


def proposes(code: Code) -> bool:
    """Whether a code proposes passages at all."""
    return bool(code.seeds) and code.codable and not code.deprecated


def needs_parse(codebook: Codebook) -> bool:
    """Whether any seed or not-seed needs dictionary forms or parts of speech."""
    return any(map(_code_needs_parse, codebook.codes))


@functools.lru_cache(4096)
def _code_needs_parse(code: Code) -> bool:
    return proposes(code) and any(language.needs_parse(text) for text in (*code.seeds, *code.not_seeds))


def required_models(codebook: Codebook, settings: CodeSettings) -> tuple[str, ...]:
    """Models without which `propose` cannot run."""
    return (settings.spacy_model,) if needs_parse(codebook) else ()


def fingerprints(codebook: Codebook, settings: CodeSettings, kind: str = "", stories: str = "") -> dict[str, str]:
    """What the candidates of each code depend on beside the words, by code key. Loads no model.

    `kind` is the meeting's, `stories` the digest of its stories.
    """
    parsing = _parsing(settings.spacy_model) if needs_parse(codebook) else ()
    unit = codebook.unit or settings.unit
    asked = (unit, settings.window, settings.negation, stories, *parsing)
    return dict(_fingerprints(codebook.codes, kind, asked))


def _parsing(model: str) -> tuple[str, ...]:
    from copipe.code.seeds import lemmas

    return tuple(lemmas.identity(model).values())


@functools.lru_cache(64)
def _fingerprints(codes: tuple[Code, ...], kind: str, asked: tuple[object, ...]) -> tuple[tuple[str, str], ...]:
    unit, window, negation, stories, *parsing = asked
    told = []
    for code in codes:
        if not proposes(code):
            continue
        here = not kind or not code.kinds or kind in code.kinds
        said: list[object] = [code.key, code.seeds, code.not_seeds, code.roles, here, code.case, negation]
        passage = code.unit or unit
        said += [passage, window if passage == "window" else stories if passage == "story" else ""]
        said += parsing if _code_needs_parse(code) else []
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        told.append((code.key, sha256(text.encode()).hexdigest()[:_FINGERPRINT]))
    return tuple(told)


def uses_stories(codebook: Codebook, settings: CodeSettings) -> bool:
    """Whether any code is proposed for whole stories."""
    unit = codebook.unit or settings.unit
    return any((code.unit or unit) == "story" for code in codebook.codes if proposes(code))


def unmatched(codebook: Codebook, candidates: Sequence[Candidate]) -> tuple[tuple[str, str], ...]:
    """Seeds that proposed nothing in any of `candidates`, as (code, seed) in the order of the codebook."""
    used = {(c.code, e.source) for c in candidates for e in c.evidence if e.kind == "seed"}
    return tuple((code.key, seed) for code in codebook.codes for seed in code.seeds if (code.key, seed) not in used)


def _indices(columns: Columns, stories: Stories) -> list[tuple[int, int]]:
    """Stories as indices of words; those whose words are gone are left out."""
    if not stories:
        return []
    from bisect import bisect_left, bisect_right

    ids = [columns.id(n) for n in range(len(columns.word))]
    found = [(bisect_left(ids, first), bisect_right(ids, last) - 1) for first, last in stories]
    return [(first, last) for first, last in found if first <= last]
