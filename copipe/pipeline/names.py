"""Names in a study: what replaces them, what is doubtful and waits for a person, and what people decided.

The roster that counts (`Context.roster`) is private/roster.toml, the numbers in private/pseudonyms.json, and the forms
that are always to be replaced by decision (private/decisions/replacements.jsonl).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from copipe import holding
from copipe.anonymise import replace
from copipe.anonymise.dictionary import dictionary, lists_digest
from copipe.anonymise.recognise import findings as finding
from copipe.anonymise.replacements import Rules
from copipe.anonymise.roster import pseudonyms
from copipe.anonymise.roster import roster as rosters
from copipe.anonymise.roster.name_decisions import NAMED, VERDICTS, Choice, Verdict, decision
from copipe.anonymise.roster.pseudonyms import Pseudonyms, key
from copipe.errors import CopipeError, UsageError
from copipe.models import store
from copipe.pipeline.context import Context
from copipe.pipeline.stage import NotReadyError, applies, read
from copipe.records import Decision, Finding, Turn
from copipe.study import audit, decisions
from copipe.study.study import Meeting, Study

if TYPE_CHECKING:
    from copipe.anonymise.recognise.findings import Found
    from copipe.anonymise.replace import Plan

VERSION = 4  # raised when what comes of the same findings, roster and decisions changes
CONTEXTS = 3  # places shown of each doubtful form
AROUND = 60  # letters of speech shown on either side of one


def rules(context: Context) -> Rules:
    """What this study replaces by. MissingModelError where the dictionary's model is not here."""
    settings = context.study.settings.anonymise
    return Rules(
        roster=context.roster,
        decided=context.decided,
        dictionary=dictionary(settings.spacy_model),
        dates=settings.dates,
        ages=settings.ages,
        codes=_codes(context.study),
    )


def identity(context: Context) -> dict[str, object]:
    """All that matters to what is replaced, for the key of a stage, save the findings."""
    settings = context.study.settings.anonymise
    return {
        "names": VERSION,
        "roster": context.roster_digest,
        "decided": [[k, c.verdict, c.kind, c.text] for k, c in context.decided.choices],
        "words": lists_digest(),
        "dictionary": store.fingerprint(settings.spacy_model),
        "dates": settings.dates,
        "ages": settings.ages,
        "codes": sorted(_codes(context.study)),
        "pseudonyms": _table(context.study).id,
    }


def required_models(context: Context) -> tuple[str, ...]:
    """The model that the dictionary comes from."""
    return (context.study.settings.anonymise.spacy_model,)


def _codes(study: Study) -> frozenset[str]:
    return frozenset(code.casefold() for code in study.codes)


# Pseudonyms


def table_file(study: Study) -> Path:
    return study.private / "pseudonyms.json"


def lists(study: Study) -> Path:
    """The study's own lists of names for the recognisers; need not be there."""
    return study.private / "gazetteers"


def decisions_file(study: Study) -> Path:
    return study.private_decisions / "replacements.jsonl"


def _table(study: Study) -> Pseudonyms:
    """The study's table; one is begun where there is none, so that its id can be part of what is made with it."""
    found = pseudonyms.load(table_file(study))
    if found.id:
        return found
    with holding.writing(study.private):
        found = pseudonyms.load(table_file(study))
        return found if found.id else pseudonyms.save(table_file(study), found)


def settle(context: Context) -> None:
    """Keep the numbers that the roster gave, from here on for good.

    CopipeError where others were given at the same moment, by a decision in another window.
    """
    study = context.study
    wanted = context.roster.pseudonyms
    with holding.writing(study.private):
        now = pseudonyms.load(table_file(study))
        if now.given == wanted.given and now.id:
            return
        again = rosters.load(study.roster_file, now)
        if [e.replacement for e in again.entries] != [e.replacement for e in context.written_roster.entries]:
            raise CopipeError("Another command gave a pseudonym at the same time.", "Run the same command again.")
        pseudonyms.save(table_file(study), again.pseudonyms)


def give(study: Study, wanted: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """Pseudonyms for kinds and forms, old ones where there are; they are kept before this returns."""
    if not wanted:
        return {}
    with holding.writing(study.private):
        table = pseudonyms.load(table_file(study))
        taken = [e.replacement for e in rosters.load(study.roster_file, table).entries]
        new, given = pseudonyms.number_forms(table, wanted, taken)
        if new is not table:
            pseudonyms.save(table_file(study), new)
    return given


# Replacing


def anonymised(context: Context, turns: Sequence[Turn], found: Sequence[Finding]) -> tuple[Turn, ...]:
    """Turns with everything replaced or hidden that the roster, the findings and the decisions say."""
    settle(context)
    made = replace.planned(turns, found, rules(context))
    return replace.carry_out(turns, _named(context, made), context.roster)


def clean(context: Context, texts: Sequence[str]) -> tuple[str, ...]:
    """Plain texts (memos, titles) on the same road as speech: what is doubtful in them is hidden as well.

    MissingModelError where the recognisers' models are not here.
    """
    settle(context)
    found: Sequence[Sequence[Found]] = finding.find_in_texts(
        texts, context.study.settings.anonymise, lists(context.study)
    )
    made = _named(context, replace.planned_texts(texts, found, rules(context)))
    return tuple(replace.carry_out_text(t, s, context.roster) for t, s in zip(texts, made, strict=True))


def _named(context: Context, made: Plan) -> Plan:
    return replace.named(made, give(context.study, replace.unnamed([made])))


# What waits for a decision


@dataclass(frozen=True, slots=True)
class Place:
    """One time that a form was said: the words around it, where and when (seconds, None without times)."""

    meeting: str
    role: str
    start: float | None
    end: float | None
    before: str
    said: str
    after: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A form that is hidden until somebody decides. `near` is what of the roster it is near to, if anything."""

    form: str
    kind: str
    count: int
    meetings: tuple[str, ...]
    seen_by: tuple[str, ...]
    places: tuple[Place, ...]
    near: str = ""


def doubts(context: Context, meetings: Sequence[Meeting]) -> tuple[Doubt, ...]:
    """Every doubtful form of the meetings that nobody has decided on, the most frequent first.

    Meetings that have not been anonymised yet are passed over.
    """
    found: dict[str, list[tuple[str, str, str, str, Place]]] = {}
    applied = rules(context)
    for meeting in meetings:
        for turns, told in _sources(context, meeting):
            plans = iter(replace.planned(turns, told, applied))
            for turn in turns:
                for run, spots in replace.each_run(turn, plans):
                    text = finding.text_of(run)
                    spoken, starts = finding.starts_of(run)
                    for s in spots:
                        if s.mark != "masked":
                            continue
                        inside = [
                            w for w, at in zip(spoken, starts, strict=True) if at < s.end and s.start < at + len(w.text)
                        ]
                        before, after = text[: s.start][-AROUND:], text[s.end :][:AROUND]
                        ends = inside[0].start, inside[-1].end
                        place = Place(meeting.code, turn.role, *ends, before, s.form, after)
                        found.setdefault(key(s.form), []).append((s.form, s.kind, s.source, s.near, place))
    made = [_doubt(several) for several in found.values()]
    return tuple(sorted(made, key=lambda d: (-d.count, d.form.casefold())))


def _doubt(several: Sequence[tuple[str, str, str, str, Place]]) -> Doubt:
    forms = [form for form, *_ in several]
    kinds = [kind for _, kind, *_ in several]
    places = [place for *_, place in several]
    spread = sorted(places, key=lambda p: sum(q.meeting == p.meeting for q in places[: places.index(p)]))
    return Doubt(
        form=max(dict.fromkeys(forms), key=forms.count),
        kind=_plain_kind(max(dict.fromkeys(kinds), key=kinds.count)),
        count=len(several),
        meetings=tuple(dict.fromkeys(p.meeting for p in places)),
        seen_by=tuple(dict.fromkeys(source for _, _, source, _, _ in several)),
        places=tuple(spread[:CONTEXTS]),
        near=next((near for *_, near, _ in several if near), ""),
    )


def _plain_kind(kind: str) -> str:
    """A kind of the roster as the recognisers call it."""
    return {"people": "person", "others": "person", "places": "place", "organisations": "organisation"}.get(kind, kind)


def _sources(context: Context, meeting: Meeting) -> Iterator[tuple[tuple[Turn, ...], tuple[Finding, ...]]]:
    from copipe.pipeline.field_notes import note_turns

    try:
        if applies(context, meeting, "findings"):
            turns: tuple[Turn, ...] = read(context, meeting, "turns", Turn)
            yield turns, read(context, meeting, "findings", Finding)
    except NotReadyError:
        pass
    try:
        if applies(context, meeting, "note findings"):
            yield note_turns(meeting), read(context, meeting, "note findings", Finding)
    except NotReadyError:
        pass


# Deciding


def decide(study: Study, form: str, verdict: Verdict, who: str, kind: str = "person", text: str = "") -> Decision:
    """Keep what a person decided about a form, for every meeting, past and to come; audited without the form.

    `kind` is person, place or organisation, or the researcher's own for a person ("nurse"). `text` is what replaces it;
    where that is needed and "" a pseudonym of the kind is given.
    UsageError for a form without letters, a verdict that is none, a replacement that holds a name of the roster.
    """
    if not key(form):
        raise UsageError("This form has no letters.", "Give it as it was said: a word, or words in quotes.")
    if verdict not in VERDICTS:
        raise UsageError(f"{verdict!r} is not a verdict.", f"Verdicts: {', '.join(VERDICTS)}.")
    if verdict not in NAMED:
        text = ""
    elif not text:
        text = give(study, [(kind, form)])[kind, form]
    elif any(True for _ in rosters.matcher(Context(study).roster).find(text)) or key(text) == key(form):
        raise UsageError("The replacement holds a name of the roster.", "Give a role code, or words that name nobody.")
    made = decision(Choice(" ".join(form.split()), verdict, _base(kind), text), who)
    decisions.append(decisions_file(study), made)
    about = {"who": who, "decision": made.id, "verdict": verdict, **({"replacement": text} if text else {})}
    audit.record(study.root / "audit.jsonl", "name", about)
    return made


def undo(study: Study, taken: Decision, who: str) -> None:
    """Take a decision about a form back."""
    decisions.append(
        decisions_file(study), decisions.decide(kind="undo", about=taken.id, verdict="taken back", who=who)
    )
    audit.record(study.root / "audit.jsonl", "undo name", {"who": who, "decision": taken.id})


def standing(study: Study) -> tuple[Decision, ...]:
    """The decisions about forms that count now, one a form, in the order they were made."""
    made = decisions.standing(decisions.read(decisions_file(study)), "replacement")
    return tuple({d.about: d for d in made}.values())


def known_people(context: Context) -> tuple[tuple[str, str], ...]:
    """What stands for people so far, each with the first form: ("SN1", "Margaret Hollis"), ("[nurse 2]", ...)."""
    found: dict[str, str] = {}
    for entry in context.roster.entries:
        if entry.kind in ("people", "others"):
            found.setdefault(entry.replacement, entry.form)
    return tuple(found.items())


def _base(kind: str) -> str:
    """The kind of the recognisers that a label of the researcher's ("nurse") belongs to."""
    return kind if kind in ("person", "place", "organisation") else "person"
