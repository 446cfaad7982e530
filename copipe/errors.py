"""The exception tree of copipe, with the exit code of each branch.

    CopipeError              1   something copipe can say and cannot do
    ├── UsageError           2   the command was called wrongly
    ├── ConfigError          3   a file the researcher wrote: names the file, line and key
    ├── InputError           4   a recording, transcript or text that cannot be used
    ├── MissingModelError    5   a model or an engine that is not here: names the command that gets it
    └── PartialFailureError  6   some meetings failed and the rest are done

Anything else that escapes is a bug (exit code 1); an interruption is 130. Messages carry ids, paths and times, never
speech. Only ``copipe.cli.app`` catches these to end the program.
"""


class CopipeError(Exception):
    """What went wrong, and in `hint` what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def cannot_reach(error: OSError) -> tuple[str, str]:
    """Message and hint for a file or folder that could not be read or written."""
    where = error.filename or "a file"
    return (
        f"{where}: {error.strerror or type(error).__name__}.",
        "Check that the disk is there and not full, and that you may write to the study folder.",
    )


class UsageError(CopipeError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class ConfigError(CopipeError):
    """A settings file, participants, meetings or codebook file is wrong."""

    exit_code = 3


class InputError(CopipeError):
    """A recording, transcript or other source cannot be used."""

    exit_code = 4


class MissingModelError(CopipeError):
    """A model or an engine that a stage needs is not on this machine."""

    exit_code = 5


class PartialFailureError(CopipeError):
    """Some meetings failed; what could be done is done."""

    exit_code = 6
