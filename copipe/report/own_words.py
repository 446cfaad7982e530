"""Room for the researcher's own words in a report that is made again and again: what they write there stays.

    <!-- yours: reading of partnership -->
    Whatever stands between these two lines belongs to the person who wrote it.
    <!-- end -->

A report is made with such rooms; what the last one had in a room of the same name is put into the new one. A room that
the new report no longer has is moved to its end, so that nothing anybody wrote is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

INVITATION = "*Your reading. What you write here stays when the report is made again.*"
_ROOM = re.compile(r"^<!-- yours: (?P<name>.+?) -->\n(?P<text>.*?)^<!-- end -->$", re.MULTILINE | re.DOTALL)


def room(name: str) -> str:
    """An empty room of this name (unique in its report, on one line)."""
    return f"<!-- yours: {_plain(name)} -->\n{INVITATION}\n<!-- end -->"


def written(report: str) -> Mapping[str, str]:
    """What a person has written into the rooms of a report, by name; rooms still empty are left out."""
    found = {hit["name"]: hit["text"].strip("\n") for hit in _ROOM.finditer(report)}
    return {name: text for name, text in found.items() if text.strip() not in ("", INVITATION)}


def carry(before: str, report: str) -> str:
    """`report` with what `before`, the one it replaces, has in its rooms."""
    kept = dict(written(before))

    def fill(hit: re.Match[str]) -> str:
        text = kept.pop(hit["name"], None)
        return hit[0] if text is None else f"<!-- yours: {hit['name']} -->\n{text}\n<!-- end -->"

    filled = _ROOM.sub(fill, report)
    if kept:
        filled = filled.rstrip("\n") + "\n\n## What you wrote about sections that this report no longer has\n"
        filled += "".join(f"\n<!-- yours: {name} -->\n{text}\n<!-- end -->\n" for name, text in kept.items())
    return filled


def without(report: str) -> str:
    """A report with its rooms emptied: equal to the one that was generated, unless something else was edited."""
    end = report.find("\n\n## What you wrote about sections that this report no longer has\n")
    bare = report if end < 0 else report[:end] + "\n"
    return _ROOM.sub(lambda hit: room(hit["name"]), bare)


def closed(report: str) -> str:
    """A report to be read and not written in: what stands in its rooms without the marks round it, empty ones gone."""
    return _ROOM.sub(lambda hit: "" if hit["text"].strip() in ("", INVITATION) else hit["text"].strip("\n"), report)


def _plain(name: str) -> str:
    return " ".join(name.replace("--", "-").replace(">", "").split())
