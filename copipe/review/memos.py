"""Memos with what they are about: a code by its label, a passage by its citation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from copipe import holding
from copipe.errors import CopipeError, UsageError
from copipe.pipeline.checking import page_map_now
from copipe.pipeline.context import Context
from copipe.pipeline.stage import read
from copipe.records import Memo, Turn
from copipe.review.coding import hand_out, known_code
from copipe.study import audit, memos, pages
from copipe.study.study import Meeting

_ID = re.compile(r"[0-9a-f]{16}")
_INITIALS = re.compile(r"[A-Z][A-Z0-9.-]{0,5}")
SECTIONS = {
    "study": "The study",
    "meeting": "Meetings",
    "code": "Codes",
    "passage": "Passages",
    "decision": "Decisions",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A memo and what it is about, for a person: "code Managing conflict", "2010-02 p. 7, ll. 12-18"."""

    memo: Memo
    about: str


def folder(context: Context) -> Path:
    """Where memos lie."""
    return context.study.private / "memos"


def told(context: Context, about: str = "") -> tuple[Told, ...]:
    """All memos, or those about one thing: of a meeting also those on passages in it, of a code those under aliases."""
    found = memos.read(folder(context))
    if about:
        wanted = target(context, about)
        found = tuple(memo for memo in found if _fits(context, memo.about, wanted))
    labels = {code.key: code.label for code in context.codebook.codes} if context.codebook_path.exists() else {}
    turns: dict[str, tuple[Turn, ...]] = {}
    return tuple(Told(memo, _shown(context, memo.about, labels, turns)) for memo in found)


def target(context: Context, said: str) -> str:
    """What a person names, as a memo says it. UsageError, with near misses, where there is no such thing.

    study; a meeting's code; a code's key or label; a citation; or one of these with its kind before it ("code:x").
    """
    kind, _, what = said.partition(":")
    if said == "study":
        return "study"
    if kind == "decision" and what:
        return said
    if kind == "passage" and memos.about_problem(said) is None:
        return said
    if kind == "meeting":
        return f"meeting:{context.study.meeting(what).code}"
    if kind == "code":
        return f"code:{known_code(context.codebook.codes, what, category=True)}"
    if any(meeting.code == said for meeting in context.study.meetings):
        return f"meeting:{said}"
    if _is_citation(said):
        first, last = _resolved(context, said)
        return f"passage:{first}..{last}"
    try:
        return f"code:{known_code(context.codebook.codes, said, category=True)}"
    except UsageError as error:
        raise UsageError(
            f"{said!r} is neither the study, a meeting, a code nor a citation.",
            f'{error.hint} A citation is like "2010-02 p. 7, ll. 12-18".',
        ) from None


def keep(context: Context, about: str, text: str, who: str, title: str = "") -> Path:
    """Write a memo; where it lies."""
    with holding.writing(context.study.private):
        path = _standing(context, about, text, who)
        made = memos.parse(path.read_text(encoding="utf-8-sig"), path) if path else memos.make(about, text, who, title)
        path = path or memos.write(folder(context), made)
        audit.record(context.study.root / "audit.jsonl", "memo", {"memo": made.id, "who": who, "about": about})
    return path


def _standing(context: Context, about: str, text: str, who: str) -> Path | None:
    """The file of the same memo by the same person: of a command that was cut off, or was called twice."""
    for memo in memos.read(folder(context)):
        if (memo.about, memo.text.strip(), memo.who) == (about, text.strip(), who):
            return memos.file_of(folder(context), memo.id)
    return None


def shown(context: Context, found: Sequence[Memo]) -> tuple[Memo, ...]:
    """Memos as they may leave private/: names replaced, what is about people outside the study left out.

    A memo without an id of its own is called by its file, which may be somebody's name: that becomes a digest.
    MissingModelError where the models that recognise names are not here.
    """
    from copipe.anonymise.replace import anonymise_text
    from copipe.pipeline import names, outsiders

    signs = [anonymise_text(memo.who, context.roster) for memo in found]
    texts = []
    for memo, who in zip(found, signs, strict=True):
        path = memos.file_of(folder(context), memo.id)
        name = path.name if path else ""
        texts += [outsiders.hide_in_memo(context, name, text) for text in (memos.full_title(memo), memo.text)]
        texts.append("" if _INITIALS.fullmatch(who) else who)
    clean = names.clean(context, texts)
    return tuple(
        replace(memo, id=_digest(memo.id), title=memos.short(title), text=text, who=who or sign)
        for memo, sign, title, text, who in zip(found, signs, clean[::3], clean[1::3], clean[2::3], strict=True)
    )


def _digest(id_: str) -> str:
    return id_ if _ID.fullmatch(id_) else sha256(id_.encode()).hexdigest()[:16]


def write_document(context: Context, found: Sequence[Told], path: Path) -> None:
    """All memos as one Markdown document, each as it is `shown`. CopipeError if a name is left."""
    memos_shown = shown(context, [one.memo for one in found])
    clean = [replace(one, memo=memo) for one, memo in zip(found, memos_shown, strict=True)]
    text = document(clean)
    hand_out(context, path, lambda staged: staged.write_text(text, encoding="utf-8"), "memos", {"memos": len(found)})


def document(found: Sequence[Told]) -> str:
    """One Markdown document: a section a kind of thing, then a thing, then its memos by date."""
    lines = ["# Memos", "", "Memos inform the analysis; they are not evidence.", ""]
    for kind, heading in SECTIONS.items():
        of_kind = [one for one in found if one.memo.about.partition(":")[0] == kind]
        if not of_kind:
            continue
        lines += [f"## {heading}", ""]
        for one in sorted(of_kind, key=lambda one: (one.memo.about, one.memo.when)):
            by = " ".join(part for part in (one.memo.who, one.memo.when[:10]) if part)
            lines += [f"### {one.memo.title}", "", f"*{one.about}; {by}*", ""]
            if one.memo.text != one.memo.title:
                lines += [_deeper(one.memo.text), ""]
    return "\n".join(lines)


def _deeper(text: str) -> str:
    """A memo's own headings below those of the document; what is in fences of code stays."""
    made, fenced = [], False
    for line in text.split("\n"):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        made.append(f"###{line}" if line.startswith("#") and not fenced else line)
    return "\n".join(made)


def _fits(context: Context, about: str, wanted: str) -> bool:
    if about == wanted:
        return True
    kind, _, what = wanted.partition(":")
    if kind == "meeting":
        return about.startswith(f"passage:{what}:")
    if kind == "code" and about.startswith("code:"):
        return any(code.key == what and about.removeprefix("code:") in code.aliases for code in context.codebook.codes)
    if kind == "passage" and about.startswith("passage:"):
        first, _, last = what.partition("..")
        begin, _, end = about.removeprefix("passage:").partition("..")
        return begin <= last and first <= end and begin.rpartition(":")[0] == first.rpartition(":")[0]
    return False


def _shown(context: Context, about: str, labels: Mapping[str, str], turns: dict[str, tuple[Turn, ...]]) -> str:
    kind, _, what = about.partition(":")
    if kind == "code":
        return f"code {what}" + (f" ({labels[what]})" if what in labels else "")
    if kind != "passage":
        return about.replace(":", " ", 1)
    first, _, last = what.partition("..")
    code = first.rpartition(":")[0]
    try:
        meeting = context.study.meeting(code)
        if code not in turns:
            turns[code] = read(context, meeting, "anonymised", Turn)
        return str(pages.cite(page_map_now(context, meeting, turns[code]), turns[code], first, last))
    except CopipeError:
        return f"a passage in {code} that is not to be found now"


def _is_citation(said: str) -> bool:
    try:
        pages.parse_citation(said)
    except UsageError:
        return False
    return True


def _resolved(context: Context, said: str) -> tuple[str, str]:
    citation = pages.parse_citation(said)
    meeting: Meeting = context.study.meeting(citation.meeting)
    shown: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
    return pages.resolve(citation, page_map_now(context, meeting, shown), shown)
