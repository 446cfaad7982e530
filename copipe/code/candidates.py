"""From seeds to candidates: passages proposed for a code, each with the words that propose it. A person decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from copipe import anchors
from copipe.code import seeds, units
from copipe.code.match import Hit, Matcher
from copipe.code.units import Unit
from copipe.records import Candidate, Codebook, Evidence, Turn

if TYPE_CHECKING:
    from copipe.code.lemmas import Lemma, Lemmatise
    from copipe.settings import CodeSettings

VERSION = "1"  # of this stage; raise it when the same input gives other candidates
REPEATED = 0.25  # weight of a seed's second and later hits against its first: variety says more than repetition


def propose(
    meeting: str,
    turns: Sequence[Turn],
    codebook: Codebook,
    settings: CodeSettings,
    source: str,
    lemmatise: Lemmatise | None = None,
) -> tuple[Candidate, ...]:
    """Candidates of a meeting, in order of speech and then of the codebook.

    `turns` are anonymised; `source` is the digest of the transcription whose word ids they have. A passage is a unit of
    `settings.unit` with a hit, and units of one turn that follow one another with the same code are one passage.
    `lemmatise` stands in for spaCy (kept parses); it is asked only where the codebook has lemma seeds.
    """
    matcher = Matcher(codebook)
    parts = [units.sentences(turn) for turn in turns]
    lemmas = _lemmas(turns, parts, settings, lemmatise) if matcher.needs_lemmas else {}
    order = {code.key: n for n, code in enumerate(codebook.codes)}
    proposed: list[Candidate] = []
    for number, turn in enumerate(turns):
        passages = units.joined(parts[number]) if settings.unit == "turn" else parts[number]
        found = [_hits(matcher, turn, unit, lemmas.get(number, {})) for unit in passages]
        runs = [run for code in {h.code for hits in found for h in hits} for run in _runs(code, passages, found)]
        runs.sort(key=lambda run: (run[0].first, order[run[1][0].code]))
        for unit, hits in runs:
            words = turn.words
            proposed.append(
                Candidate(
                    span=anchors.span(meeting, words[unit.first : unit.last + 1], source),
                    code=hits[0].code,
                    role=turn.role,
                    score=score(hits),
                    evidence=tuple(Evidence("seed", h.seed, words[h.first].id, words[h.last].id) for h in hits),
                )
            )
    return tuple(proposed)


def _hits(matcher: Matcher, turn: Turn, unit: Unit, lemmas: dict[int, list[str]]) -> list[Hit]:
    """Hits in a unit, with indices of the turn's words."""
    found = matcher.hits(
        [turn.words[i].text for i in unit.spoken],
        [(lemma, n) for n, i in enumerate(unit.spoken) for lemma in lemmas.get(i, ())],
    )
    return [Hit(unit.spoken[h.first], unit.spoken[h.last], h.code, h.seed) for h in found]


def _lemmas(
    turns: Sequence[Turn], parts: Sequence[Sequence[Unit]], settings: CodeSettings, lemmatise: Lemmatise | None
) -> dict[int, dict[int, list[str]]]:
    """Dictionary forms by turn and index of the word. Sentences are parsed, whatever the unit: a parse serves both."""
    if lemmatise is None:
        from copipe.code import lemmas

        lemmatise = lemmas.load(settings.spacy_model)
    where = [(number, unit) for number, sentences in enumerate(parts) for unit in sentences]
    texts = ([turns[number].words[i].text for i in unit.spoken] for number, unit in where)
    kept: dict[int, dict[int, list[str]]] = {}
    parsed: tuple[Lemma, ...]
    for (number, unit), parsed in zip(where, lemmatise(texts), strict=True):
        of_turn = kept.setdefault(number, {})
        for lemma, n in parsed:
            of_turn.setdefault(unit.spoken[n], []).append(lemma)
    return kept


def _runs(code: str, passages: Sequence[Unit], found: Sequence[Sequence[Hit]]) -> list[tuple[Unit, list[Hit]]]:
    """Units with `code`, neighbours joined, each with its hits. A suspect stretch between two keeps them apart."""
    runs: list[tuple[Unit, list[Hit]]] = []
    before = -2
    for n, (unit, hits) in enumerate(zip(passages, found, strict=True)):
        if not (mine := [h for h in hits if h.code == code]):
            continue
        if n == before + 1 and runs[-1][0].stretch == unit.stretch:
            last, earlier = runs[-1]
            joined = Unit(last.first, unit.last, last.spoken + unit.spoken, unit.stretch)
            runs[-1] = (joined, earlier + mine)
        else:
            runs.append((unit, mine))
        before = n
    return runs


def score(hits: Sequence[Hit]) -> float:
    """0 to 1, for ranking and nothing else: half for one seed, and each further one halves what is missing to 1.

    A seed's repetition counts a quarter (REPEATED). Our choice, not a measurement: it is no probability.
    """
    distinct = len({h.seed for h in hits})
    return 1.0 - float(0.5 ** (distinct + REPEATED * (len(hits) - distinct)))


def unmatched(codebook: Codebook, candidates: Sequence[Candidate]) -> tuple[tuple[str, str], ...]:
    """Seeds that proposed nothing in any of `candidates`, as (code, seed) in the order of the codebook."""
    used = {(c.code, e.source) for c in candidates for e in c.evidence if e.kind == "seed"}
    return tuple((code.key, seed) for code in codebook.codes for seed in code.seeds if (code.key, seed) not in used)


def uses_lemmas(codebook: Codebook) -> bool:
    """Whether any seed or not-seed needs dictionary forms."""
    return any(seeds.is_lemma(seed) for code in codebook.codes for seed in (*code.seeds, *code.not_seeds))


def required_models(codebook: Codebook, settings: CodeSettings) -> tuple[str, ...]:
    """Models without which `propose` cannot run."""
    return (settings.spacy_model,) if uses_lemmas(codebook) else ()


def identity(codebook: Codebook, settings: CodeSettings) -> dict[str, str]:
    """What the candidates depend on beside the turns, for an artifact's key. Loads no model."""
    told = {"stage": VERSION, "codebook": codebook.hash, "unit": settings.unit}
    if uses_lemmas(codebook):
        from importlib.metadata import version

        from copipe import models

        told |= {"spacy": version("spacy"), "model": models.fingerprint(settings.spacy_model)}
    return told
