"""The sitting of `copipe review` at a terminal: a passage, a key, the next passage."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from copipe.cli.terminal.walk import Kept, Key, Then, Walk, ask

if TYPE_CHECKING:
    from rich.text import Text

    from copipe.code.codings import Place
    from copipe.review.candidates import Answer, Item, Review
    from copipe.review.coding import CodedMeeting

Done = Kept["Answer"] | Then


def walk(sitting: Review, items: list[Item]) -> None:
    """Put the items before the person, one by one, until they are done or stop."""
    from copipe.cli.terminal.display import say

    if not items:
        say("Nothing is open here: every candidate is decided. --again shows decided ones.")
        return
    screen = _Screen(sitting)
    way: Walk[Item, Answer] = Walk(
        items,
        screen.show,
        (),
        lambda answer: _taken_back(sitting),
        earlier=lambda: _earlier(sitting, way.items),
        passed=lambda item: _passed(sitting, item),
        listen=lambda item: _listen(sitting, item),
    )
    way.keys = _keys(sitting, way)
    way.go()
    _summary(sitting, way.items)


def _keys(sitting: Review, way: Walk[Item, Answer]) -> tuple[Key[Item, Answer], ...]:
    return (
        Key("a", "accept", "file the passage under the code", lambda item: Kept(sitting.accept(item))),
        Key("r", "reject", "it is not, and is not proposed again", lambda item: Kept(sitting.reject(item))),
        Key(
            "c",
            "recode",
            "file it under another code, not this one",
            lambda item: _under(sitting, item, "Which code instead?", sitting.recode),
        ),
        Key(
            "t",
            "too",
            "accept, and file it under another code as well",
            lambda item: _under(sitting, item, "Which code as well?", sitting.also),
        ),
        Key(
            "w",
            "wider, narrower",
            "choose its sentences by number, or its first and last words",
            lambda item: _reshape(sitting, item, split=False),
        ),
        Key("x", "split", "make several passages of one", lambda item: _reshape(sitting, item, split=True)),
        Key("m", "memo", "write about the passage; the memo stays in private/", lambda item: _memo(sitting, item)),
        Key("s", "skip", "leave it open; --new-only leaves it out next time", lambda item: Kept(sitting.skip(item))),
        Key("n", "next code", "leave the rest of this code open for now", lambda item: _next_code(way, item)),
        Key(
            "/",
            "search",
            "go to the next passage that says these words (ward*, on the ward)",
            lambda item: _search(sitting, way, item),
        ),
    )


def _under(sitting: Review, item: Item, question: str, file: Callable[[Item, str], Answer]) -> Done:
    code = _ask_code(sitting, question)
    return Kept(file(item, code)) if code else Then.ASK


def _reshape(sitting: Review, item: Item, split: bool) -> Done:
    places = _ask_places(sitting, item, split)
    return Kept(sitting.reshape(item, places)) if places else Then.ASK


def _passed(sitting: Review, item: Item) -> bool:
    """True where what was decided meanwhile covers it."""
    now = sitting.now(item)
    return now is None or (now.status != "candidate" and item.coding.status == "candidate")


# what is shown


@dataclass(slots=True)
class _Screen:
    """What a passage looks like; the limits of a code are shown once, before its first passage."""

    sitting: Review
    limits: str = field(default="", init=False)

    def show(self, item: Item) -> None:
        code = self.sitting.codes.get(item.coding.code)
        _show(self.sitting, item, with_limits=code is not None and code.key != self.limits)
        self.limits = code.key if code else self.limits


def _show(sitting: Review, item: Item, with_limits: bool) -> None:
    from copipe.cli.terminal.display import console

    meeting = sitting.meetings[item.meeting]
    place = meeting.place(item.coding.span)
    code = sitting.codes.get(item.coding.code)
    label = code.label if code else item.coding.code
    console.print(f"{item.coding.code}: {label}", style="bold", markup=False)
    if code and code.definition:
        console.print(code.definition, style="dim", markup=False)
    if code and with_limits:
        for what, said in (("use it", code.include), ("not", code.exclude), ("no longer used", code.deprecated)):
            if said:
                console.print(f"{what}: {said}", style="dim", markup=False)
    console.print(f"{meeting.cite(place)}", markup=False)
    before, after = sitting.around(item)
    for around, passage in ((before, False), (place, True), (after, False)):
        for line in _lines(meeting, around, item, passage):
            console.print(line)
    console.print(_why(meeting, item), style="dim", markup=False)
    others = [f"{o.code} ({o.status})" for o in meeting.others(item.coding)]
    if others:
        console.print(f"also here: {', '.join(others)}", style="dim", markup=False)
    if item.coding.status != "candidate":
        console.print(f"{item.coding.status} by {item.coding.who} on {item.coding.when[:10]}", markup=False)


def _lines(meeting: CodedMeeting, place: Place, item: Item, passage: bool) -> list[Text]:
    """A line a turn; in the passage the words that propose it are underlined."""
    from rich.text import Text

    hits = [(e.first, e.last) for e in item.coding.evidence]
    lines: list[Text] = []
    turn = -1
    for i in range(*place):
        word = meeting.words[i]
        if meeting.turn_of[i] != turn:
            turn = meeting.turn_of[i]
            lines.append(Text(f"  {meeting.turns[turn].role}:", style="" if passage else "dim"))
        if word.text:
            hit = passage and any(first <= word.id <= last for first, last in hits)
            whole = hit and len(hits) == 1 and hits[0] == (item.coding.span.first, item.coding.span.last)
            style = "bold underline" if hit and not whole else "bold" if passage else "dim"
            lines[-1].append(" ").append(word.text, style=style)
    return lines


def _why(meeting: CodedMeeting, item: Item) -> str:
    seen: list[str] = []
    for evidence in item.coding.evidence:
        seen.append(f"{evidence.kind} {evidence.source}")
    counted = [why + (f" (x{n})" if n > 1 else "") for why, n in Counter(seen).items()]
    return f"why: {'; '.join(counted) or 'a person proposed it'} (score {item.coding.score:.2f})"


def _summary(sitting: Review, items: list[Item]) -> None:
    from copipe.cli.terminal.display import say

    counts = Counter(answer.what for answer in sitting.answers)
    done = ", ".join(f"{n} {what}" for what, n in counts.items())
    left = sum(
        (now := sitting.now(item)) is not None and now.status == "candidate"
        for item in items
        if item.coding.status == "candidate"
    )
    say(f"Kept: {done or 'nothing new'}. Still open here: {left}. `copipe report` shows what is accepted.")


# what is asked


def _ask_code(sitting: Review, question: str) -> str:
    """A code by key, label, or a part of them; "" to go back. Of several that fit one is chosen by number."""
    from copipe.cli.terminal.display import console
    from copipe.errors import UsageError

    said = ask(f"{question} Its key or a part of its name.")
    while said:
        try:
            return sitting.known(said)
        except UsageError as error:
            fitting = [
                c for c in sitting.codes.values() if c.codable and said.casefold() in f"{c.key} {c.label}".casefold()
            ]
            if len(fitting) == 1:
                console.print(f"{fitting[0].key}: {fitting[0].label}", markup=False)
                return fitting[0].key
            for number, code in enumerate(fitting[:9], 1):
                console.print(f"  {number}  {code.key}: {code.label}", markup=False)
            if not fitting:
                console.print(f"{error.message} {error.hint}", markup=False)
            said = ask("Which? A number, or its key." if fitting else "Which?")
            if said.isdigit() and 1 <= int(said) <= min(9, len(fitting)):
                return fitting[int(said) - 1].key
    return ""


def _ask_places(sitting: Review, item: Item, split: bool) -> tuple[Place, ...]:
    from copipe.cli.terminal.display import console
    from copipe.review.bounds import chosen, offered

    meeting = sitting.meetings[item.meeting]
    low, high = meeting.place(item.coding.span)
    among = offered(meeting, (low, high))
    for number, place in enumerate(among, 1):
        inside = place[0] < high and low < place[1]
        role = meeting.roles(place)[:1]
        console.print(
            f"  {number:>2} {'*' if inside else ' '} {' '.join(role)}: {meeting.text(place)}",
            style="" if inside else "dim",
            markup=False,
        )
    example = '"2; 3-4"' if split else '"2-4"'
    said = ask(
        f"Which sentences ({example})? Or first and last words: the letter ... the practice. "
        f"{'Write ; between the parts.' if split else ''}".strip()
    )
    return chosen(meeting, among, said) if said else ()


def _memo(sitting: Review, item: Item) -> Then:
    from copipe.cli.terminal.display import console

    text = ask("Memo, on one line.", "Press Enter for your editor." if sys.stdin.isatty() else "")
    if not text and sys.stdin.isatty():
        from copipe.cli.terminal.editor import write_text

        text = write_text(sitting.context.study.private_work / "memo.md")
    if text:
        sitting.memo(item, text)
        console.print("The memo is in private/memos/.")
    return Then.ASK


# where to go


def _taken_back(sitting: Review) -> tuple[str, ...]:
    """Take the last answer back; the codes that it was about."""
    from copipe.cli.terminal.display import say

    undone = sitting.undo()
    if undone is None:
        return ()
    codes = tuple(sorted({d.about for d in undone.decisions}))
    say(f"Taken back: {undone.what} ({', '.join(codes)}) in {undone.meeting}.")
    return codes


def _earlier(sitting: Review, items: list[Item]) -> list[Item] | None:
    """Take back the last answer of an earlier sitting; what is open again by that."""
    codes = _taken_back(sitting)
    if not codes:
        return None
    known = {(item.meeting, item.coding.code, item.coding.span.first) for item in items}
    return [
        item for item in sitting.items(codes) if (item.meeting, item.coding.code, item.coding.span.first) not in known
    ]


def _next_code(way: Walk[Item, Answer], item: Item) -> Then:
    others = [n for n, other in enumerate(way.items) if n > way.at and other.coding.code != item.coding.code]
    way.at = others[0] if others else len(way.items)
    return Then.SHOW


def _search(sitting: Review, way: Walk[Item, Answer], item: Item) -> Then:
    from copipe.cli.terminal.display import say
    from copipe.code.queries import patterns, plain_words, says

    said = ask("Words to look for?")
    if not said:
        return Then.ASK
    wanted = patterns(said)
    fitting = []
    for n, other in enumerate(way.items):
        meeting = sitting.meetings[other.meeting]
        low, high = meeting.place(other.coding.span)
        if n != way.at and says(plain_words(meeting.words[low:high]), wanted):
            now = sitting.now(other)
            if now is not None and now.status == other.coding.status:
                fitting.append(n)
    if not fitting:
        say("No other open passage here says that.")
        return Then.ASK
    way.at = next((n for n in fitting if n > way.at), fitting[0])
    return Then.SHOW


def _listen(sitting: Review, item: Item) -> None:
    from copipe.cli.check.listen import hear
    from copipe.cli.terminal.display import say

    span = item.coding.span
    if span.start is None or span.end is None:
        say("This passage has no time: its transcript has none.")
    else:
        hear(sitting.context.study, sitting.meetings[item.meeting].meeting, span.start, span.end)
