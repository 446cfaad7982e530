"""A meeting with what stands of the codes in it: turns, pages, candidates and decisions, brought together for reading.

Everything here is anonymised. What is given away is looked through for names first, as reports are.
"""

from __future__ import annotations

import shutil
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from copipe import holding
from copipe.code.codings import Codings, Place, codings
from copipe.code.queries import near_codes
from copipe.errors import UsageError
from copipe.files import make_folder, write_bytes
from copipe.pipeline.checking import page_map_now
from copipe.pipeline.context import Context
from copipe.pipeline.proposals import proposed
from copipe.pipeline.stage import NotReadyError, applies, need, read
from copipe.records import Candidate, Code, Codebook, Coding, Decision, Span, Turn, Word
from copipe.study import anchors, audit, decisions, pages
from copipe.study.pages import Citation, PageMap
from copipe.study.study import FILES, PUBLIC_FOLDERS, Meeting, Study

# Of private/, what no command writes anything else to.
OWN_PRIVATE = frozenset({"roster.toml", "pseudonyms.json", "consents.json", "held.json", "audit-heads.jsonl"})


@dataclass(frozen=True, slots=True)
class CodedMeeting:
    """One meeting as it is read and coded; `words` are those of its turns, in order of speech.

    `coder` is whose decisions count, "" for the study's own reading (see `copipe.code.codings`).
    """

    meeting: Meeting
    turns: tuple[Turn, ...]
    words: tuple[Word, ...]
    turn_of: tuple[int, ...]  # for each word the index of its turn
    page_map: PageMap
    source: str
    codebook: Codebook
    candidates: tuple[Candidate, ...]
    codings: Codings
    coder: str = ""
    checked: bool = False

    @property
    def code(self) -> str:
        return self.meeting.code

    def place(self, span: Span) -> Place:
        """Indices of a span of this transcription in `words`, half-open."""
        return (
            bisect_left(self.words, span.first, key=lambda w: w.id),
            bisect_right(self.words, span.last, key=lambda w: w.id),
        )

    def span(self, place: Place) -> Span:
        """The anchor of words by index."""
        return anchors.span(self.code, self.words[slice(*place)], self.source)

    def text(self, place: Place) -> str:
        """What was said there, with single spaces; where several speak, each after the role in square brackets."""
        low, high = place
        parts: list[str] = []
        several = len(self.roles(place)) > 1
        for i in range(low, high):
            if several and (i == low or self.turn_of[i] != self.turn_of[i - 1]):
                parts.append(f"[{self.turns[self.turn_of[i]].role}]")
            if self.words[i].text:
                parts.append(self.words[i].text)
        return " ".join(parts)

    def roles(self, place: Place) -> tuple[str, ...]:
        """Who speaks there, in order, once each."""
        if place[0] >= place[1]:
            return ()
        turns = range(self.turn_of[place[0]], self.turn_of[place[1] - 1] + 1)
        return tuple(dict.fromkeys(self.turns[t].role for t in turns if self.turns[t].role))

    def cite(self, place: Place) -> Citation:
        low, high = place
        return pages.cite(self.page_map, self.turns, self.words[low].id, self.words[high - 1].id)

    def with_decisions(self, decided: Sequence[Decision]) -> CodedMeeting:
        """The same meeting after these decisions, which are all of its file."""
        made = codings(self.code, self.turns, self.candidates, decided, self.codebook, self.source, self.coder)
        return replace(self, codings=made)

    def others(self, coding: Coding) -> tuple[Coding, ...]:
        """Codings of other codes that overlap this one; rejected ones are none."""
        low, high = self.place(coding.span)
        found = []
        for other in self.codings.codings:
            begin, end = self.place(other.span)
            if other.code != coding.code and other.status != "rejected" and begin < high and low < end:
                found.append(other)
        return tuple(found)


def coded(context: Context, meeting: Meeting, coder: str = "") -> CodedMeeting:
    """A meeting with its codings. NotReadyError while it has not been coded from what there is now.

    So nobody who has withdrawn since is shown: what holds them is not read before it has been made again.
    """
    turns: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
    candidates = proposed(context, meeting, taught=not coder)
    if coder:
        candidates = tuple(c for c in map(_untaught, candidates) if c is not None)
    source = str(need(context, meeting, "anonymised").about["source"])
    bare = CodedMeeting(
        meeting=meeting,
        turns=turns,
        words=tuple(word for turn in turns for word in turn.words),
        turn_of=tuple(n for n, turn in enumerate(turns) for _ in turn.words),
        page_map=page_map_now(context, meeting, turns),
        source=source,
        codebook=context.codebook,
        candidates=candidates,
        codings=Codings(()),
        coder=coder,
        checked=context.check(meeting) is not None,
    )
    return bare.with_decisions(decided(context, meeting))


def decided(context: Context, meeting: Meeting) -> tuple[Decision, ...]:
    """All decisions of a meeting's public file, those undone included."""
    return decisions.read(context.study.decisions / f"{meeting.code}.jsonl")


def all_coded(
    context: Context, meetings: Iterable[Meeting], coder: str = ""
) -> tuple[list[CodedMeeting], list[tuple[str, str]]]:
    """Those of the meetings that are coded, and of the others the code and why not. Others: not those without words."""
    found: list[CodedMeeting] = []
    missing: list[tuple[str, str]] = []
    for meeting in meetings:
        if not applies(context, meeting, "candidates"):
            if meeting.transcript is not None or meeting.recorded:
                missing.append((meeting.code, "below quorum, on file and not analysed"))
            continue
        try:
            found.append(coded(context, meeting, coder))
        except NotReadyError:
            missing.append((meeting.code, "not coded from what there is now; `copipe run` does it"))
    return found, missing


def chosen_meetings(context: Context, codes: Sequence[str]) -> tuple[Meeting, ...]:
    """The meetings of these codes, all without any. UsageError with a near miss for one that is none."""
    if not codes:
        return context.study.meetings
    return tuple(context.study.meeting(code) for code in dict.fromkeys(codes))


def known_code(codes: Sequence[Code], said: str, category: bool = False) -> str:
    """The key of a code as somebody writes it: key, alias or label. UsageError with near misses.

    One that no passage is filed under will do only where a `category` is asked for.
    """
    wanted = said.strip().casefold()
    for code in codes:
        if wanted in (code.key.casefold(), code.label.casefold(), *(a.casefold() for a in code.aliases)):
            if not (code.codable or category):
                raise UsageError(f"{code.key} is a category that no passage is filed under.", "Choose a code in it.")
            return code.key
    raise UsageError(f"There is no code {said.strip()!r}.", near_codes(said.strip(), codes))


def _untaught(candidate: Candidate) -> Candidate | None:
    """A candidate as a second coder may see it: without what others' decisions taught the machine.

    None for one that nothing else proposes.
    """
    evidence = tuple(e for e in candidate.evidence if not e.kind.startswith(("learn", "decision", "taught")))
    if len(evidence) == len(candidate.evidence):
        return candidate
    return replace(candidate, evidence=evidence) if evidence else None


def hand_out(
    context: Context, path: Path, write: Callable[[Path], object], what: str, told: dict[str, object]
) -> Path | None:
    """Put a file where somebody may take it away: written under private/, looked through for names, then placed.

    `write` writes it to the path it is given. CopipeError when the gate finds a name in it: nothing is placed.
    `what` and `told` go on the audit trail. A file that stands there and is not as copipe handed it out (answers may
    be in it) is kept under another name, which is given back. UsageError for a place that is the study's own.
    """
    from copipe.pipeline import gate

    _refuse_own(context.study, path)
    folder = context.study.private_work / f".handing-out.{holding.tag()}"
    holding.clear_siblings(folder.with_name("handing-out"))  # of commands that were cut off
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    try:
        staged = folder / path.name
        write(staged)
        gate.check(context, folder, path.name)
        if not path.parent.is_dir():
            raise UsageError(f"{path.parent} is not a folder.", "Name a file in a folder that is there.")
        staged.chmod(0o600)
        digest = sha256(staged.read_bytes()).hexdigest()
        kept = _keep(context.study, path, digest)
        write_bytes(path, staged.read_bytes())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    about = {"file": path.suffix.lstrip("."), "sha256": digest, **told}
    audit.record(context.study.root / "audit.jsonl", what, about)
    return kept


def _refuse_own(study: Study, path: Path) -> None:
    place = path.resolve()
    if not place.is_relative_to(study.root):
        return
    inside = place.relative_to(study.root).parts
    folders = {*PUBLIC_FOLDERS, "certificates", "templates"}
    private = inside[0] == "private" and (len(inside) > 2 or inside[-1] in OWN_PRIVATE)
    if inside[0] in folders or private or inside[0] in (*FILES, "audit.jsonl"):
        raise UsageError(
            f"{path} is a place of the study's own; nothing was written.",
            "Name a file elsewhere, or straight in the study folder, such as exports/ or supervisor.zip.",
        )


def _keep(study: Study, path: Path, wanted: str) -> Path | None:
    """Rename what stands in the place of a file that is handed out, unless copipe handed it out just so.

    A file with the digest `wanted` was placed by a command that was killed before it could say so.
    """
    if not path.exists():
        return None
    digest = sha256(path.read_bytes()).hexdigest()
    if digest == wanted or any(entry.about.get("sha256") == digest for entry in audit.read(study.root / "audit.jsonl")):
        return None
    number = 1
    while (kept := path.with_name(f"{path.stem}-before-{number}{path.suffix}")).exists():
        number += 1
    return path.rename(kept)
