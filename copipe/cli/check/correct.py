"""`copipe correct`: a transcript put right in the person's own editor, against the recording."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import agree, keep_raw_private, open_study
from copipe.cli.terminal.session import who as deciding

if TYPE_CHECKING:
    from copipe.records import Decision
    from copipe.study.study import Meeting, Study
    from copipe.transcribe.corrections.text import Base


def correct(
    meeting: Annotated[str, typer.Argument(help="The meeting whose transcript to correct.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write the text to this file, to correct it later.")] = None,
    in_: Annotated[Path | None, typer.Option("--in", help="Read back a text that --out wrote.")] = None,
    show: Annotated[
        bool, typer.Option("--list", help="Show the stored corrections, and those without a place.")
    ] = False,
    undo: Annotated[
        int | None, typer.Option("--undo", metavar="N", min=1, help="Take back the last N corrections.")
    ] = None,
    who: Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Accept a text that has lost more than half of its words.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Correct a transcript: words, speakers, notes.

    You can also add notes such as "(laughs)". Corrections outlive every rerun.

    Opens the transcript as plain text in your editor ($VISUAL or $EDITOR). What you changed is shown before it is
    stored. The transcription itself never changes. The text holds raw speech: keep it in private/.

    Examples:

      copipe correct 2010-02 --who CS

      copipe correct 2010-02 --out private/2010-02.txt

      copipe correct 2010-02 --in private/2010-02.txt

      copipe correct 2010-02 --list

      copipe correct 2010-02 --undo 3
    """
    from copipe.errors import UsageError

    if sum([out is not None, in_ is not None, show, undo is not None]) > 1:
        raise UsageError("Use only one of --out, --in, --list and --undo.", "Run the command once for each.")
    study = open_study()
    found = study.meeting(meeting)
    if show:
        _list(study, found)
    elif undo is not None:
        _undo(study, found, undo, deciding(who), yes)
    elif out is not None:
        _write_out(study, found, out, yes)
    elif in_ is not None:
        _store(study, found, in_, deciding(who), force, yes)
    else:
        _edit(study, found, deciding(who), force, yes)


def _edit(study: Study, meeting: Meeting, who: str, force: bool, yes: bool) -> None:
    from copipe.cli.terminal.display import console
    from copipe.cli.terminal.editor import edit, editor
    from copipe.errors import UsageError

    command = editor()
    path = _folder(study, meeting) / f"{meeting.code}.txt"
    if path.exists():  # left by an earlier call that went wrong or was not stored
        if not yes and not asks():
            raise UsageError(
                f"{path} is a text that you did not store.",
                f"Continue with it by --yes, or store it: copipe correct {meeting.code} --in {path}",
            )
        if not agree(f"{path} is a text that you did not store. Continue with it?", yes):
            aside = path.with_name(f"{meeting.code}.{int(path.stat().st_mtime)}.txt")
            path.replace(aside)
            console.print(f"Set aside as {aside.name} in {path.parent}.", markup=False, soft_wrap=True)
            _write(path, _text(study, meeting))
    else:
        _write(path, _text(study, meeting))
    edit(command, path)
    if _store(study, meeting, path, who, force, yes):
        path.unlink()


def asks() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin.isatty()


def _write_out(study: Study, meeting: Meeting, path: Path, yes: bool) -> None:
    from copipe.cli.terminal.display import console

    keep_raw_private(study, path)
    if path.exists() and not agree(f"{path} exists. Overwrite it?", yes):
        return
    _write(path, _text(study, meeting))
    console.print(f"{path} is written. It holds raw speech.", markup=False, soft_wrap=True)
    console.print(
        f"When you have corrected it: copipe correct {meeting.code} --in {path}", markup=False, soft_wrap=True
    )


def _text(study: Study, meeting: Meeting) -> str:
    """The transcript as text for the editor; the base it comes from is kept under `private/work`."""
    from copipe.errors import UsageError
    from copipe.pipeline.private_transcript import private_turns
    from copipe.transcribe.corrections.text import Base, base_digest, dump, write_out

    made = private_turns(study, meeting)
    if not any(turn.role for turn in made.turns):
        raise UsageError(f"{meeting.code}: nothing in this transcript may be shown.")
    base = Base(meeting.code, made.source, made.turns)
    kept = _folder(study, meeting) / f"{base_digest(base)}.json"
    if not kept.exists():
        _write(kept, dump(base))
    return write_out(base, study.settings.suspect.doubtful_word_probability, _roles(meeting))


def _store(study: Study, meeting: Meeting, path: Path, who: str, force: bool, yes: bool) -> bool:
    """Read a corrected text, show what is in it, store it. False if the person says no; the file stays either way."""
    from copipe.cli.terminal.display import console
    from copipe.errors import CopipeError
    from copipe.pipeline.private_transcript import private_turns, speakers
    from copipe.study import audit, decisions
    from copipe.transcribe.corrections.changes import changes
    from copipe.transcribe.corrections.counts import summary, times
    from copipe.transcribe.corrections.replay import not_yet_so

    try:
        text = _read(path)
        base = _base(study, meeting, text)
        made = changes(base, text, who, _roles(meeting), force)
    except CopipeError as error:
        again = f"Your text is kept in {path}. Correct it, then: copipe correct {meeting.code} --in {path}"
        raise type(error)(f"{path}, {error.message}", f"{error.hint}\n{again}") from None
    kept = study.private_decisions / f"{meeting.code}.jsonl"
    if made:  # the same text may have been read before
        made = not_yet_so(speakers(study, meeting)[0], decisions.read(kept), made, private_turns(study, meeting).source)
    if not made:
        console.print("Nothing was changed.")
        return True
    console.print(f"{meeting.code}: {summary(made)} ({times(made)}).", markup=False)
    if not agree("Store these corrections?", yes):
        console.print(
            f"Not stored. Your text is kept: copipe correct {meeting.code} --in {path}", markup=False, soft_wrap=True
        )
        return False
    decisions.append(kept, *made)
    about = {"meeting": meeting.code, "who": who, "corrections": len(made), "first": made[0].id, "last": made[-1].id}
    audit.record(study.root / "audit.jsonl", "correct", about)
    console.print("Stored. Next: `copipe run` renews the reports. `copipe check` marks the transcript as checked.")
    _say_unplaced(study, meeting, made)
    return True


def _say_unplaced(study: Study, meeting: Meeting, made: tuple[Decision, ...]) -> None:
    """Where the transcript has been made anew since the text was written out, some of it may have found no place."""
    from copipe.cli.terminal.display import err
    from copipe.pipeline.private_transcript import private_turns

    lost = dict(private_turns(study, meeting).unplaced).keys() & {d.id for d in made}
    if lost:
        err.print(
            f"{len(lost)} of them have no sure place in the transcript as it is now: "
            f"copipe correct {meeting.code} --list"
        )


def _roles(meeting: Meeting) -> tuple[str, ...]:
    """Who may be said to have spoken: whoever attended, and somebody who is no part of the study."""
    from copipe.diarize.alignment import OUTSIDER

    return (*meeting.attending, OUTSIDER)


def _base(study: Study, meeting: Meeting, text: str) -> Base:
    from copipe.errors import InputError
    from copipe.transcribe.corrections.text import base_digest, read_tag, undump

    code, digest = read_tag(text)
    if code != meeting.code:
        raise InputError(
            f"line 1: this is the text of {code}, not of {meeting.code}", f"copipe correct {code} --in ..."
        )
    kept = _folder(study, meeting) / f"{digest}.json"
    try:
        base = undump(kept.read_text(encoding="utf-8"))
        if base_digest(base) != digest:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            f"line 1: what was written out as base {digest} is not in this study any more ({kept})",
            "Restore the file from a backup, or write the transcript out again and repeat the corrections.",
        ) from None
    return base


def _list(study: Study, meeting: Meeting) -> None:
    from copipe.cli.terminal.display import clock, console
    from copipe.errors import UsageError
    from copipe.pipeline.private_transcript import private_turns
    from copipe.study import decisions

    made = decisions.standing(decisions.read(study.private_decisions / f"{meeting.code}.jsonl"), "words", "speaker")
    if not made:
        console.print(f"{meeting.code} has no corrections.")
        return
    try:
        lost = dict(private_turns(study, meeting).unplaced)
    except UsageError:  # they wait
        lost = {d.id: "nothing is transcribed" for d in made}
    for d in made:
        start = clock(d.span.start) if d.span else "-"
        what = f"given to {d.verdict}" if d.kind == "speaker" else f"{d.verdict} {d.text}".strip()
        place = f"   NOT PLACED: {lost[d.id]}" if d.id in lost else ""
        console.print(f"{d.id}  {start:>8}  {d.when[:10]}  {d.who}  {what}{place}", markup=False, soft_wrap=True)
    if lost.keys() & {d.id for d in made}:
        console.print("\nCorrections that are not placed are kept. Make them again at the time given.")


def _undo(study: Study, meeting: Meeting, count: int, who: str, yes: bool) -> None:
    from copipe.cli.terminal.display import console
    from copipe.errors import UsageError
    from copipe.study import audit, decisions
    from copipe.transcribe.corrections.counts import summary, times

    path = study.private_decisions / f"{meeting.code}.jsonl"
    made = decisions.standing(decisions.read(path), "words", "speaker")
    if len(made) < count:
        raise UsageError(f"{meeting.code} has {len(made)} corrections, not {count}.", "See --list.")
    last = made[-count:]
    console.print(f"{meeting.code}: {summary(last)} ({times(last)}).", markup=False)
    if not agree("Take these corrections back?", yes):
        return
    undone = [decisions.decide(kind="undo", about=d.id, verdict="taken back", who=who) for d in reversed(last)]
    decisions.append(path, *undone)
    audit.record(
        study.root / "audit.jsonl", "undo correct", {"meeting": meeting.code, "who": who, "corrections": count}
    )
    console.print("Taken back. Next: `copipe run`.")


def _folder(study: Study, meeting: Meeting) -> Path:
    folder = study.private_work / meeting.code / "correct"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _write(path: Path, text: str) -> None:
    """Raw speech: readable by its owner only, whole or not at all."""
    from copipe.errors import UsageError
    from copipe.files import write_file

    try:
        write_file(path, text)
        path.chmod(0o600)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Choose another place.") from None


def _read(path: Path) -> str:
    """The text of a file that some editor saved: UTF-8, or UTF-16 as Windows editors mark it."""
    from copipe.errors import InputError
    from copipe.texts import line_of

    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", "Check the path.") from None
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"line {line_of(error)}: this is not UTF-8 text", "Save it again as UTF-8.") from None
