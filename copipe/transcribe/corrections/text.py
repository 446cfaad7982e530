"""A transcript as plain text that a person corrects in any editor, and that text read back.

One paragraph a turn, `[00:00:12] SN1: Okay, well I think {Adam} ...`; doubtful words in braces; lines that begin with
"# " are for the reader. Paragraphs are not wrapped: editors do that, and one that breaks lines does no harm. The first
line names the base, the state of the transcript that was written out, which is kept beside the text: what a person
changed is worked out against that, whatever has happened to the transcript since.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256

from copipe import texts
from copipe.errors import InputError
from copipe.records import Mark, Turn, Word
from copipe.texts import from_json

WITHHELD = "--"  # the role that stands for somebody who is not in the study
NOT_SHOWN = "(not in the study"
PLACEHOLDER = re.compile(r"\(not in the study(, \d+ s)?\)")
TAG = re.compile(r"# copipe correct (\S+) base ([0-9a-f]+)\s*")
HEADER = re.compile(r"\s*(?P<time>\[[\d:.,\s]*\])?\s*(?P<role>--|[^\W\d_][\w-]*):\s*(?P<rest>.*)")
# "[00:" or "[..]" or "[12]", or "00:00:12" with whatever signs before it: only a header begins so.
LIKE_A_TIME = re.compile(r"\s*\[\s*[\d.]+\s*[:\].]|[\W_]*\d{1,3}:\d{2}:\d{2}\b")
LIKE_A_LABEL = re.compile(r"[\W\d_]*(?P<label>[^\W\d_][\w-]*(?:\s\d+)?)\s*[:;\uff1a]")
LIKE_A_CODE = re.compile(r"\s*([A-Z]{1,5}\d{0,3}|[A-Za-z]{1,5}\d{1,3}):\s")  # "SN9: "; "Well: " is speech
HEADER_WITHIN = re.compile(r"\[\d{1,3}:\d{2}:\d{2}\]\s*(?P<role>[^\W\d_][\w-]*):\s")

HELP = """\
#
# Correct the words. What you leave alone stays exactly as it is. Save and close when done.
#   - A paragraph is a turn: [time] ROLE: words. Long paragraphs: switch on word wrap in the editor.
#   - Somebody else said it: change the ROLE. Only part of it: begin a new line "ROLE: " there, and one where it ends.
#   - Same person as above: delete the whole header, with its time.
#   - {Words in braces} the engine was not sure of; the braces may stay or go.
#   - Notes go in round brackets, anywhere: (laughs)
#   - "[time] --:" is somebody who is not in the study: leave that line where it is.
#   - Times are there to find the place in the recording; changing one changes nothing. Lines like this one are skipped.
"""


@dataclass(frozen=True, slots=True)
class Base:
    """What was written out: the turns with their word ids, and the digest of the transcription that the ids are of."""

    meeting: str
    source: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One turn as read back: words as they stand between white space, without braces, and the line of each.

    `role` is WITHHELD for a placeholder, which has no words.
    """

    role: str
    atoms: tuple[str, ...]
    lines: tuple[int, ...]
    line: int  # of its header, counted from 1


def dump(base: Base) -> str:
    """The base as JSON text, to be kept under `private/`."""
    return json.dumps(asdict(base), ensure_ascii=False)


def undump(text: str) -> Base:
    """The base that `dump` wrote. ValueError, KeyError or TypeError where it did not."""
    fields = from_json(text)
    turns = tuple(
        Turn(**{**t, "words": tuple(Word(**w) for w in t["words"]), "marks": tuple(Mark(**m) for m in t["marks"])})
        for t in fields["turns"]
    )
    return Base(fields["meeting"], fields["source"], turns)


def base_digest(base: Base) -> str:
    """Short name of a base; equal bases have equal names."""
    return sha256(dump(base).encode()).hexdigest()[:12]


def clock(seconds: float) -> str:
    """Time in the recording.

    >>> clock(3723.9)
    '01:02:03'
    """
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def write_out(base: Base, doubtful: float, roles: Sequence[str]) -> str:
    """The text to be corrected: words of a probability below `doubtful` (0 to 1) in braces; `roles` may speak."""
    known = " ".join(dict.fromkeys(r for r in [*roles, *(t.role for t in base.turns)] if r and not unnamed(r)))
    parts = [f"# copipe correct {base.meeting} base {base_digest(base)}\n{HELP}# Roles in this meeting: {known}\n"]
    for turn in base.turns:
        if not turn.role:
            parts.append(f"{_time(turn)}{WITHHELD}: {_not_shown(turn)}\n")
        elif any(atoms_of(w.text) for w in turn.words):
            parts.append(f"{_listen(turn)}{_time(turn)}{turn.role}: {_braced(turn.words, doubtful)}\n")
    return "\n".join(parts)


def unnamed(role: str) -> bool:
    """Whether this stands for a voice that nobody has named: it keeps its words, and is given none."""
    return role.startswith("UNK")


def _time(turn: Turn) -> str:
    return "" if turn.start is None else f"[{clock(turn.start)}] "


def _not_shown(turn: Turn) -> str:
    if turn.start is None or turn.end is None:
        return f"{NOT_SHOWN})"
    return f"{NOT_SHOWN}, {max(1, round(turn.end - turn.start))} s)"


def _listen(turn: Turn) -> str:
    starts = {w.id: w.start for w in turn.words}
    lines = []
    for mark in turn.marks:
        if mark.kind in ("suspect", "inaudible"):
            start = starts.get(mark.first, turn.start)
            why = mark.why or mark.kind
            lines.append(f"# listen: {why}" + (f", {clock(start)}" if start is not None else "") + "\n")
    return "".join(lines)


def _braced(words: Sequence[Word], doubtful: float) -> str:
    shown: list[str] = []
    inside = False
    for word in words:
        if not atoms_of(word.text):
            continue
        unsure = word.probability is not None and word.probability < doubtful
        if inside and not unsure:
            shown[-1] += "}"
        shown.append("{" + word.text if unsure and not inside else word.text)
        inside = unsure
    return " ".join(shown) + ("}" if inside else "")


def atoms_of(text: str) -> list[str]:
    """The text at its white space, without braces, which mark doubt only.

    >>> atoms_of("so {Adam} (laughs out loud)")
    ['so', 'Adam', '(laughs', 'out', 'loud)']
    """
    return text.replace("{", "").replace("}", "").split()


def read_tag(text: str) -> tuple[str, str]:
    """The meeting and the base digest that the first line of a text names. InputError where there is none."""
    lines = text.removeprefix("\ufeff").lstrip().splitlines()
    tag = TAG.fullmatch(lines[0]) if lines else None
    if not tag:
        raise InputError(
            'line 1: "# copipe correct MEETING base ..." is missing, so it is not known what was corrected',
            "Put back the first line that copipe wrote. Everything else may stay.",
        )
    return tag[1], tag[2]


def read_back(text: str, roles: Collection[str]) -> tuple[Piece, ...]:
    """The turns of an edited text, in its order; `roles` are the codes that may head one.

    Lines may have been wrapped anew or parted by blank lines. InputError, with the line, for a header that is broken, a
    role that is not known and words that belong to no turn.
    """
    pieces: list[tuple[str, int, list[str], list[int]]] = []
    if odd := texts.odd_line(text):
        raise InputError(
            f"line {odd[0]}: holds the character {odd[1]}, which no report can hold",
            "Take it out, or type the word anew.",
        )
    for number, line in _speech(text):
        role, rest = _header(line, number, roles)
        if role:
            pieces.append((role, number, [], []))
        if any(within["role"] in roles for within in HEADER_WITHIN.finditer(rest)):
            raise InputError(
                f"line {number}: a turn begins within this line",
                "Begin a new line with its header, or delete all of the header to join the words to the turn above.",
            )
        if not pieces:
            raise InputError(f"line {number}: words before the first turn", 'Begin the line with a role: "SN1: ..."')
        current, _, atoms, lines = pieces[-1]
        if current == WITHHELD:
            if rest.strip() and not (role and PLACEHOLDER.fullmatch(rest.strip())):
                raise InputError(
                    f"line {number}: words in a turn of somebody who is not in the study",
                    'Leave the line "--:" as copipe wrote it, and begin the next turn with its role.',
                )
            continue
        found = atoms_of(rest)
        atoms += found
        lines += [number] * len(found)
    return tuple(Piece(role, tuple(atoms), tuple(lines), number) for role, number, atoms, lines in pieces)


def _speech(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        bare = line.strip()
        if bare and bare != "#" and not bare.startswith("# "):
            yield number, line


def _header(line: str, number: int, roles: Collection[str]) -> tuple[str, str]:
    """The role that a line gives ("" if it only goes on) and the words after it."""
    match = HEADER.fullmatch(line)
    if match and (match["time"] or match["role"] in roles or match["role"] == WITHHELD):
        role = match["role"]
        if role == WITHHELD or role in roles:
            return role, match["rest"]
        for known in roles:
            if known.casefold() == role.casefold():
                return known, match["rest"]
        raise _unknown(role, number, roles)
    if LIKE_A_TIME.match(line):
        raise InputError(
            f"line {number}: this begins like a turn, but does not have the form [00:00:12] ROLE: words",
            "Correct the header, or delete all of it to join the words to the turn above.",
        )
    code = LIKE_A_CODE.match(line + " ")
    if code and not any(code[1].casefold() == role.casefold() for role in roles):
        raise _unknown(code[1], number, roles)
    found = LIKE_A_LABEL.match(line)
    if meant := _meant(re.sub(r"\s", "", found["label"]), roles) if found else "":
        raise InputError(
            f"line {number}: this begins nearly like a turn of {meant}, but not with {meant}:",
            "Correct the role. If it is speech, join the line to the one above.",
        )
    return "", line


def _meant(label: str, roles: Collection[str]) -> str:
    """The role that `label` is but for capitals or one slip of the hand; "" if it may be any other word.

    A short word in small letters ("to" beside the role "OT") is no slip.
    """
    same = [role for role in roles if role.casefold() == label.casefold()]
    if same or (label.islower() and label.isalpha() and len(label) <= 3):
        return same[0] if same else ""
    return next((role for role in sorted(roles) if _one_slip(label.casefold(), role.casefold())), "")


def _one_slip(one: str, other: str) -> bool:
    """Whether one sign is wrong, missing or too many, or two neighbours have changed places."""
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) == 1 or (len(one) == 2 and one == other[::-1])


def _unknown(role: str, number: int, roles: Collection[str]) -> InputError:
    if len(role) > 12:  # longer than any code: it may be speech, which messages do not repeat
        role = "this"
    known = ", ".join(sorted(r for r in roles if not unnamed(r)))
    return InputError(
        f"line {number}: {role} is not a role in this meeting (known: {known})",
        "Correct the code (somebody new goes into participants.toml and meetings.toml first); "
        "if it is speech, join the line to the one above.",
    )
