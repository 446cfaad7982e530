"""`copipe codebook merge|split|group|rename|undo`: change a codebook in its file, comments and layout kept."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copipe.cli.terminal.session import agree, study_if_any
from copipe.cli.terminal.session import who as deciding

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from copipe.records import Codebook

File = Annotated[
    str, typer.Option("--book", "-b", help="The codebook to change; else the study's.", show_default=False)
]
Why = Annotated[str, typer.Option("--why", help="The reason; kept as a memo.", show_default=False)]
Who = Annotated[str, typer.Option("--who", help="Your initials or role code.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Impact = Annotated[bool, typer.Option("--impact", help="Show first what it adds and drops in all meetings.")]
Rewrite = Annotated[
    bool, typer.Option("--rewrite", help="Write the file anew where its layout cannot be kept; comments are lost.")
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """How a change was asked for."""

    book: str
    why: str
    who: str
    yes: bool
    impact: bool
    rewrite: bool


def register(app: typer.Typer) -> None:
    """Add these commands to `copipe codebook`."""
    for command in (merge, split, group, rename, undo):
        app.command()(command)


def merge(
    what: Annotated[
        list[str],
        typer.Argument(
            help="KEY ... into KEY: codes of one codebook. Or two codebooks, with --out.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the two codebooks are written as one.", show_default=False)
    ] = None,
    prefer: Annotated[
        str, typer.Option("--prefer", help="Of codes in both: first or second.", show_default=False)
    ] = "",
    book: File = "",
    why: Why = "",
    who: Who = "",
    yes: Yes = False,
    impact: Impact = False,
    rewrite: Rewrite = False,
) -> None:
    """Make one code of several, or one codebook of two.

    Codes: seeds, examples and narrower codes move to the one that stays. The keys of the others become its aliases,
    so that decisions about them count for it. Their definitions are kept in its memo.

    Examples:

        copipe codebook merge quarrels disputes into conflict --why "no passage tells them apart"

        copipe codebook merge codebooks/mine.yaml codebooks/hers.yaml --out codebooks/ours.yaml
    """
    from copipe.code.codebook import edit
    from copipe.errors import UsageError

    if out is not None:
        _merge_books(what, out, prefer, yes)
        return
    if len(what) < 3 or what[-2] != "into":
        raise UsageError(
            "Merge what into what?", "`merge KEY KEY into KEY` for codes, `merge A B --out C` for codebooks."
        )
    keys, into = what[:-2], what[-1]
    asked = _Asked(book, why, who, yes, impact, rewrite)
    _change(
        "merge", lambda old: edit.merge_codes(old, keys, into), asked, into, f"Merged {', '.join(keys)} into {into}",
        {"keys": keys, "into": into},
    )  # fmt: skip


def split(
    key: Annotated[str, typer.Argument(help="The code to split.", show_default=False)],
    into: Annotated[list[str], typer.Option("--into", help="KEY or KEY=Label, once for each.", show_default=False)],
    seed: Annotated[
        list[str] | None,
        typer.Option("--seed", help="KEY=SEED: a seed of the old code goes to this one.", show_default=False),
    ] = None,
    instead: Annotated[
        bool, typer.Option("--instead", help="They replace the old code, which is deprecated; else stand under it.")
    ] = False,
    book: File = "",
    why: Why = "",
    who: Who = "",
    yes: Yes = False,
    impact: Impact = False,
    rewrite: Rewrite = False,
) -> None:
    """Make several codes of one.

    The old code keeps its decisions: only a person can say which passage belongs to which new code
    (`copipe review`). The new codes are below it. With --instead they are beside it, and it proposes nothing.

    Example:

        copipe codebook split conflict --into open="Open conflict" --into avoided --seed avoided=resistance
    """
    from copipe.code.codebook import edit

    new = dict(_pair(text) for text in into)
    seeds: dict[str, list[str]] = {}
    for name, value in (_pair(text) for text in seed or []):
        seeds.setdefault(name, []).append(value)
    asked = _Asked(book, why, who, yes, impact, rewrite)
    reason = (why or f"split into {', '.join(new)}") if instead else ""
    _change(
        "split", lambda old: edit.split_code(old, key, new, seeds, reason), asked, key, f"Split {key} into "
        + ", ".join(new), {"key": key, "into": list(new)},
    )  # fmt: skip


def group(
    keys: Annotated[list[str], typer.Argument(help="Codes to put under one category.", show_default=False)],
    under: Annotated[str, typer.Option("--under", help="KEY or KEY=Label; made if there is none.", show_default=False)],
    why: Annotated[str, typer.Option("--why", help="What they have in common; kept as a memo.", show_default=False)],
    book: File = "",
    who: Who = "",
    yes: Yes = False,
    impact: Impact = False,
    rewrite: Rewrite = False,
) -> None:
    """Put codes under a category.

    Decisions about the codes stay. The reason is saved as a memo about the category.

    Example:

        copipe codebook group discharge links --under handing-over="Handing over" --why "both are about the gap between"
    """
    from copipe.code.codebook import edit

    name, label = _pair(under)
    asked = _Asked(book, why, who, yes, impact, rewrite)
    _change(
        "group", lambda old: edit.group_codes(old, keys, name, label), asked, name, f"Put {', '.join(keys)} under "
        + name, {"keys": keys, "under": name},
    )  # fmt: skip


def rename(
    key: Annotated[str, typer.Argument(help="The key a code has.", show_default=False)],
    new: Annotated[str, typer.Argument(help="The key it gets.", show_default=False)],
    book: File = "",
    why: Why = "",
    who: Who = "",
    yes: Yes = False,
    rewrite: Rewrite = False,
) -> None:
    """Give a code another key. The old key becomes an alias, so that decisions stay.

    Example:

        copipe codebook rename capital professional-capital
    """
    from copipe.code.codebook import edit

    asked = _Asked(book, why, who, yes, False, rewrite)
    told = {"key": key, "now": new}
    _change("rename", lambda old: edit.rename_code(old, key, new), asked, new, f"Renamed {key} to {new}", told)


def undo(book: File = "", yes: Yes = False) -> None:
    """Take back the last change that copipe made to a codebook. Repeat it for the one before.

    The present version is kept too, in the folder `.before` beside the file.

    Example:

        copipe codebook undo
    """
    from copipe.cli.terminal.display import say
    from copipe.errors import UsageError
    from copipe.review import codebooks

    study = study_if_any()
    path = codebooks.find(book, study)
    done = codebooks.steps(path)
    if not done:
        raise UsageError(
            f"copipe has changed nothing in {path}.", "Changes made in an editor are the editor's to undo."
        )
    last = done[-1]
    _show_text(path, path.read_text(encoding="utf-8-sig"), last.copy.read_text(encoding="utf-8-sig"))
    if not codebooks.unchanged_since(path, last):
        say(f"The file was changed since: this takes back more than `{last.what}`.", style="yellow")
    if agree(f"Take back `{last.what}` in {path.name}?", yes):
        kept = codebooks.undo(path, last, study)
        say(f"{path.name} is as it was before `{last.what}`. What stood there is {kept}.")


def _pair(text: str) -> tuple[str, str]:
    """Key and value of `KEY=value`; the value may be left out."""
    key, _, value = text.partition("=")
    return key.strip(), value.strip()


def _change(
    verb: str,
    made_of: Callable[[Codebook], Codebook],
    asked: _Asked,
    key: str,
    title: str,
    about: Mapping[str, object],
) -> None:
    """Show what a change does to the codebook, and do it if the researcher agrees.

    `made_of` gives the new codebook of the old; `key` is the code that a reason is a memo about.
    """
    from copipe.cli.code.codebook import view
    from copipe.cli.terminal.display import say
    from copipe.code.codebook import diff
    from copipe.review import codebooks

    study = study_if_any()
    path = codebooks.find(asked.book, study)
    _require_changeable(path)
    who = deciding(asked.who)
    old, _ = codebooks.read(path)
    new = made_of(old)
    before = path.read_bytes()
    new, after = _text(path, before, old, new, asked, key, study is None)
    changes = diff.compare(old, new)
    if not changes:
        say("That is so already; nothing to change.")
        return
    view.show_changes(changes, diff.of_book(old, new), new)
    _show_text(path, before.decode("utf-8-sig"), after.decode("utf-8-sig"))
    if asked.impact and study is not None:
        view.show_impact(view.impact_of(study, path, old, new, 3), new)
    if not agree(f"Change {path.name}?", asked.yes):
        return
    copy = codebooks.change(path, after, verb, about, study, before)
    say(f"{path.name} is changed. `copipe codebook undo` takes it back; the file as it was is {copy}.")
    if asked.why and study is not None:
        memo = codebooks.keep_reason(study, key, title, asked.why, who)
        say(f"The reason is kept in {memo}.")


def _text(
    path: Path, before: bytes, old: Codebook, new: Codebook, asked: _Asked, key: str, alone: bool
) -> tuple[Codebook, bytes]:
    """The new codebook and its file. Outside of a study (`alone`) a reason has no place but the memo of the code."""
    from dataclasses import replace

    from copipe.code.codebook import codebook, writing
    from copipe.code.codebook import text as codebook_text

    if asked.why and alone:
        codes = [replace(c, memo=f"{c.memo}\n{asked.why}".strip()) if c.key == key else c for c in new.codes]
        new = codebook.with_codes(new, codes)
    try:
        return new, codebook_text.rewrite(before, old, new, path)
    except codebook_text.LayoutError:
        _require_own(path, old, new)
        if not asked.rewrite:
            raise
        return new, writing.to_yaml(new).encode()


def _require_own(path: Path, old: Codebook, new: Codebook) -> None:
    """UsageError where a change is about a code that stands in an included file."""
    from copipe.code.codebook import codebook, diff
    from copipe.errors import UsageError

    elsewhere = {key: place.file for key, place in codebook.places(path).items() if place.file}
    for change in diff.compare(old, new):
        for key in (change.key, *change.origins):
            if key in elsewhere:
                raise UsageError(f"{key} stands in {elsewhere[key]}, which {path.name} includes.", "Change it there.")


def _require_changeable(path: Path) -> None:
    from copipe.errors import UsageError
    from copipe.review import codebooks

    if codebooks.is_shipped(path):
        raise UsageError(
            f"{path.stem} belongs to copipe.",
            f"`copipe codebook new codebooks/{path.name} --from {path.stem}` makes a copy of your own.",
        )
    if path.suffix.lower() not in codebooks.YAML:
        raise UsageError(f"{path} is not YAML.", f"`copipe codebook convert {path} {path.with_suffix('.yaml')}` first.")


def _show_text(path: Path, before: str, after: str) -> None:
    """The lines of a file that change."""
    from copipe.cli.terminal.display import say

    styles = {"+": "green", "-": "red", "@": "dim"}
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), path.name, path.name, lineterm="", n=1)
    for line in list(lines)[2:]:
        say("  " + line, style=styles.get(line[:1], "dim"))


def _merge_books(named: list[str], out: Path, prefer: str, yes: bool) -> None:
    from copipe.cli.code.codebook import view
    from copipe.cli.terminal.display import say
    from copipe.code.codebook import diff, edit
    from copipe.errors import UsageError
    from copipe.files import write_file
    from copipe.review import codebooks

    if len(named) != 2 or prefer not in ("", "first", "second"):
        raise UsageError("Two codebooks are merged into one.", "`merge A B --out C`, perhaps with --prefer first.")
    if out.exists():
        raise UsageError(f"{out} exists. Nothing was overwritten.", "Choose another name.")
    study = study_if_any()
    one, other = (codebooks.read(codebooks.find(name, study))[0] for name in named)
    both = edit.merge_books(one, other, prefer)
    text, lost = codebooks.text_of(both, out.suffix)
    view.show_changes(diff.compare(one, both), diff.of_book(one, both), both)
    if agree(f"Write {out}?", yes):
        write_file(out, text)
        say(f"{out}: {len(both.codes)} codes." + (f" It has no place for {', '.join(lost)}." if lost else ""))
