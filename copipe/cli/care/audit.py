"""`copipe audit`: the trail of what was done and decided, as a table and verified."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from copipe.cli.terminal.headings import Group
from copipe.cli.terminal.session import open_study
from copipe.cli.terminal.visible import tell, tell_json, visible

if TYPE_CHECKING:
    from copipe.study.audit import Entry
    from copipe.study.study import Study

app = typer.Typer(
    cls=Group,
    help="Show and verify the audit trail.\n\nIt records what was done and decided. The table is for an appendix.",
)
HEADS = ("when", "what", "meeting", "who", "with what")
LAST = ("key", "digest", "sha256")  # what only a machine compares
MADE = ("run", "publish")  # what the program does, and nobody decides
SHORT = 12  # hex digits of a checksum that a table shows; --json and the trail have all of them


@app.callback(invoke_without_command=True)
def table(
    context: typer.Context,
    meeting: Annotated[
        list[str] | None, typer.Option("-m", "--meeting", help="Only entries of this meeting. Repeat it for more.")
    ] = None,
    what: Annotated[
        list[str] | None,
        typer.Option("--what", help='Only this kind of entry ("run", "check" ...). Repeat it for more.'),
    ] = None,
    since: Annotated[str, typer.Option("--since", help="From this date on, for example 2026-02-17.")] = "",
    until: Annotated[str, typer.Option("--until", help="Up to and including this date.")] = "",
    short: Annotated[
        bool, typer.Option("--short", help="Sum up consecutive entries of the program in one line.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a Markdown table.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, for a spreadsheet.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON with every entry, for a script.")] = False,
) -> None:
    """Show the audit trail: when, what, which meeting, who, with which models and options. No speech and no names.

    Examples:

      copipe audit --meeting 2010-02

      copipe audit --short --markdown > appendix.md

      copipe audit verify
    """
    if context.invoked_subcommand is not None:
        return
    from copipe.errors import UsageError
    from copipe.study import audit

    if markdown + csv + json > 1:
        raise UsageError("Use only one of --markdown, --csv and --json.")
    if short and json:
        raise UsageError("--json has every entry. --short is for the table.")
    for option, day in (("--since", since), ("--until", until)):
        _check_day(option, day)
    entries = [
        entry
        for entry in audit.read(open_study().root / "audit.jsonl")
        if (not meeting or entry.meeting in meeting)
        and (not what or entry.what in what)
        and (not since or entry.when[:10] >= since)
        and (not until or entry.when[:10] <= until)
    ]
    if json:
        rows = [{"line": e.number, "when": e.when, "what": e.what, "about": e.about} for e in entries]
        tell_json(rows)
    elif csv:
        import csv as writing
        import sys

        written = writing.writer(sys.stdout, lineterminator="\n")
        written.writerow(HEADS)
        written.writerows(map(_safe, _rows(entries, short)))
    elif markdown:
        _print_markdown(_rows(entries, short))
    else:
        _show(_rows(entries, short))


@app.command()
def verify(
    trail_only: Annotated[
        bool, typer.Option("--trail-only", help="Check only the audit trail, not the artifacts and reports.")
    ] = False,
) -> None:
    """Check that the audit trail is intact, and that artifacts and decisions are unchanged.

    Each line names the digest of the one before it, and private/ keeps a copy of every digest. Somebody who can write
    in the study folder could forge both. To notice that, keep the last digest, which is printed at the end, elsewhere
    (with your supervisor, in an e-mail to yourself). Then the artifacts of every meeting are compared with the audit
    trail. An edited report is named, and is not an error.

    Examples:

      copipe audit verify

      copipe audit verify --trail-only
    """
    from copipe.cli.terminal.display import say
    from copipe.errors import CopipeError
    from copipe.study import audit

    study = open_study()
    trail = study.root / "audit.jsonl"
    found = audit.verify(trail)
    if found.broken is not None:
        before = "The lines before it are unchanged. " if found.broken > 1 and found.lines else ""
        raise CopipeError(
            f"{trail}, line {found.broken}: {found.why}.",
            f"{before}Compare the file with a backup. Do not edit it.",
        )
    if not found.lines:
        if study.work.is_dir() and any(study.work.iterdir()):
            raise CopipeError(f"{trail} is missing, but work/ holds artifacts.", "Restore the trail from a backup.")
        say("There is no audit trail yet. The first `copipe run` begins it.")
        return
    if not found.witnessed and study.private.is_dir():
        raise CopipeError(
            f"The lines of {trail} are consistent, but the copy in private/ that confirms them is missing. Without it "
            "a forged trail would not show.",
            "Restore private/audit-heads.jsonl from a backup, or compare the last digest with a copy that somebody "
            f"else keeps: {audit.head(trail)}",
        )
    last = audit.head(trail)
    made = "" if trail_only else _verify_made(study)
    some = "each" if found.witnessed == found.lines else f"{found.witnessed} of them"
    entries = "1 entry" if found.lines == 1 else f"{found.lines} entries"
    say(f"Audit trail intact: {entries}, {some} confirmed by the copy in private/.{made}")
    say(f"Last digest: {last}")


def _verify_made(study: Study) -> str:
    """What is unchanged, in a sentence or two. CopipeError where an artifact or a decision has changed."""
    from copipe import verify as verifying
    from copipe.cli.terminal.display import say
    from copipe.errors import CopipeError
    from copipe.pipeline.context import Context
    from copipe.report.markdown import count

    def shown(paths: tuple[Path, ...]) -> str:
        return "\n  ".join(["", *(p.relative_to(study.root).as_posix() for p in paths)])

    found = verifying.look(Context(study))
    if found.untold:
        say(f"The audit trail has no entry for these artifacts:{shown(found.untold)}", "yellow")
    if found.missing:
        say(f"Missing; `copipe run` makes again what can be made:{shown(found.missing)}", "yellow")
    if found.edited:
        say(f"Edited since publication:{shown(found.edited)}", "yellow")
    if found.deleted:
        say(f"Deleted from reports/; `copipe run` writes them again:{shown(found.deleted)}", "yellow")
    if found.strangers:
        say(f"Not published by copipe:{shown(found.strangers)}", "yellow")
    if found.changed:
        raise CopipeError(
            f"Changed since they were made (their digests differ from the audit trail):{shown(found.changed)}",
            "The disk is damaged, or somebody edited them. Restore these folders from a backup. Without one, move "
            "them out of "
            "the study: `copipe run` makes again whatever still has its source.",
        )
    if found.decided:
        told = "\n  ".join(["", *(f"{p.relative_to(study.root).as_posix()}: {n}" for p, n in found.decided)])
        raise CopipeError(
            f"Changed decisions (how many in each file):{told}",
            "Somebody edited the file. Commands only add decisions, or take them back. Compare it with a backup.",
        )
    good = found.artifacts - len(found.untold)
    reports = found.reports - len(found.edited)
    published = f" {count(reports, 'file')} in reports/ unchanged." if reports else ""
    return f" {count(good, 'artifact')} unchanged.{published}"


def _check_day(option: str, day: str) -> None:
    from datetime import date

    from copipe.errors import UsageError

    try:
        date.fromisoformat(day or "2010-02-17")
    except ValueError:
        raise UsageError(f"{option} {day}: is not a date.", "Write it like 2026-02-17.") from None


def _rows(entries: list[Entry], short: bool) -> list[tuple[str, ...]]:
    if not short:
        return list(map(_row, entries))
    from itertools import groupby

    rows: list[tuple[str, ...]] = []
    for summed, together in groupby(entries, key=lambda e: e.what in MADE):
        run = list(together)
        rows += [_summed(run)] if summed else map(_row, run)
    return rows


def _summed(entries: list[Entry]) -> tuple[str, ...]:
    """One line for what the program did without anybody deciding in between."""
    from collections import Counter

    from copipe.report.markdown import count

    made = Counter(str(e.about.get("stage", "")) for e in entries if e.what == "run")
    told = [", ".join(f"{stage} ({n})" for stage, n in made.items())] if made else []
    files = sum(len(e.about.get("sha256", ())) for e in entries if e.what == "publish")
    told += [f"published {count(files, 'file')}"] if files else []
    whole = {str(e.about.get("with", {}).get("copipe", "")) for e in entries if e.what == "run"} - {""}
    told += [f"copipe {', '.join(sorted(whole))}"] if whole else []
    meetings = sorted({e.meeting for e in entries if e.meeting and not e.meeting.startswith("_")})
    return _row(entries[0])[0], "run", ", ".join(meetings), "", "; ".join(told)


def _row(entry: Entry) -> tuple[str, ...]:
    rest = {k: v for k, v in entry.about.items() if k not in ("meeting", "who")}
    rest = {k: rest[k] for k in sorted(rest, key=lambda k: (k in LAST, k != "stage"))}
    when = entry.when.replace("T", " ")[:16]
    return when, entry.what, entry.meeting, entry.who, _plain(rest)


def _plain(value: object) -> str:
    """What an entry says besides, as a person reads it."""
    if isinstance(value, Mapping):
        pairs: Mapping[str, Any] = value
        return "; ".join(f"{key}: {_plain(inner)}" for key, inner in pairs.items() if inner not in ("", [], {}, None))
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    text = str(value)
    is_digest = len(text) == 64 and all(sign in "0123456789abcdef" for sign in text)
    return text[:SHORT] if is_digest else " ".join(text.split())


def _safe(row: tuple[str, ...]) -> tuple[str, ...]:
    """Cells that no spreadsheet takes for a formula."""
    return tuple(f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in map(visible, row))


def _print_markdown(rows: list[tuple[str, ...]]) -> None:
    from copipe.report.markdown import escape
    from copipe.report.markdown import table as drawn

    tell(drawn(HEADS, [[escape(cell) for cell in row] for row in rows]))


def _show(rows: list[tuple[str, ...]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from copipe.cli.terminal.display import console, say

    if not rows:
        say("The audit trail has no such entry.")
        return
    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for head in HEADS:
        shown.add_column(head, no_wrap=head in ("when", "meeting", "who"), overflow="fold")
    for row in rows:
        shown.add_row(*map(escape, row))
    console.print(shown)
