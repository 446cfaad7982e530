"""`copipe codebook`: look at a codebook, compare two, carry one into another program, begin a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.code.codebook import edit as codebook_edit
from copipe.cli.terminal.headings import Group
from copipe.cli.terminal.visible import tell_json

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from copipe.records import Code, Codebook
    from copipe.study.study import Study

app = typer.Typer(cls=Group, help="Check, show, compare, convert and change codebooks.", no_args_is_help=True)

Book = Annotated[
    str,
    typer.Argument(
        help="A codebook: a file, or the name of one that comes with copipe. Without it, the study's.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="For a script.")]


@app.command()
def check(
    book: Book = "",
    examples: Annotated[
        bool, typer.Option("--examples", help="Try the seeds on the codebook's own examples and counter-examples.")
    ] = False,
) -> None:
    """Check a codebook and list every problem with its line.

    Inside a study it also names roles that a code is limited to but nobody has.

    Examples:

        copipe codebook check codebooks/leadership.yaml

        copipe codebook check leadership --examples
    """
    from copipe.cli.terminal.display import say
    from copipe.cli.terminal.session import study_if_any
    from copipe.code.codebook import codebook
    from copipe.review import codebooks

    study = study_if_any()
    found, left_out = codebooks.read(codebooks.find(book, study))
    seeds = sum(len(code.seeds) for code in found.codes)
    say(f"{found.name}: {_count(len(found.codes), 'code')}, {_count(seeds, 'seed')}, no problems")
    for note in (*left_out, *codebook.remarks(found), *_strangers(found, study)):
        say(f"  {note}")
    if examples:
        _try(found, study)


def _try(book: Codebook, study: Study | None) -> None:
    """Say which examples no seed finds, and which counter-examples one hits."""
    from copipe.cli.terminal.display import say
    from copipe.code.propose.trial import trial
    from copipe.study import settings

    found = trial(book, (study.settings if study else settings.defaults()).code)
    for one in found:
        why = (
            "no seed finds the example" if one.kind == "missed" else f"{', '.join(one.seeds)} hits the counter-example"
        )
        say(f'  {one.code}: {why} "{one.text}"')
    tried = sum(len(code.examples) + len(code.counter_examples) for code in book.codes if code.seeds)
    say(f"{_count(tried, 'example')} tried, {_count(len(found), 'surprise')}.")


def _strangers(book: Codebook, study: Study | None) -> list[str]:
    """Roles to which a code is limited and that nobody in the study has."""
    if study is None:
        return []
    known = study.codes
    return [
        f"{code.key} is only for {role}, but nobody in the study has that role"
        for code in book.codes
        for role in code.roles
        if role not in known
    ]


@app.command()
def show(
    book: Book = "",
    code: Annotated[
        list[str] | None, typer.Option("--code", "-c", help="Only this code, with all that it says.")
    ] = None,
    json: Json = False,
) -> None:
    """Print a codebook as a tree: keys, labels, definitions and how many seeds each code has.

    Examples:

        copipe codebook show codebooks/leadership.yaml

        copipe codebook show denning --code sharing-knowledge
    """
    from rich.tree import Tree

    from copipe.cli.terminal.display import console, say
    from copipe.cli.terminal.session import study_if_any
    from copipe.code.codebook import edit, writing
    from copipe.review import codebooks

    found, _ = codebooks.read(codebooks.find(book, study_if_any()))
    edit.require(found, *(code or []))
    shown = [c for c in found.codes if c.key in code] if code else list(found.codes)
    if json:
        _print_json(found, shown)
        return
    if code:
        for one in shown:
            say("\n".join(writing.code_lines(one, 0, nested=False)))
        return
    title = _plain(found.name, "bold")
    for text in (found.description, found.source and f"Source: {found.source}"):
        if text:
            title.append(f"\n{' '.join(text.split())}", style="dim not bold")
    tree = Tree(title)
    _grow(tree, found, "")
    console.print(tree)
    for some in found.sets:
        say(f"Set {some.name}: {', '.join(some.codes)}")


def _print_json(book: Codebook, codes: list[Code]) -> None:

    from copipe.code.codebook.codebook import code_hash
    from copipe.study import code_fields

    told = {
        "name": book.name,
        "hash": book.hash,
        "codes": [{"key": c.key, **code_fields.plain(c), "label": c.label, "hash": code_hash(c)} for c in codes],
        "sets": [{"name": s.name, "codes": list(s.codes)} for s in book.sets],
    }
    tell_json(told)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A codebook.", show_default=False)],
    new: Annotated[str, typer.Argument(help="Another. Without it, OLD is the study's, and this the new one.")] = "",
    impact: Annotated[
        bool, typer.Option("--impact", help="Also what the change adds and drops in all meetings of the study.")
    ] = False,
    citations: Annotated[int, typer.Option("--citations", "-n", min=0, help="Passages shown for each code.")] = 3,
    json: Json = False,
) -> None:
    """Show what differs between two codebooks, code by code, whatever their format.

    With --impact it also shows what the second one proposes in the meetings of this study that the first does not, and
    the other way round. Nothing is written.

    Examples:

        copipe codebook diff codebooks/leadership.yaml codebooks/second.yaml

        copipe codebook diff codebooks/second.yaml --impact
    """
    from copipe.cli.code.codebook import view
    from copipe.cli.terminal.session import open_study, study_if_any
    from copipe.code.codebook import diff as codebook_diff
    from copipe.review import codebooks

    study = open_study() if impact or not new else study_if_any()
    first, second = (old, new) if new else ("", old)
    one, two = (codebooks.read(codebooks.find(name, study))[0] for name in (first, second))
    changes, of_book = codebook_diff.compare(one, two), codebook_diff.of_book(one, two)
    found = view.impact_of(study, codebooks.find(first, study), one, two, citations) if impact and study else None
    if json:
        view.print_json(changes, of_book, found)
        return
    view.show_changes(changes, of_book, two)
    if found is not None:
        view.show_impact(found, two)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="A codebook: .yaml, .qdc (REFI-QDA) or .csv.", show_default=False)],
    target: Annotated[Path, typer.Argument(help="The file to write; its suffix says how.", show_default=False)],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Convert a codebook: YAML, REFI-QDA .qdc (ATLAS.ti, MAXQDA, NVivo, QDA Miner, Taguette), CSV.

    A .qdc file has no field for seeds and some others. They are below a line "-- copipe --" at the end of each
    description, and are read back from there. What cannot be converted at all is listed.

    Examples:

        copipe codebook convert codebooks/leadership.yaml leadership.qdc

        copipe codebook convert from-nvivo.qdc codebooks/from-nvivo.yaml
    """
    from copipe.cli.terminal.display import say
    from copipe.cli.terminal.session import study_if_any
    from copipe.errors import UsageError
    from copipe.files import write_file
    from copipe.pipeline import gate
    from copipe.pipeline.context import Context
    from copipe.review import codebooks

    study = study_if_any()
    path = codebooks.find(source, study)
    found, left_out = codebooks.read(path)
    text, lost = codebooks.text_of(found, target.suffix)
    if study is not None:
        gate.check_text(Context(study), text, target.name)
    if target.exists() and not overwrite:
        raise UsageError(f"{target} exists.", "--overwrite replaces it.")
    write_file(target, text)
    say(f"{target}: {_count(len(found.codes), 'code')}" + (f", {_count(len(found.sets), 'set')}" if found.sets else ""))
    for note in left_out:
        say(f"  {path.name}, {note}")
    if lost:
        say(f"  A {target.suffix} file cannot hold {', '.join(lost)}. Keep the original.")
    if path.suffix in codebooks.YAML and target.suffix in codebooks.YAML:
        say("  Included codes are now part of it. Comments stay in the original only.")


@app.command()
def new(
    target: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    like: Annotated[
        str, typer.Option("--from", help="Begin with a copy of this one; copipe ships denning, leadership, nickols.")
    ] = "",
) -> None:
    """Make a new codebook: a commented template, or a copy of another one.

    Examples:

        copipe codebook new codebooks/mine.yaml

        copipe codebook new codebooks/stories.yaml --from denning
    """
    from copipe import resources
    from copipe.cli.terminal.display import say
    from copipe.cli.terminal.session import study_if_any
    from copipe.errors import UsageError
    from copipe.files import write_file
    from copipe.review import codebooks

    if target.suffix.lower() not in codebooks.YAML:
        raise UsageError(
            f"{target}: a codebook must be a YAML file (.yaml).", f"{target.with_suffix('.yaml')}, perhaps?"
        )
    if target.exists():
        raise UsageError(f"{target} exists. Nothing was overwritten.", "Choose another name.")
    source = codebooks.find(like, study_if_any()) if like else resources.shipped("templates") / "codebook.yaml"
    found, _ = codebooks.read(source)
    copied = source.suffix.lower() in codebooks.YAML
    write_file(target, source.read_text(encoding="utf-8-sig") if copied else codebooks.text_of(found, ".yaml")[0])
    say(f"{target}: {_count(len(found.codes), 'code')} to begin with. `copipe codebook check {target}` checks it.")


codebook_edit.register(app)


def _grow(tree: Tree, book: Codebook, parent: str) -> None:
    for code in book.codes:
        if code.parent == parent:
            _grow(tree.add(_line(code)), book, code.key)


def _line(code: Code) -> Text:
    line = _plain(code.key, "bold cyan").append(f"  {code.label}", style="default not bold")
    limits = [f"only {', '.join(some)}" for some in (code.roles, code.kinds) if some]
    limits += [f"by the {code.unit}"] if code.unit else []
    for told in ([_count(len(code.seeds), "seed")] if code.seeds else []) + limits:
        line.append(f"  {told}", style="dim not bold default")
    if code.deprecated:
        instead = f"; use {', '.join(code.replaced_by)}" if code.replaced_by else ""
        line.append(f"\ndeprecated: {code.deprecated}{instead}", style="yellow not bold")
    for lead, text in (("", code.definition), ("Use: ", code.include), ("Not: ", code.exclude)):
        if text:
            line.append(f"\n{lead}{' '.join(text.split())}", style="dim not bold default")
    return line


def _plain(text: str, style: str) -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
