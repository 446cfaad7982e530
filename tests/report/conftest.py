"""A fictional study that shows everything a report can show."""

import itertools
from collections.abc import Callable, Sequence

import pytest

from copipe.records import Code, Codebook, Coding, Evidence, Mark, Span, Turn, Word, word_id
from copipe.report.view import Attendee, MeetingView, StudyView
from copipe.study import anchors
from copipe.study.pages import paginate
from copipe.study.study import Meeting, Visitor

CODEBOOK = Codebook(
    "demo",
    (
        Code("meaning", "Making meaning", "What leadership is for."),
        Code("network", "Networks | partners", "Working *with* others.", parent="meaning", seeds=("partner*",)),
        Code("discharge", "Discharge", "", parent="network", seeds=("discharge",)),
        Code("conflict", "Managing conflict", "", parent="meaning", seeds=("conflict",)),
        Code("story", "Storytelling", "Telling how it was.", seeds=("the other day",)),
        Code("forum", "A forum for learning", seeds=("learn*",)),
    ),
    "0" * 64,
)

SAID = (
    ("CS", "Shall we start? I was on a ward the other day, and the sister had a discharge folder *this* thick.", 1.0),
    ("SN2", "Our partners at [a southern hospital] have the same. | It is 1. paper and 2. more paper.", 0.9),
    ("", "x x x x x x x x x x x x", 1.0),
    ("OT", "Well (laughs) that is a partnership of a kind, a bit of a conflict if you ask SN1 _or_ me.", 0.4),
    ("UNK1", "- So the partners bring the discharge letters themselves, and nobody had told us, " * 4, 0.8),
    ("CS", "Thank you thank you thank you thank you.", 1.0),
)


def make_turns(meeting: str, said: Sequence[tuple[str, str, float]] = SAID) -> tuple[Turn, ...]:
    ordinals = itertools.count(1)
    turns = []
    for role, text, certainty in said:
        numbers = [(next(ordinals), t) for t in text.split()]
        words = tuple(
            Word(word_id(meeting, n), n * 0.5, n * 0.5 + 0.4, t, 0.3 if n % 9 == 0 else 0.95) for n, t in numbers
        )
        marks: tuple[Mark, ...] = ()
        if role == "CS" and text.startswith("Thank"):
            marks = (Mark("suspect", words[0].id, words[-1].id, "a phrase said 4 times on end"),)
        if role == "OT":
            marks = (Mark("overlap", words[2].id, words[5].id),)
        turn = Turn(words[0].id, words[-1].id, words[0].start, words[-1].end, role, words, len(words), certainty, marks)
        turns.append(turn if role else Turn(turn.id, turn.last, turn.start, turn.end, "", (), len(words), certainty))
    return tuple(turns)


def make_candidate(turns: Sequence[Turn], turn: int, first: int, last: int, code: str, score: float = 0.5) -> Coding:
    words = turns[turn].words[first:last]
    meeting = words[0].id.split(":")[0]
    span = Span(meeting, words[0].id, words[-1].id, words[0].start, words[-1].end, anchors.digest(words), "")
    return Coding(
        span, code, turns[turn].role, "candidate", score, (Evidence("seed", "part*er", words[0].id, words[0].id),)
    )


def make_meeting(code: str, date: str, stage: str, **more: object) -> Meeting:
    values: dict[str, object] = {
        "kind": "meeting",
        "present": ("SN1", "SN2", "CS"),
        "in_part": ("OT",),
        "visitors": (Visitor("V1", "prescribing lead", "full"),),
        "recording": None,
        "transcript": None,
        "notes": None,
        "recorded": True,
    }
    return Meeting(code=code, date=date, stage=stage, **{**values, **more})  # type: ignore[arg-type]


ATTENDANCE = (
    Attendee("SN1", "senior nurse 1"),
    Attendee("SN2", "senior nurse 2"),
    Attendee("CS", "children's services | researcher"),
    Attendee("OT", "occupational therapist", in_part=True),
    Attendee("V1", "prescribing lead", visitor=True),
)


def make_view(code: str, date: str, stage: str, **more: object) -> MeetingView:
    turns = make_turns(code)
    values: dict[str, object] = {
        "title": "Leaders together",
        "meeting": make_meeting(code, date, stage),
        "attendance": ATTENDANCE,
        "quorum": 4,
        "quorum_met": True,
        "turns": turns,
        "pages": paginate(turns, 5, 72, code),
        "codebook": CODEBOOK,
        "codings": (
            make_candidate(turns, 0, 3, 19, "story", 0.7),
            make_candidate(turns, 0, 3, 19, "discharge", 0.4),
            make_candidate(turns, 1, 0, 8, "network", 0.6),
            make_candidate(turns, 4, 0, 14, "network", 0.8),
        ),
        "provenance": {"transcription": "faster-whisper 1.2.1, tiny.en", "checksum": "5dd7|00"},
        "model": "tiny.en",
        "doubtful_below": 0.5,
    }
    return MeetingView(**{**values, **more})  # type: ignore[arg-type]


@pytest.fixture
def view() -> Callable[..., MeetingView]:
    def make(code: str = "2010-02", date: str = "2010-02-17", stage: str = "operating", **more: object) -> MeetingView:
        return make_view(code, date, stage, **more)

    return make


@pytest.fixture
def study_view() -> StudyView:
    notes = make_turns("2010-03", [("notes", "The group met without a recorder. * Action: SN1 to ask.", 1.0)])
    nothing = paginate((), 5, 72, "2010-03")
    recorded = make_view("2010-02", "2010-02-17", "operating")
    few = make_turns("2010-05")
    return StudyView(
        "Leaders together",
        CODEBOOK,
        (
            make_view(
                "2009-11",
                "2009-11-18",
                "starting up",
                codings=(make_candidate(make_turns("2009-11"), 3, 4, 12, "network", 0.3),),
                checked_by="CS",
                checked_when="2010-01-04",
            ),
            recorded,
            make_view(
                "2010-03",
                "2010-03-17",
                "operating",
                meeting=make_meeting("2010-03", "2010-03-17", "operating", recorded=False),
                turns=(),
                notes=notes,
                codings=(),
                pages=nothing,
            ),
            make_view(
                "2010-05",
                "2010-05-12",
                "operating",
                quorum_met=False,
                attendance=ATTENDANCE[:2],
                turns=few,
                codings=(make_candidate(few, 1, 0, 8, "forum"),),
            ),
        ),
        4,
    )


@pytest.fixture
def candidate() -> Callable[..., Coding]:
    return make_candidate
