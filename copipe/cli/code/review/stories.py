"""`copipe review --stories`: proposed stories, one by one; every answer is kept at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from copipe.code.codings import Place
    from copipe.pipeline.context import Context
    from copipe.records import Decision, Story
    from copipe.review.coding import CodedMeeting
    from copipe.study.study import Meeting

KEYS = {"c": "choose", "p": "purpose", "r": "reject", "s": "skip", "u": "undo", "q": "quit"}


def walk(context: Context, meetings: Sequence[Meeting], who: str, again: bool) -> None:
    """Put each story that nobody has decided on before the person; with `again` the chosen ones as well."""
    from copipe.cli.terminal.display import err, say
    from copipe.code.propose import stories
    from copipe.pipeline.stage import read
    from copipe.records import Story
    from copipe.review.coding import all_coded, decided
    from copipe.study import audit, decisions

    coded, missing = all_coded(context, meetings)
    for code, why in missing:
        err.print(f"{code} is left out: {why}.", markup=False, soft_wrap=True)
    items: list[tuple[CodedMeeting, Story, Decision | None]] = []
    for meeting in coded:
        found: tuple[Story, ...] = read(context, meeting.meeting, "stories", Story)
        made = decisions.standing(decided(context, meeting.meeting), stories.KIND)
        shown = stories.choose(found, meeting.turns, made, meeting.source)
        items += [(meeting, story, by) for story, by in shown if again or by is None]
    if not items:
        say("No story is open here. --again shows those that were chosen.")
        return
    kept: list[Decision] = []
    try:
        _sit(context, items, who, kept)
    finally:
        if kept:
            told = {"who": who, "meetings": sorted({d.span.meeting for d in kept if d.span})}
            audit.record(
                context.study.root / "audit.jsonl", "review stories", {**told, "decisions": [d.id for d in kept]}
            )


def _sit(
    context: Context, items: list[tuple[CodedMeeting, Story, Decision | None]], who: str, kept: list[Decision]
) -> None:
    from copipe.cli.terminal.display import say
    from copipe.code.propose import stories
    from copipe.study import decisions

    answered: list[tuple[int, Decision | None]] = []
    at = 0
    while at < len(items):
        meeting, story, by = items[at]
        _show(meeting, story, by, at + 1, len(items))
        key = _key()
        if key == "quit":
            break
        file = context.study.decisions / f"{meeting.code}.jsonl"
        if key == "undo":
            if not answered:
                say("Nothing was answered in this sitting yet.")
                continue
            at, last = answered.pop()
            if last is not None:
                back = decisions.decide(kind="undo", about=last.id, verdict="taken back", who=who)
                decisions.append(context.study.decisions / f"{items[at][0].code}.jsonl", back)
                kept.append(back)
            continue
        made = None
        if key != "skip":
            purpose = _ask_purpose(story.purpose) if key == "purpose" else story.purpose
            verdict = "reject" if key == "reject" else "choose"
            made = decisions.decide(kind=stories.KIND, about=purpose, verdict=verdict, who=who, span=story.span)
            decisions.append(file, made)
            kept.append(made)
        answered.append((at, made))
        at += 1
    say(f"{sum(made is not None for _, made in answered)} decided. `copipe report` shows the chosen ones.")


def _show(meeting: CodedMeeting, story: Story, by: Decision | None, number: int, total: int) -> None:
    from copipe.cli.terminal.display import console

    place: Place = meeting.place(story.span)
    labels = _purposes()
    cues = ", ".join(dict.fromkeys(cue.source for cue in story.evidence)) or "a person's own passage"
    console.print()
    console.rule(style="dim")
    console.print(f"{number} of {total}   {meeting.cite(place)}   {story.role}", style="bold", markup=False)
    chosen = f"chosen by {by.who}; " if by else ""
    purpose = labels.get(story.purpose, story.purpose) or "none heard"
    console.print(f"{chosen}cues: {cues}; likely purpose: {purpose}", style="dim", markup=False)
    console.print(meeting.text(place), markup=False)


def _purposes() -> dict[str, str]:
    from copipe.pipeline.stages.stories import purposes

    return {code.key: code.label for code in purposes().codes}


def _ask_purpose(now: str) -> str:
    """The key of the purpose that is chosen by number; as it is, for an empty line; "" for 0."""
    from copipe.cli.terminal.display import console, say

    labels = _purposes()
    for number, label in enumerate(labels.values(), 1):
        console.print(f"{number:2}  {label}", markup=False)
    while True:
        said = typer.prompt("Which purpose (0 for none)", default="", show_default=False).strip()
        if not said:
            return now
        if said.isdecimal() and int(said) <= len(labels):
            return ["", *labels][int(said)]
        say(f"A number from 0 to {len(labels)}.")


def _key() -> str:
    """What a key means; one letter and Enter where no terminal reads single keys. The end of input quits."""
    from copipe.cli.terminal.display import console

    console.print("  ".join(f"[{key}] {name}" for key, name in KEYS.items()), style="dim", markup=False)
    while True:
        if sys.stdin.isatty():
            said = typer.getchar()
        else:
            line = sys.stdin.readline()
            said = line.strip() if line else "q"
        if said[:1].lower() in KEYS:
            return KEYS[said[:1].lower()]
