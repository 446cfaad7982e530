"""The sitting of `copipe review` at a terminal: a passage, a key, the next passage."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.text import Text

    from copipe.code.codings import Place
    from copipe.review.candidates import Item, Review
    from copipe.review.coding import CodedMeeting

KEYS = {
    "a": "accept",
    "r": "reject",
    "c": "recode",
    "t": "too",
    "w": "wider, narrower",
    "x": "split",
    "m": "memo",
    "s": "skip",
    "n": "next code",
    "/": "search",
    "l": "listen",
    "u": "undo",
    "?": "help",
    "q": "quit",
}
# a key and its name stay on one line
KEY_LINE = "  ".join(f"[{key}] {name}".replace(" ", "\u00a0") for key, name in KEYS.items())
HELP = """\
a  accept: the passage is filed under the code
r  reject: it is not, and is not proposed again
c  recode: it belongs under another code, not this one
t  too: accept, and file it under another code as well
w  wider or narrower: choose its sentences by number, or its first and last words
x  split: several passages out of one
m  memo: write something about the passage; it is kept under private/
s  skip: leave it open; --new-only leaves it out another time
n  next code: leave the rest of this code open for now
/  search: go to the next passage that says these words (ward*, on the ward)
l  listen: play the passage
u  undo: take the last answer back, also one of an earlier sitting
q  quit: everything answered is kept"""


@dataclass(slots=True)
class _Walk:
    """Where the sitting is. `path` holds the index of each answer, to go back to."""

    sitting: Review
    items: list[Item]
    at: int = 0
    path: list[int] = field(default_factory=list)
    told: str = ""  # code whose limits were shown

    @property
    def item(self) -> Item:
        return self.items[self.at]


def walk(sitting: Review, items: list[Item]) -> None:
    """Put the items before the person, one by one, until they are done or stop."""
    from copipe.cli.terminal.display import console, say
    from copipe.errors import CopipeError

    if not items:
        say("Nothing is open here: every candidate is decided. --again shows them.")
        return
    state = _Walk(sitting, items)
    waiting = True  # until the item has been shown
    while state.at < len(items):
        now = sitting.now(state.item)
        if now is None or (now.status != "candidate" and state.item.coding.status == "candidate"):
            state.at += 1  # covered by what was decided meanwhile
            continue
        if waiting:
            _show(state)
        key = _key()
        if key == "quit":
            break
        try:
            waiting = _act(state, key)
        except CopipeError as error:
            console.print(f"{error.message} {error.hint}", markup=False)
            waiting = False
    _summary(state)


def _act(state: _Walk, key: str) -> bool:
    """Do what a key says; whether the next thing is to show a passage."""
    from copipe.cli.terminal.display import say

    sitting, item = state.sitting, state.item
    if key == "accept":
        sitting.accept(item)
    elif key == "reject":
        sitting.reject(item)
    elif key == "skip":
        sitting.skip(item)
    elif key in ("recode", "too"):
        code = _ask_code(sitting, "Which code instead?" if key == "recode" else "Which code as well?")
        if not code:
            return False
        (sitting.recode if key == "recode" else sitting.also)(item, code)
    elif key in ("wider, narrower", "split"):
        places = _ask_places(sitting, item, split=key == "split")
        if not places:
            return False
        sitting.reshape(item, places)
    elif key == "memo":
        return _memo(sitting, item)
    elif key == "undo":
        return _undo(state)
    elif key == "next code":
        return _go(state, [n for n, other in enumerate(state.items) if other.coding.code != item.coding.code])
    elif key == "search":
        return _search(state)
    elif key == "listen":
        return _listen(sitting, item)
    else:
        say(HELP)
        return False
    state.path.append(state.at)
    state.at += 1
    return True


# what is shown


def _show(state: _Walk) -> None:
    from rich.text import Text

    from copipe.cli.terminal.display import console

    sitting, item = state.sitting, state.item
    meeting = sitting.meetings[item.meeting]
    place = meeting.place(item.coding.span)
    code = sitting.codes.get(item.coding.code)
    console.print()
    console.rule(style="dim")
    label = code.label if code else item.coding.code
    heading = Text.assemble(
        (f"{state.at + 1} of {len(state.items)}  ", "dim"), (f"{item.coding.code}: {label}", "bold")
    )
    console.print(heading)
    if code and code.definition:
        console.print(code.definition, style="dim", markup=False)
    if code and state.told != code.key:
        state.told = code.key
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


def _summary(state: _Walk) -> None:
    from copipe.cli.terminal.display import say

    counts = Counter(answer.what for answer in state.sitting.answers)
    done = ", ".join(f"{n} {what}" for what, n in counts.items())
    left = sum(
        (now := state.sitting.now(item)) is not None and now.status == "candidate"
        for item in state.items
        if item.coding.status == "candidate"
    )
    say(f"Kept: {done or 'nothing new'}. Still open here: {left}. `copipe report` shows what is accepted.")


# what is asked


def _key() -> str:
    """One of the values of KEYS: a key on a terminal, the first letter of a line otherwise."""
    from copipe.cli.terminal.display import console

    while True:
        console.print(KEY_LINE, style="dim", markup=False)
        try:
            given = typer.getchar() if sys.stdin.isatty() else sys.stdin.readline()
        except EOFError:  # Ctrl-D
            given = ""
        if not given:  # nobody there any more
            return "quit"
        if given.strip()[:1].lower() in KEYS and given.strip():
            return KEYS[given.strip()[0].lower()]


def _ask(question: str) -> str:
    from copipe.cli.terminal.display import console

    console.print(question, markup=False)
    return sys.stdin.readline().strip()


def _ask_code(sitting: Review, question: str) -> str:
    """A code by key, label, or a part of them; "" to go back. Of several that fit one is chosen by number."""
    from copipe.cli.terminal.display import console
    from copipe.errors import UsageError

    said = _ask(f"{question} Its key or a part of its name; nothing goes back.")
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
            said = _ask("Which? A number, or its key; nothing goes back." if fitting else "Which? Nothing goes back.")
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
    said = _ask(
        f"Which sentences ({example})? Or first and last words: the letter ... the practice. "
        f"{'; stands between parts. ' if split else ''}Nothing goes back."
    )
    return chosen(meeting, among, said) if said else ()


def _memo(sitting: Review, item: Item) -> bool:
    from copipe.cli.terminal.display import console

    text = _ask("Memo, on one line; nothing opens your editor." if sys.stdin.isatty() else "Memo, on one line.")
    if not text and sys.stdin.isatty():
        from copipe.cli.terminal.editor import write_text

        text = write_text(sitting.context.study.private_work / "memo.md")
    if text:
        sitting.memo(item, text)
        console.print("The memo is kept under private/memos/.")
    return False


# where to go


def _undo(state: _Walk) -> bool:
    from copipe.cli.terminal.display import console

    undone = state.sitting.undo()
    if undone is None:
        console.print("There is nothing to take back.")
        return False
    codes = {d.about for d in undone.decisions}
    console.print(f"Taken back: {undone.what} ({', '.join(sorted(codes))}) in {undone.meeting}.", markup=False)
    if state.path:
        state.at = state.path.pop()
        return True
    known = {(item.meeting, item.coding.code, item.coding.span.first) for item in state.items}
    back = [
        item
        for item in state.sitting.items(tuple(codes))
        if (item.meeting, item.coding.code, item.coding.span.first) not in known
    ]
    state.items[state.at : state.at] = back
    return True


def _go(state: _Walk, where: list[int]) -> bool:
    """Go to the first of these places behind this one."""
    behind = [n for n in where if n > state.at]
    if not behind:
        state.at = len(state.items)
        return True
    state.at = behind[0]
    return True


def _search(state: _Walk) -> bool:
    from copipe.cli.terminal.display import console
    from copipe.code.queries import patterns, plain_words, says

    said = _ask("Words to look for; nothing goes back.")
    if not said:
        return False
    wanted = patterns(said)
    fitting = []
    for n, item in enumerate(state.items):
        meeting = state.sitting.meetings[item.meeting]
        low, high = meeting.place(item.coding.span)
        if n != state.at and says(plain_words(meeting.words[low:high]), wanted):
            now = state.sitting.now(item)
            if now is not None and now.status == item.coding.status:
                fitting.append(n)
    if not fitting:
        console.print("No other open passage here says that.")
        return False
    state.at = next((n for n in fitting if n > state.at), fitting[0])
    return True


def _listen(sitting: Review, item: Item) -> bool:
    from copipe.cli.check.listen import hear
    from copipe.cli.terminal.display import console

    span = item.coding.span
    if span.start is None or span.end is None:
        console.print("This passage has no time: it is of a transcript without times.")
    else:
        hear(sitting.context.study, sitting.meetings[item.meeting].meeting, span.start, span.end)
    return False
