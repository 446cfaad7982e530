"""The gate: the last look at what is about to be handed on, by the one step that may read the roster and the words.

Whatever is to lie outside private/ is first written to a folder under private/ and comes through here. A name, or
anything else that identifies somebody, and a quotation that is not what was said stop all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.anonymise.leaks.scan import Finder, Leak, Look, Watch, found, hide, look
from copipe.anonymise.recognise import identifiers
from copipe.errors import CopipeError, MissingModelError
from copipe.pipeline.context import Context

if TYPE_CHECKING:
    from copipe.report.view import MeetingView

STANDS = "and the last good report stays"
SHOWN = 5  # places that a message names
# What kinds are called where a person reads of them.
WORDS = {
    "people": "a name of the roster",
    "others": "a name of the roster",
    "places": "a place of the roster",
    "organisations": "an organisation of the roster",
    "nhs-number": "an NHS number",
    "ni-number": "a National Insurance number",
    "postcode": "a postcode",
    "phone": "a telephone number",
    "email": "an e-mail address",
}


def watch(context: Context) -> Watch:
    """What this study looks for before it hands anything on. Needs no model, and takes mis-hearings too with one."""
    codes = frozenset(context.study.codes)
    return Watch(context.roster, _near(context), lambda text: identifiers.find(text, codes))


def _near(context: Context) -> Finder | None:
    """What is surely a mis-hearing of a name; None where there is no dictionary to tell it from a word."""
    from copipe.anonymise.roster.misspellings import fuzzy
    from copipe.anonymise.roster.pseudonyms import key
    from copipe.pipeline import names

    try:
        rules = names.rules(context)
    except MissingModelError:
        return None
    compiled = fuzzy(rules.roster, rules.dictionary)

    def find(text: str) -> Iterator[tuple[int, int, str]]:
        for near in compiled.find(text):
            form = key(text[near.start : near.end])
            chosen = rules.decided.of(form)
            stays = form in rules.codes or (chosen is not None and chosen.verdict in ("keep", "never"))
            if near.sure and not stays:
                yield near.start, near.end, near.entries[0].kind

    return find


def check(context: Context, folder: Path, name: str, views: Iterable[MeetingView] = ()) -> None:
    """Look through all files of `folder` and their names; `name` says in the message what would be handed on.

    `views` are the meetings that its quotations are of. CopipeError, which names places and never a name, when
    something stands there that must not, or when a file cannot be looked into.
    """
    from copipe.report import quotations

    seen = look(folder, watch(context))
    if seen.leaks or seen.closed:
        raise CopipeError(
            f"{name}: not published, {STANDS}. Found in the new report: {_places(seen)}.",
            "Speech is already anonymised, so look in what you wrote: copipe.toml (title, vocabulary), "
            "meetings.toml, participants.toml, the codebook, notes. In private/roster.toml, case_sensitive is for a "
            "name that is also a word (Mark), and allow for words that are near a name and are none.",
        )
    known = tuple(views)
    if known:
        for path in sorted(folder.rglob("*.md")):
            quotations.verify(path.read_text(encoding="utf-8"), known)


def check_text(context: Context, text: str, name: str) -> None:
    """Look through the text of one file, and its name, before it is written to be handed on.

    CopipeError, which names lines and never a name, when something stands there that must not.
    """
    wanted = watch(context)
    shown = hide(name, wanted)
    leaks = {Leak(shown, line, kind, near) for line, kind, near in found(text, wanted)}
    leaks |= {Leak(shown, 0, kind, near) for _, kind, near in found(name, wanted)}
    if leaks:
        raise CopipeError(
            f"{shown}: not written. Found in it: {_places(Look(tuple(sorted(leaks)), (), 1))}.",
            "Change the codebook's labels, definitions, examples and seeds, then run the same command again. In "
            "private/roster.toml, allow is for words that are near a name and are none.",
        )


def _places(seen: Look) -> str:
    told = [f"{said(leak)} ({place(leak)})" for leak in seen.leaks[:SHOWN]]
    told += [f"{closed.path}, which cannot be searched ({closed.why})" for closed in seen.closed[:SHOWN]]
    left = len(seen.leaks) + len(seen.closed) - len(told)
    return "; ".join(told) + (f"; and {left} more" if left else "")


def said(leak: Leak) -> str:
    """What stands there, without telling it."""
    what = WORDS.get(leak.kind, leak.kind)
    return f"a near miss of {what}" if leak.near else what


def place(leak: Leak) -> str:
    """Where it stands."""
    return f"{leak.path}, line {leak.line}" if leak.line else f"{leak.path}, in the name itself"
