"""`copipe review --stories`: proposed stories, one by one; every answer is kept at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from copipe.cli.terminal.walk import Kept, Key, Then, Walk, ask

if TYPE_CHECKING:
    from copipe.pipeline.context import Context
    from copipe.records import Decision, Story
    from copipe.review.coding import CodedMeeting
    from copipe.study.study import Meeting


@dataclass(frozen=True, slots=True)
class _Item:
    """A story and its meeting; `by` chose it."""

    meeting: CodedMeeting
    story: Story
    by: Decision | None


def walk(context: Context, meetings: Sequence[Meeting], who: str, again: bool) -> None:
    """Put each story that nobody has decided on before the person; with `again` the chosen ones as well."""
    from copipe.cli.terminal.display import say
    from copipe.code.propose import stories
    from copipe.study import audit, decisions

    items = _items(context, meetings, again)
    if not items:
        say("No story is open here. --again shows the chosen ones.")
        return
    made: list[Decision] = []

    def keep(decision: Decision, meeting: str) -> Decision:
        decisions.append(context.study.decisions / f"{meeting}.jsonl", decision)
        made.append(decision)
        return decision

    def answer(item: _Item, verdict: str, purpose: str) -> Kept[Decision]:
        decision = decisions.decide(kind=stories.KIND, about=purpose, verdict=verdict, who=who, span=item.story.span)
        return Kept(keep(decision, item.meeting.code))

    def take_back(last: Decision) -> None:
        undone = decisions.decide(kind="undo", about=last.id, verdict="taken back", who=who)
        keep(undone, last.span.meeting if last.span else "")
        say(f"Taken back: {last.verdict}.")

    keys: tuple[Key[_Item, Decision], ...] = (
        Key("c", "choose", "it is a story; reports show it", lambda i: answer(i, "choose", i.story.purpose)),
        Key("p", "purpose", "choose it, and say what it is told for", lambda i: _with_purpose(i, answer)),
        Key("r", "reject", "it is no story; reports leave it out", lambda i: answer(i, "reject", i.story.purpose)),
    )
    sitting = Walk(items, _show, keys, take_back)
    try:
        sitting.go()
    finally:
        if made:
            told = {"who": who, "meetings": sorted({d.span.meeting for d in made if d.span})}
            audit.record(
                context.study.root / "audit.jsonl", "review stories", {**told, "decisions": [d.id for d in made]}
            )
    say(f"{len(sitting.kept)} decided. `copipe report` shows the chosen ones.")


def _items(context: Context, meetings: Sequence[Meeting], again: bool) -> list[_Item]:
    from copipe.cli.terminal.display import err
    from copipe.code.propose import stories
    from copipe.pipeline.stage import read
    from copipe.records import Story
    from copipe.review.coding import all_coded, decided
    from copipe.study import decisions

    coded, missing = all_coded(context, meetings)
    for code, why in missing:
        err.print(f"{code} is left out: {why}.", markup=False, soft_wrap=True)
    items: list[_Item] = []
    for meeting in coded:
        found: tuple[Story, ...] = read(context, meeting.meeting, "stories", Story)
        made = decisions.standing(decided(context, meeting.meeting), stories.KIND)
        shown = stories.choose(found, meeting.turns, made, meeting.source)
        items += [_Item(meeting, story, by) for story, by in shown if again or by is None]
    return items


def _show(item: _Item) -> None:
    from copipe.cli.terminal.display import console

    meeting, story = item.meeting, item.story
    place = meeting.place(story.span)
    cues = ", ".join(dict.fromkeys(cue.source for cue in story.evidence)) or "a passage that a person marked"
    console.print(f"{meeting.cite(place)}   {story.role}", style="bold", markup=False)
    chosen = f"chosen by {item.by.who}; " if item.by else ""
    purpose = _purposes().get(story.purpose, story.purpose) or "not known"
    console.print(f"{chosen}cues: {cues}; likely purpose: {purpose}", style="dim", markup=False)
    console.print(meeting.text(place), markup=False)


def _purposes() -> dict[str, str]:
    from copipe.pipeline.stages.stories import purposes

    return {code.key: code.label for code in purposes().codes}


def _with_purpose(item: _Item, answer: Callable[[_Item, str, str], Kept[Decision]]) -> Kept[Decision] | Then:
    """Choose it for the purpose that the person says by its number; 0 is none."""
    from copipe.cli.terminal.display import console, say

    labels = _purposes()
    for number, label in enumerate(labels.values(), 1):
        console.print(f"{number:2}  {label}", markup=False)
    while said := ask("Which purpose? Its number, or 0 for none."):
        if said.isdecimal() and int(said) <= len(labels):
            return answer(item, "choose", ["", *labels][int(said)])
        say(f"Type a number from 0 to {len(labels)}.")
    return Then.ASK
