"""The commands by heading, in the order of the work. A command's module is imported when the command is used.

The folders of `copipe/cli` are the headings. Each line here is the first line of the command's own help.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is typed, where its function or group is ("module:name" in the folder), and one line of help."""

    name: str
    place: str
    help: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of `copipe --help`, the folder of its commands, and these."""

    title: str
    folder: str
    commands: tuple[Command, ...]


HEADINGS = (
    Heading(
        "Set up",
        "setup",
        (
            Command("init", "init:init", "Make a study folder with commented templates."),
            Command("models", "models:app", "Get and check the models that copipe needs."),
        ),
    ),
    Heading(
        "Transcribe",
        "transcribe",
        (
            Command("run", "run:run", "Do all that is missing or stale, from recordings to reports."),
            Command("transcribe", "transcribe:transcribe", "Turn speech into words with times, offline."),
            Command("diarize", "diarize:diarize", "Find out who spoke when in the recordings."),
        ),
    ),
    Heading(
        "Check",
        "check",
        (
            Command("roles", "roles:app", "Say which voice is which participant."),
            Command("voices", "voices:app", "Manage the voice profiles that recognise participants."),
            Command("listen", "listen:listen", "Play a passage of a recording."),
            Command("correct", "correct:correct", "Correct a transcript: words, speakers, notes."),
            Command("check", "check:check", "Mark a transcript as checked against its recording."),
        ),
    ),
    Heading(
        "Code",
        "code",
        (
            Command("codebook", "codebook.codebook:app", "Check, show, compare, convert and change codebooks."),
            Command("code", "propose:code", "Propose passages for the codes of the codebook."),
            Command("review", "review.review:review", "Decide on proposed passages, one by one."),
            Command("seeds", "seeds:seeds", "Show what the seeds of the codebook find, or try one."),
            Command("suggest", "suggest:suggest", "Suggest seeds and codes from the passages you accepted."),
            Command("agreement", "agreement:agreement", "Measure how far two coders agree."),
            Command("memos", "memos:app", "Write and read memos."),
        ),
    ),
    Heading(
        "Read and share",
        "share",
        (
            Command("report", "report:report", "Write the report of each meeting and the synthesis."),
            Command("find", "find:find", "Find passages and print them with their citations."),
            Command("cite", "cite:cite", "Show the passage of a citation, or the citation of words."),
            Command("export", "export:app", "Make packs for a supervisor or for participants."),
        ),
    ),
    Heading(
        "Protect",
        "protect",
        (
            Command("anonymise", "anonymise:app", "Replace names, and decide on doubtful ones."),
            Command("about", "about:app", "Decide on talk about people who are not in the study."),
            Command("withdraw", "withdraw:withdraw", "Take a participant out of the study."),
            Command("destroy", "destroy:destroy", "Overwrite and delete the recording of a checked meeting."),
            Command("leaks", "leaks:leaks", "Look for names and identifiers outside private/."),
            Command("lock", "lock:lock", "Seal the roster and decisions with a passphrase."),
            Command("unlock", "lock:unlock", "Open what `copipe lock` sealed."),
        ),
    ),
    Heading(
        "Look after",
        "care",
        (
            Command("status", "status:status", "Show how every meeting stands."),
            Command("audit", "audit:app", "Show and verify the audit trail."),
            Command("release", "release:release", "Free a study that another computer holds after a crash."),
        ),
    ),
)

# Old spellings of commands: (old, new). They work for a release, and say the new one.
RENAMED: tuple[tuple[str, str], ...] = ()
