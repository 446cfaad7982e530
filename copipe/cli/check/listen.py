"""`copipe listen`: a passage by ear."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import open_study

if TYPE_CHECKING:
    from pathlib import Path

    from copipe.study.study import Meeting, Study

# What plays a WAV file and then ends, as it may be called on Linux, macOS and Windows.
PLAYERS = (
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
    ("mpv", "--no-video", "--really-quiet"),
    ("afplay",),
    ("paplay",),
    ("aplay", "-q"),
)


def listen(
    meeting: Annotated[str, typer.Argument(help="The meeting.")],
    place: Annotated[
        list[str], typer.Argument(help='A time (0:12:30), a word (000123) for its turn, or "p. 7, ll. 12-18".')
    ],
    length: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            help="Seconds to play. Without it: the whole passage, or 15 seconds from a time.",
            min=0.1,
            max=120,
        ),
    ] = None,
    save: Annotated[bool, typer.Option("--save", help="Write a clip instead of playing it.")] = False,
) -> None:
    """Play a passage of a recording.

    Where no player is found, a short clip is written into private/, and the command says where.

    Examples:

      copipe listen 2010-02 0:41:07

      copipe listen 2010-02 p. 7, ll. 12-18

      copipe listen 2010-02 000123 --seconds 5
    """
    from copipe.errors import UsageError
    from copipe.review import passages

    study = open_study()
    found = study.meeting(meeting)
    said = " ".join(place)
    if passages.is_time(said):
        start = passages.seconds(said)
        end = start + (length or 15.0)
    else:
        passage = passages.find(study, found, said)
        if passage.start is None or passage.end is None:
            raise UsageError(f"{meeting}: this passage has no time, because it has no recording.")
        start, end = passage.start, passage.end if length is None else passage.start + length
    hear(study, found, start, end, save)


def hear(study: Study, meeting: Meeting, start: float, end: float, save: bool = False) -> None:
    """Play the recording from `start` to `end` (seconds), or say where a clip of it lies."""
    from copipe.cli.terminal.display import err, say
    from copipe.review import passages

    clip = passages.clip(study, meeting, start, end)
    if not save and _play(clip):
        clip.unlink(missing_ok=True)
        return
    if not save:
        err.print("No player found (ffplay, mpv, afplay, paplay, aplay).")
    say(f"{clip} holds this passage. It is raw speech: delete it after listening.")


def _play(clip: Path) -> bool:
    """True when something has played it to the end, or was handed it."""
    for name, *options in PLAYERS:
        if command := shutil.which(name):
            try:
                done = subprocess.run(
                    [command, *options, str(clip)], stdin=subprocess.DEVNULL, capture_output=True, check=False
                )
            except OSError:
                continue
            if done.returncode == 0:
                return True
    if sys.platform == "win32" and hasattr(os, "startfile"):
        import winsound

        winsound.PlaySound(str(clip), winsound.SND_FILENAME)
        return True
    return False
