"""What the decisions of a study suggest for its codebook, and what was learnt of a code, for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from copipe.code import units
from copipe.code.codings import Place, same_passage
from copipe.code.propose import suggestions as suggest
from copipe.code.propose.suggestions import Pair, Seed, Sentence
from copipe.errors import UsageError
from copipe.pipeline.context import Context
from copipe.records import Turn
from copipe.review.coding import CodedMeeting, all_coded, known_code


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Seeds by code key in the order of the codebook, codes that may be one, and meetings that could not be read."""

    seeds: dict[str, tuple[Seed, ...]]
    pairs: tuple[Pair, ...]
    missing: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Why:
    """What was learnt of a code: words for and against it with their weights, and how it was taught."""

    code: str
    words: tuple[tuple[str, float], ...]
    accepted: int
    rejected: int
    meetings: tuple[str, ...]
    likeliest: tuple[tuple[str, float], ...]  # citations of the open passages that it ranks highest, with their scores


def suggestions(context: Context, codes: Sequence[str] = (), most: int = 10) -> Suggestions:
    """From the study's own decisions (none that were made blind). UsageError for a code there is not."""
    keys = [known_code(context.codebook.codes, said) for said in codes]
    coded, missing = all_coded(context, context.study.meetings)
    said: dict[Sentence, Turn] = {}
    on: dict[str, dict[str, set[Sentence]]] = {}
    for meeting in coded:
        places = _sentences(meeting, said)
        for coding in meeting.codings.codings:
            at = meeting.place(coding.span)
            by = on.setdefault(coding.code, {"accepted": set(), "rejected": set(), "candidate": set()})
            by[coding.status] |= {(meeting.code, n) for n, place in enumerate(places) if same_passage(place, at)}
    found = {}
    for code in context.codebook.codes:
        by = on.get(code.key, {})
        if by.get("accepted") and (not keys or code.key in keys):
            asked = by["accepted"] | by["rejected"] | by["candidate"]
            if made := suggest.seeds(said, by["accepted"], by["rejected"], asked, most):
                found[code.key] = made
    decided = suggest.pairs({k: by["accepted"] for k, by in on.items()}, "accepted")
    known = {(p.one, p.other) for p in decided}
    every = suggest.pairs({k: by["accepted"] | by["candidate"] for k, by in on.items()}, "candidates")
    pairs = (*decided, *(p for p in every if (p.one, p.other) not in known))
    return Suggestions(found, tuple(p for p in pairs if not keys or {p.one, p.other} & set(keys)), tuple(missing))


def why(context: Context, said: str, most: int = 12) -> Why:
    """What was learnt of a code. UsageError where there is nothing to learn it from."""
    from copipe.code.propose import learning
    from copipe.pipeline.stages.learned import codes_learnt, lesson
    from copipe.pipeline.stages.vectors import without_meaning

    key = known_code(context.codebook.codes, said)
    if not context.study.settings.code.learn:
        raise UsageError("Learning is switched off.", "Set learn = true under [code] in copipe.toml.")
    if lacking := without_meaning(context):
        raise UsageError(f"Nothing is learnt: {lacking}", "")
    learnt = codes_learnt(context, (key,))
    if key not in learnt:
        raise UsageError(
            f"{key} has not been learnt.",
            f"Accept passages of it (`copipe review`), {learning.LEAST} sentences or more, and `copipe run`.",
        )
    model = learnt[key]
    meetings = tuple(m for m, by in lesson(context).by_meeting.items() if key in by)
    coded, _ = all_coded(context, context.study.meetings)
    open_ones = [(c.score, m, c) for m in coded for c in m.codings.open if c.code == key]
    open_ones.sort(key=lambda row: (-row[0], row[2].span.first))
    likeliest = tuple((str(m.cite(m.place(c.span))), score) for score, m, c in open_ones[:5])
    words = tuple((text, round(weight, 2)) for text, weight in model.words(most))
    return Why(key, words, len(model.accepted), model.rejected, meetings, likeliest)


def _sentences(meeting: CodedMeeting, said: dict[Sentence, Turn]) -> list[Place]:
    """The places of a meeting's sentences; each is put into `said` as a turn."""
    places: list[Place] = []
    at = 0
    for turn in meeting.turns:
        for unit in units.sentences(turn):
            said[meeting.code, len(places)] = suggest.sentence_turn(turn, unit.first, unit.last)
            places.append((at + unit.first, at + unit.last + 1))
        at += len(turn.words)
    return places
