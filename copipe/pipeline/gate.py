"""The gate: the last look at what is about to be handed on, by the one step that may read the roster and the words.

Whatever is to lie outside private/ is first written to a folder under private/ and comes through here. A name, or
anything else that identifies somebody, and a quotation that is not what was said stop all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.errors import CopipeError
from copipe.pipeline.context import Context

if TYPE_CHECKING:
    from copipe.report.view import MeetingView

SHOWN = 5  # places that a message names


def check(context: Context, folder: Path, name: str, views: Iterable[MeetingView] = ()) -> None:
    """Look through all files of `folder` and their names; `name` says in the message what would be published.

    `views` are the meetings that its quotations are of. CopipeError, which names places and never a name, when
    something stands there that must not.
    """
    from copipe.anonymise import leaks
    from copipe.report import quotations

    found = leaks.scan(folder, context.roster)
    if found:
        places = ", ".join(f"{leak.path} line {leak.line}" for leak in found[:SHOWN])
        raise CopipeError(
            f"{name}: the report would hold {len(found)} name{'s' if len(found) > 1 else ''} from the roster "
            f"({places}); it was not published, and the last good one stands.",
            "Look for names in copipe.toml (title, vocabulary), meetings.toml, participants.toml and the codebook: "
            "speech is replaced already. For a name that is also a word (Mark), set case_sensitive in the roster.",
        )
    known = tuple(views)
    if known:
        for path in sorted(folder.rglob("*.md")):
            quotations.verify(path.read_text(encoding="utf-8"), known)
