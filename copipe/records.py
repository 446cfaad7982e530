"""The frozen values that stages hand on; nothing else lives here.

Times are seconds from the start of the recording, half-open `[start, end)`, never rounded in memory. A source that is
text already has words without times (None).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

WordId = str  # "2010-02:000123", or "2010-02:000123.0001" for a word a person inserted after it; sorts as it was said


def word_id(meeting: str, ordinal: int) -> WordId:
    """Id of the word that the transcription of `meeting` gave as number `ordinal`, counted from 1.

    >>> word_id("2010-02", 123)
    '2010-02:000123'
    """
    return f"{meeting}:{ordinal:06d}"


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word with its punctuation.

    `text` has no white space round it. It is empty where an earlier word's replacement covers this one, so that ids
    outlive anonymisation. A note that a person added, "(laughs)", is a word in round brackets and may hold spaces.
    `probability` is the engine's, 0 to 1.
    """

    id: WordId
    start: float | None
    end: float | None
    text: str
    probability: float | None = None

    @property
    def is_note(self) -> bool:
        """True for "(laughs)": not speech, so neither counted nor coded."""
        return self.text.startswith("(") and self.text.rstrip(".,;:?!").endswith(")")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of words as the engine or the imported file delivered it.

    `label` is the speaker tag of an imported transcript ("" where there is none). The scores are Whisper's: mean log
    probability of the tokens, gzip compression ratio of the text, probability that there was no speech.
    """

    start: float | None
    end: float | None
    words: tuple[Word, ...]
    label: str = ""
    avg_logprob: float | None = None
    compression_ratio: float | None = None
    no_speech_prob: float | None = None


@dataclass(frozen=True, slots=True)
class SpeakerTurn:
    """Somebody spoke from `start` to `end` by an engine's label; two that intersect are overlap.

    `exclusive` marks the second, overlap-free reading of the same audio, which words are assigned by. `margin` is by
    how much (cosine) its sound is nearer to its own voice than to the next, None where nobody has compared them.
    """

    start: float
    end: float
    label: str
    exclusive: bool = False
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of one recording: mean embedding (unit length) and the seconds of clean speech behind it."""

    label: str
    embedding: tuple[float, ...]
    seconds: float


# "masked" is a doubtful name, hidden until a person decides; "excluded" is talk about somebody who is not in the study.
MarkKind = Literal["overlap", "suspect", "inaudible", "replaced", "withheld", "masked", "excluded"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to know of the words `first` to `last` (both included); `why` is for a person and holds no speech."""

    kind: MarkKind
    first: WordId
    last: WordId
    why: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one participant said without a change of speaker.

    `id` is the id of its first word and `last` of its last. `role` is a role code ("SN1"), "UNK1" for a voice nobody
    has named, or "" for somebody whose words are withheld; then `words` is empty and `count` still says how many there
    were. `certainty` is 0 to 1: how surely the words are this role's.
    """

    id: WordId
    last: WordId
    start: float | None
    end: float | None
    role: str
    words: tuple[Word, ...]
    count: int
    certainty: float
    marks: tuple[Mark, ...] = ()

    @property
    def text(self) -> str:
        """The words with single spaces between them."""
        return " ".join(w.text for w in self.words if w.text)


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` to `last` (both included) of a meeting.

    `start`, `end` (seconds) and `digest` (of the words' text) find it again in a new transcription; `source` is the
    digest of the transcription whose ids these are.
    """

    meeting: str
    first: WordId
    last: WordId
    start: float | None
    end: float | None
    digest: str
    source: str


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a codebook. `parent` is the key of its category, "" at the top.

    `aliases` are keys that this code had, or that codes had which were merged into it: decisions filed under them are
    its own. A code that is `deprecated` (the text says why) proposes nothing and keeps its decisions; `replaced_by` are
    keys of the codes that took its place. `unit` is the passage it is proposed for (sentence, turn, window, story; ""
    is the run's); `roles` and `kinds` (of meeting) are the only ones it is proposed for, none means all; with `case`
    seeds match only in the case in which they are written. `guid` is another program's for this code ("" is worked
    out from the key), and a code that is not `codable` is a category that passages are not filed under.
    """

    key: str
    label: str
    definition: str = ""
    include: str = ""
    exclude: str = ""
    parent: str = ""
    seeds: tuple[str, ...] = ()
    not_seeds: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    colour: str = ""  # "#RRGGBB"
    memo: str = ""
    aliases: tuple[str, ...] = ()
    deprecated: str = ""
    replaced_by: tuple[str, ...] = ()
    unit: str = ""
    roles: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    case: bool = False
    codable: bool = True
    guid: str = ""


@dataclass(frozen=True, slots=True)
class CodeSet:
    """Some codes seen together across the hierarchy, for example all that answer one research question."""

    name: str
    codes: tuple[str, ...]  # keys
    description: str = ""
    guid: str = ""


@dataclass(frozen=True, slots=True)
class Codebook:
    """Codes in the order of the file; `hash` is of what they say, not of the file's layout.

    `source` is the literature it comes from, `unit` the passage of all codes that name none.
    """

    name: str
    codes: tuple[Code, ...]
    hash: str
    description: str = ""
    source: str = ""
    unit: str = ""
    sets: tuple[CodeSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why something is proposed: the seed or rule (`source`), and the words it hit."""

    kind: str
    source: str
    first: WordId
    last: WordId


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage proposed for a code; a person decides. `score` is 0 to 1 and only ranks."""

    span: Span
    code: str
    role: str
    score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each seed of a code hit in a meeting, and in how many sentences; in the order of the code's seeds."""

    code: str
    hits: tuple[int, ...]
    sentences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Coding:
    """What stands of a code at a passage: proposed by the machine, or decided by a person (`who`, `when`).

    `decision` is the id of the decision that made it so, "" for a candidate.
    """

    span: Span
    code: str
    role: str
    status: Literal["candidate", "accepted", "rejected"]
    score: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    who: str = ""
    when: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A passage in which somebody seems to tell a story; a person decides.

    `role` is the teller, `seconds` how long it takes (None without times), `purpose` the key of the likeliest of
    Denning's purposes ("" where none is), `evidence` the cues. `score` is 0 to 1 and only ranks.
    """

    span: Span
    role: str
    score: float
    evidence: tuple[Evidence, ...]
    purpose: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One point of the notes and the passages that it seems to speak of, best first; none where nothing was found."""

    note: Span
    passages: tuple[Span, ...]
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A stretch of talk that the notes do not mention, and the sentences of it that tell most of what it is about."""

    span: Span
    telling: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a recogniser takes for a name, a date or an identifier; private, though it holds no words.

    It goes from letter `start` of the word `first` up to letter `end` (not included) of the word `last`. `kind` is
    "person", "place", "organisation", "date", "postcode" and the like; `sure` where there is nothing to decide.
    """

    first: WordId
    last: WordId
    start: int
    end: int
    kind: str
    score: float
    recogniser: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Memo:
    """What a person wrote down about something: it informs the analysis and is not evidence.

    `about` says what: "study", "meeting:2010-02", "code:leadership", "decision:<id>", "passage:<first>..<last>".
    """

    id: str
    when: str  # ISO 8601, UTC
    who: str
    about: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided.

    `about` names what (a voice label, a code key, "" for the words themselves), `verdict` how, `text` any words that
    belong to it. Of two about the same thing the later counts. `detail` holds what finds the place again, as JSON text.
    """

    id: str
    when: str  # ISO 8601, UTC
    who: str  # initials or role code
    kind: str  # words | speaker | voice | checked | replacement | coding | story | undo
    about: str
    verdict: str
    span: Span | None = None
    text: str = ""
    detail: str = ""
