"""`copipe review --out` and `--in`: candidates decided on in a spreadsheet or a web page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copipe.review.candidates import Item, Review
    from copipe.review.verdicts import Plan


def write(sitting: Review, out: Path, items: list[Item], yes: bool) -> None:
    """Write the items to a file; nothing when there are none, or when a file that is there shall stay."""
    from copipe.cli.terminal.display import say
    from copipe.cli.terminal.session import agree
    from copipe.errors import UsageError
    from copipe.exchange.sheets import candidates, review_page
    from copipe.review import verdicts
    from copipe.review.coding import hand_out

    suffix = out.suffix.lower()
    if suffix not in candidates.SUFFIXES_OUT:
        raise UsageError(f"{out.name}: it writes {', '.join(candidates.SUFFIXES_OUT)}.", "Name the file like that.")
    if not items:
        say("Nothing is open here: every candidate is decided. --again writes them as well.")
        return
    if out.exists() and not agree(f"{out} is there, perhaps with verdicts in it. Overwrite it?", yes):
        return
    rows = verdicts.rows(sitting, items)
    codes = [(code.key, code.label) for code in sitting.codes.values() if code.codable and not code.deprecated]

    def put(path: Path) -> None:
        if suffix == ".html":
            title = sitting.context.study.settings.study.title or sitting.context.study.root.name
            review_page.write(path, rows, codes, title)
        else:
            candidates.write(path, rows, [key for key, _ in codes])

    told: dict[str, object] = {"who": sitting.who, "blind": sitting.blind, "passages": len(rows)}
    hand_out(sitting.context, out, put, "review out", told)
    passages = f"{len(rows)} passage{'' if len(rows) == 1 else 's'}"
    back = f"copipe review {f'--as {sitting.who} ' if sitting.blind else ''}--in"
    if suffix == ".html":
        say(f"{passages} in {out}. Open it in a browser, decide and save, then: {back} FILE.json")
    else:
        say(f"{passages} in {out}. Fill in the columns verdict, recode to and memo, then: {back} {out}")


def read(sitting: Review, path: Path, over: bool, yes: bool) -> None:
    """Say what the verdicts of a file would decide, and on a yes decide it."""
    from copipe.cli.terminal.display import say
    from copipe.cli.terminal.session import agree
    from copipe.exchange.sheets import candidates
    from copipe.review import verdicts

    planned = verdicts.plan(sitting, candidates.read(path), over)
    for line in _told(planned, over):
        say(line)
    if not planned.steps:
        say("Nothing new to decide.")
        return
    if agree("Decide this?", yes):
        verdicts.apply(sitting, planned)
        say("Kept. `copipe report` shows what is accepted.")


def _told(planned: Plan, over: bool) -> list[str]:
    lines = []
    if planned.counts:
        lines.append("It would keep: " + ", ".join(f"{n} {what}" for what, n in planned.counts.items()) + ".")
    if planned.same:
        lines.append(f"Already decided in the same way: {planned.same}.")
    if planned.empty:
        lines.append(f"Without a verdict: {planned.empty}. They stay unchanged.")
    for number, how in planned.otherwise[:20]:
        lines.append(f"row {number}: decided since the file was written ({how}). That decision stays.")
    if len(planned.otherwise) > 20:
        lines.append(f"... and {len(planned.otherwise) - 20} more rows that were decided since.")
    if planned.otherwise and not over:
        lines.append("With --over the verdicts of the file count instead.")
    return lines
