"""Marking a transcript as checked: the page map freezes with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from copipe.errors import ConfigError, InputError, UsageError
from copipe.files import write_file
from copipe.pipeline import profiles
from copipe.pipeline.context import Context
from copipe.pipeline.stage import NotReadyError, need, read
from copipe.records import Turn
from copipe.study import audit, decisions, pages
from copipe.study.study import Meeting


@dataclass(frozen=True, slots=True)
class Ready:
    """What is about to be marked as checked."""

    pages: int
    summary: str


def ready(context: Context, meeting: Meeting) -> Ready:
    """Say what a check would freeze. UsageError while the transcript is not up to date."""
    turns = _turns(context, meeting)
    page_map = page_map_now(context, meeting, turns)
    suspects = sum(mark.kind == "suspect" for turn in turns for mark in turn.marks)
    unknown = sorted({turn.role for turn in turns if turn.role.startswith("UNK")})
    pages_said = f"{page_map.pages} page{'s' * (page_map.pages > 1)}"
    said = f"{meeting.code}: {sum(t.count for t in turns)} words in {len(turns)} turns on {pages_said}"
    said += f"; {suspects} suspect passages" if suspects else ""
    said += f"; unassigned voices: {', '.join(unknown)}" if unknown else ""
    return Ready(page_map.pages, said + ".")


def check(context: Context, meeting: Meeting, who: str) -> None:
    """Mark a transcript as checked and freeze its pages; who was recognised in it is confirmed with it."""
    page_map = page_map_now(context, meeting, _turns(context, meeting))
    write_file(_file(context, meeting), page_map.to_json())
    profiles.settle(context, meeting, who)
    words = need(context, meeting, "words").digest  # what was checked: another transcription is not
    made = decisions.decide(kind="checked", about="transcript", verdict="checked", who=who, detail=words)
    decisions.append(context.study.decisions / f"{meeting.code}.jsonl", made)
    audit.record(context.study.root / "audit.jsonl", "check", {"meeting": meeting.code, "who": who})


def uncheck(context: Context, meeting: Meeting, who: str) -> None:
    """Take a check back. The frozen pages are set aside, not lost."""
    standing = context.check(meeting)
    if standing is None:
        return
    undo = decisions.decide(kind="undo", about=standing.id, verdict="not checked", who=who)
    frozen = _file(context, meeting)
    if frozen.exists():  # first: what is cut off here is brought to its end by taking the check back again
        frozen.replace(frozen.with_suffix(f".{standing.id}.json"))
    decisions.append(context.study.decisions / f"{meeting.code}.jsonl", undo)
    audit.record(context.study.root / "audit.jsonl", "uncheck", {"meeting": meeting.code, "who": who})


def page_map_now(context: Context, meeting: Meeting, turns: tuple[Turn, ...]) -> pages.PageMap:
    """The pages of a meeting: frozen if it is checked, else laid out from its turns as they are."""
    if context.check(meeting) is not None:
        path = _file(context, meeting)
        try:
            return pages.PageMap.from_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError, InputError):
            raise ConfigError(
                f"{path}: the frozen pages of a checked transcript cannot be read.",
                f"Restore the file from a backup, or `copipe check {meeting.code} --undo` and check again.",
            ) from None
    layout = context.study.settings.report
    return pages.paginate(turns, layout.lines_per_page, layout.line_width, meeting.code)


def _turns(context: Context, meeting: Meeting) -> tuple[Turn, ...]:
    try:
        turns: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
    except NotReadyError:
        raise UsageError(
            f"{meeting.code}: there is no up-to-date transcript to check.", "`copipe run` makes it."
        ) from None
    if not turns:
        raise UsageError(f"{meeting.code}: the transcript has no words.")
    return turns


def _file(context: Context, meeting: Meeting) -> Path:
    return context.study.decisions / "pages" / f"{meeting.code}.json"
