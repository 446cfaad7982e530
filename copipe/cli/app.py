"""The program: its commands, and the one place where an error ends it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from copipe import __version__
from copipe.cli.terminal.headings import Program
from copipe.cli.terminal.session import asked
from copipe.cli.terminal.visible import any_encoding, tell

INTERRUPTED = 130
app = typer.Typer(
    name="copipe",
    cls=Program,
    help="From recordings of a group that meets again and again to cited, role-coded, anonymous reports, offline.",
    epilog="A study in four commands: copipe init my-study; cd my-study; copipe models pull; copipe run",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"copipe {__version__}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    study: Annotated[
        Path | None,
        typer.Option("-s", "--study", help="The study folder; else this folder or one above it.", show_default=False),
    ] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show the log as well.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Options that stand before the command."""
    asked.study = study
    asked.verbose = verbose
    from copipe import holding

    holding.begin(ctx.invoked_subcommand or "", lambda said: tell(said, error=True))
    if verbose:
        from copipe.cli.terminal.logs import show_log

        show_log()


def main() -> None:
    """Run the command line and end the program: the one error boundary."""
    any_encoding()
    sys.exit(_code())


def _code() -> int:
    from copipe import network
    from copipe.errors import CopipeError, cannot_reach

    network.guard()
    try:
        code = app(standalone_mode=False)  # Typer gives the code of an Exit back as a value, also after Ctrl-C
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        return _swallowed() or (code if isinstance(code, int) else 0)
    except CopipeError as error:
        _say(error.message, error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        _say("Interrupted. Finished work is kept.", "Run the same command again. It continues where it stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        return 0
    except OSError as error:
        _say(*cannot_reach(error))
        return 4
    except Exception as error:
        return _other(error)


def _swallowed() -> int:
    """1 where a library tried to connect and kept the refusal to itself; what was asked for is done."""
    from copipe import network

    if hosts := network.refused():
        _say(
            f"Done. But something tried to open a connection to {', '.join(hosts)}. copipe refused it.",
            "Please report this: it should not happen. No data left this computer.",
        )
    return int(bool(hosts))


def _other(error: Exception) -> int:
    """Typer's own complaints are about usage; anything else is a bug, told by place and never with values."""
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        message = error.format_message()
        if message.startswith("Usage:"):  # a group of commands called without one shows its help
            tell(message, error=True)
        elif message:
            _say(message, "`copipe --help` lists the commands. `copipe COMMAND --help` explains one.")
        return 2
    if type(error).__name__ == "Abort":
        _say("Stopped. Nothing else was changed.", "")
        return INTERRUPTED
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    _say(f"A bug in copipe: {type(error).__name__} at {place}.", "Please report this line. Finished work is kept.")
    if asked.verbose:
        for frame in traceback.extract_tb(error.__traceback__):
            print(f"  {frame.filename}:{frame.lineno} in {frame.name}", file=sys.stderr)
    return 1


def _say(message: str, hint: str) -> None:
    tell(f"copipe: {message}", error=True)
    if hint:
        tell(f"  {hint}", error=True)
