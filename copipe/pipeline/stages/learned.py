"""learned: passages like those that a person accepted, and how likely each sentence is for each code that was learnt.

Taught by the standing decisions of the study's own coders on all its meetings; what was coded blind teaches nothing.
Of a code whose decisions have not changed since, what was learnt is kept.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from copipe.pipeline.context import Context
from copipe.pipeline.stage import Made, NotReadyError, Stage, applies, need
from copipe.pipeline.stages.parses import columns
from copipe.pipeline.stages.vectors import space_of
from copipe.progress import OnTick
from copipe.records import Candidate, Decision, Word
from copipe.study import anchors, decisions
from copipe.study.store import Attachment, from_lines
from copipe.study.study import Meeting

if TYPE_CHECKING:
    from copipe.code.propose.learning import Labels, Model, Session, Teacher
    from copipe.code.propose.meaning import Floats
    from copipe.code.seeds.parses import Columns

CHANCES = "chances.bin"


class Lesson:
    """What the decisions of a study teach, read once for a command."""

    def __init__(self, context: Context) -> None:
        from copipe.code import codings
        from copipe.code.codebook import codebook
        from copipe.code.propose import meaning

        self.codes = {code.key: code for code in context.codebook.codes if meaning.wanted(code)}
        known = codebook.renamed(context.codebook)
        self.by_meeting: dict[str, dict[str, list[Decision]]] = {}
        for meeting in context.study.meetings:
            made = decisions.read(context.study.decisions / f"{meeting.code}.jsonl")
            for decision in codings.relevant(made):
                code = known.get(decision.about, "")
                if code in self.codes and decision.span is not None and decision.verdict in codings.VERDICTS:
                    self.by_meeting.setdefault(meeting.code, {}).setdefault(code, []).append(decision)
        self._teacher: tuple[list[list[str]], Teacher, list[Meeting]] | None = None
        self._models: dict[str, Model | None] = {}

    @property
    def worth_learning(self) -> bool:
        """Whether anything was accepted that could be learnt from."""
        return any(d.verdict != "reject" for by in self.by_meeting.values() for made in by.values() for d in made)

    def ready(self, context: Context) -> list[tuple[Meeting, str]]:
        """The meetings that have vectors, with the digest of these, in the order of the study."""
        found = []
        for meeting in context.study.meetings:
            if not applies(context, meeting, "vectors"):
                continue
            made = context.current(context.public, meeting.code, "vectors")
            if made and context.current(context.public, meeting.code, "parses"):
                found.append((meeting, f"{made.digest} {made.key}"))
        return found

    def fingerprints(self, context: Context) -> dict[str, str]:
        """What each code is learnt from, by code key."""
        from copipe.code.propose import learning

        ready = self.ready(context)
        common = [learning.VERSION, [[m.code, digest, m.code in self.by_meeting] for m, digest in ready]]
        told: dict[str, str] = {}
        for key, code in self.codes.items():
            said: list[object] = []
            for meeting, _ in ready:
                made = self.by_meeting.get(meeting.code, {}).get(key)
                if made:
                    candidates = context.current(context.public, meeting.code, "candidates")
                    hits = candidates.about.get("codes", {}).get(key, "") if candidates else ""
                    spans = [
                        [d.verdict, d.span.first, d.span.last, d.span.digest, d.span.source] for d in made if d.span
                    ]
                    said.append([meeting.code, hits, spans])
            if said:
                text = json.dumps([common, said, list(code.roles), list(code.kinds)])
                told[key] = sha256(text.encode()).hexdigest()[:16]
        return told

    def teacher(self, context: Context) -> tuple[Teacher, list[Meeting]]:
        """Somebody who has read all meetings that have vectors, and those meetings. NotReadyError"""
        from copipe.code.propose import learning

        ready = self.ready(context)
        now = [[m.code, digest] for m, digest in ready]
        if self._teacher is None or self._teacher[0] != now:
            sessions = [learning.Session(columns(context, m), space_of(context, m)) for m, _ in ready]
            taught = [n for n, (m, _) in enumerate(ready) if m.code in self.by_meeting]
            self._teacher = now, learning.Teacher(sessions, taught), [m for m, _ in ready]
        return self._teacher[1:]

    def model(self, context: Context, code: str, fingerprint: str) -> Model | None:
        """What was learnt of a code; None where the decisions are too few."""
        if fingerprint not in self._models:
            teacher, meetings = self.teacher(context)
            labels = {
                n: self._labels(context, meeting, code, teacher.sessions[n])
                for n, meeting in enumerate(meetings)
                if code in self.by_meeting.get(meeting.code, {})
            }
            self._models[fingerprint] = teacher.model(labels)
        return self._models[fingerprint]

    def _labels(self, context: Context, meeting: Meeting, code: str, session: Session) -> Labels:
        """Of the sentences of a meeting in which the code was decided on; open candidates speak neither way."""
        import numpy as np

        from copipe.code.propose import learning

        made = session.columns
        labels = np.full(len(made.first), -1.0, np.float32)
        words = _words(made)
        source = str(need(context, meeting, "anonymised").about["source"])
        artifact = context.current(context.public, meeting.code, "candidates")
        for candidate in from_lines(context.public.lines(artifact) or (), Candidate) if artifact else ():
            if candidate.code == code and (at := anchors.place(candidate.span, words, source)):
                labels[_sentences(made, at)] = 0
        for decision in self.by_meeting[meeting.code][code]:
            if decision.span and (at := anchors.place(decision.span, words, source)):
                labels[_sentences(made, at)] = -learning.REJECTED if decision.verdict == "reject" else 1
        return labels


def _sentences(made: Columns, at: tuple[int, int]) -> list[int]:
    """The sentences that are the same passage as a place."""
    from copipe.code.codings import same_passage

    return [
        n
        for n, (low, high) in enumerate(zip(made.first.tolist(), made.last.tolist(), strict=True))
        if low < at[1] and same_passage((low, high + 1), at)
    ]


def _words(made: Columns) -> list[Word]:
    times = zip(made.start.tolist(), made.end.tolist(), made.word.tolist(), strict=True)
    return [
        Word(made.id(n), None if start != start else start, None if end != end else end, made.vocabulary[text])
        for n, (start, end, text) in enumerate(times)
    ]


def lesson(context: Context) -> Lesson:
    """What the decisions teach that there were when this command first asked."""
    return context.keep("lesson", lambda: Lesson(context))


def chances_of(context: Context, meeting: Meeting, of: Mapping[str, object]) -> dict[str, Floats]:
    """How likely each sentence of a meeting is for each code learnt, as last worked out for these words; {} if never.

    Decisions made since are left to the next run: what was learnt before them still ranks.
    """
    import numpy as np

    artifact = context.current(context.public, meeting.code, "learned")
    if artifact is None or artifact.about.get("of") != of:
        return {}
    data = context.public.attachment(artifact, CHANCES)
    keys = list(artifact.about["codes"])
    if not data or not keys:
        return {}
    matrix = np.frombuffer(data, "<f2").astype(np.float32).reshape(len(keys), -1)
    return dict(zip(keys, matrix, strict=True))


def _applies(context: Context, meeting: Meeting) -> bool:
    return context.study.settings.code.learn and applies(context, meeting, "vectors") and lesson(context).worth_learning


def _parts(context: Context, meeting: Meeting) -> Mapping[str, object]:
    vectors = need(context, meeting, "vectors")
    source = need(context, meeting, "anonymised").about["source"]
    codes = sorted(lesson(context).fingerprints(context).items())
    return {"of": [vectors.digest, vectors.key], "source": source, "kind": meeting.kind, "codes": codes}


def _make(context: Context, meeting: Meeting, key: str, on_tick: OnTick) -> Made:
    import numpy as np

    from copipe.code.propose import learning

    taught, parts = lesson(context), _parts(context, meeting)
    of = {name: parts[name] for name in ("of", "source", "kind")}
    now: dict[str, str] = dict(parts["codes"])  # type: ignore[call-overload]
    last = context.current(context.public, meeting.code, "learned")
    before = last if last and last.about.get("of") == of and last.key != key else None
    same = {k for k, told in now.items() if before and before.about["tried"].get(k) == told}
    found = [c for c in from_lines(context.public.lines(before) or (), Candidate) if c.code in same] if before else []
    chances = {k: v for k, v in chances_of(context, meeting, of).items() if k in same} if before else {}
    models = {k: taught.model(context, k, now[k]) for k in now if k not in same}
    codes = [taught.codes[k] for k, model in models.items() if model is not None]
    if codes:
        teacher, meetings = taught.teacher(context)
        number = next((n for n, m in enumerate(meetings) if m.code == meeting.code), None)
        if number is None:
            raise NotReadyError(f"{meeting.code}: its vectors are not made.", "`copipe run` runs what is missing.")
        ready = [m for m in models.values() if m is not None]
        more, matrix = learning.propose(teacher, number, codes, ready, str(parts["source"]), meeting.kind)
        found += more
        chances |= {code.key: matrix[:, n] for n, code in enumerate(codes)}
    found.sort(key=lambda c: (c.span.first, c.code))
    keys = sorted(chances)
    data = b"".join(chances[k].astype("<f2").tobytes() for k in keys)
    about: dict[str, object] = {"of": of, "codes": {k: now[k] for k in keys}, "tried": now}
    return (*found, *((Attachment(CHANCES, data),) if np.size(data) and keys else ())), about


def codes_learnt(context: Context, codes: Collection[str]) -> dict[str, Model]:
    """What was learnt of each of these codes of which the decisions suffice."""
    taught = lesson(context)
    told = taught.fingerprints(context)
    models = {key: taught.model(context, key, told[key]) for key in codes if key in told}
    return {key: model for key, model in models.items() if model is not None}


STAGE = Stage(
    name="learned",
    needs=("anonymised", "parses", "vectors", "candidates"),
    applies=_applies,
    parts=_parts,
    make=_make,
    part_of="candidates",
    public=True,
)
