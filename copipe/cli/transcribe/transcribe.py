"""`copipe transcribe`: meetings of the study, or any files and folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import asked, keep_raw_private, open_study

if TYPE_CHECKING:
    from copipe.study.settings import Settings
    from copipe.study.study import Study


def transcribe(
    what: Annotated[
        list[str] | None,
        typer.Argument(help="Meetings of the study, audio or video files, or folders of them.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Folder for transcripts of files. Without it: transcripts/, in a study private/transcribed/.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[str, typer.Option(help="faster-whisper or openai-whisper.", show_default=False)] = "",
    model: Annotated[
        str, typer.Option(help="A model that `copipe models list` names, or a path.", show_default=False)
    ] = "",
    language: Annotated[
        str, typer.Option(help='Two-letter code of the language, or "detect".', show_default=False)
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Transcribe again, even what is up to date (meetings only).")
    ] = False,
) -> None:
    """Turn speech into words with times, offline.

    Without arguments: all meetings of the study. If interrupted, it continues where it stopped. A file that cannot be
    used is reported, and the others are done. Passages that look invented (loops, text in silence) are marked, not
    deleted.

    Examples:

      copipe transcribe 2010-02

      copipe transcribe interview.m4a recordings/ --out transcripts --language de --model base
    """
    from copipe.errors import UsageError

    study = _study_or_none()
    files = [Path(w) for w in what or [] if _is_file(study, w)]
    codes = [w for w in what or [] if not _is_file(study, w)]
    if study is None and (codes or not files):
        missing = ", ".join(codes)
        raise UsageError(
            f"No such file or folder: {missing}."
            if codes
            else "Nothing to transcribe: no file given, and no study here.",
            "Give audio files or folders, or go to a study folder (copipe -s DIR transcribe MEETING).",
        )
    settings = _with(study.settings if study else _defaults(), engine, model, language)
    if codes or not files:
        assert study is not None
        from dataclasses import replace

        from copipe.cli.terminal.stages import bring_up_to_date

        meetings = [study.meeting(c) for c in codes] or list(study.meetings)
        bring_up_to_date(replace(study, settings=settings), meetings, ("words",), again=again)
    if files:
        folder = out or (study.private / "transcribed" if study else Path("transcripts"))
        if study is not None:
            keep_raw_private(study, folder)
        _files(files, folder, settings)


def _files(files: list[Path], out: Path, settings: Settings) -> None:
    from copipe.cli.terminal.display import bar, clock, say
    from copipe.errors import PartialFailureError
    from copipe.pipeline.loose_files import gather, transcribe_files

    with bar() as on_tick:
        done, failures = transcribe_files(gather(files), out, settings, on_tick)
    for file in done:
        said = f"{file.path.name}: {clock(file.duration)}, {file.words} words"
        said += f", {file.suspect} suspect passage{'s' * (file.suspect > 1)} to check" if file.suspect else ""
        say(f"{said} -> {file.written[0]}")
        if file.warning:
            say(f"    {file.warning}", "yellow")
    for failure in failures:
        say(f"{failure.meeting}: {failure.message}", "red")
        if failure.hint:
            say(f"    {failure.hint}")
    if done:
        say(f"These transcripts hold names and raw speech: keep {out} private.")
    if failures:
        raise PartialFailureError(f"{len(failures)} of {len(done) + len(failures)} files failed; the others are done.")


def _study_or_none() -> Study | None:
    from copipe.errors import UsageError
    from copipe.study.study import find

    if asked.study is None:
        try:
            find(Path.cwd())
        except UsageError:
            return None
    return open_study()


def _is_file(study: Study | None, what: str) -> bool:
    if study and any(m.code == what for m in study.meetings):
        return False
    return Path(what).exists() or "/" in what or "\\" in what or "." in Path(what).name


def _defaults() -> Settings:
    from copipe.study.settings import defaults

    return defaults()


def _with(settings: Settings, engine: str, model: str, language: str) -> Settings:
    changed = {k: v for k, v in (("engine", engine), ("model", model)) if v}
    transcribing = settings.transcribe.model_copy(update=changed)
    study = settings.study.model_copy(update={"language": "" if language == "detect" else language} if language else {})
    return settings.model_copy(update={"transcribe": transcribing, "study": study})
