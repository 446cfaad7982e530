"""How long the reports of a whole study take: 17 meetings shaped like a real community of practice, and 200.

    python benchmarks/long_study.py [--meetings 17] [--words 3000] [--formats html,docx] [--bare] [--keep DIR]

The study is invented: attendance and stages of a group that met for seventeen months, two meetings below quorum without
a recording, one unrecorded with quorum, one recorded below it, three interviews and a story board at the end. Sentences
are drawn from a stock in which the seeds of the shipped codebook occur, more of it from meeting to meeting. Of the
candidates of each meeting a third is accepted and a sixth rejected, and a story is chosen; one meeting has field notes
and there is a memo. Times are of one run; then one decision more, then nothing to do. `--bare` goes without recognisers
and sentence vectors, whose time grows with the words and is spent once: what is left is what a report costs.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from copipe.code.codings import new_decision
from copipe.code.propose import stories
from copipe.create import create
from copipe.pipeline.context import Context
from copipe.pipeline.proposals import proposed
from copipe.pipeline.stage import applies, read
from copipe.pipeline.stages import stages
from copipe.progress import silent
from copipe.records import Story
from copipe.run import run
from copipe.study import decisions
from copipe.study import study as studies
from copipe.study.study import Meeting

ROLES = ("SN1", "SN2", "CS", "OT", "SW", "CG")
FULL, FIVE = ROLES, ("SN1", "SN2", "CS", "CG", "OT")
STAGES = ((1, "starting up"), (14, "operating"), (16, "winding down"), (17, "shutting down"))
PRESENT = {
    1: FULL, 2: FULL, 3: ("CS", "CG", "OT"), 4: ("SN2", "CS", "CG", "OT"),
    6: FULL, 10: ("SN1", "SN2"), 12: FULL, 15: FULL,
}  # fmt: skip
UNRECORDED = {3, 10, 8}  # the eighth with quorum
RECORDED_BELOW = {13: ("SN1", "CS")}
STOCK = (
    "We talked about partnership working and nobody knew who to ring.",
    "I was on a ward the other day and this lady said to me she was ready.",
    "The discharge letter had gone to the wrong practice again.",
    "So I asked who leads on safeguarding and they all looked at the floor.",
    "That is accountability, is it not, you sign your name.",
    "We learned more from that serious incident than from any course.",
    "The board wants numbers and the ward wants staff.",
    "I said to him, what would you do, and he went quiet.",
    "Continuing health care is a maze and we built it.",
    "It was really hard, and then in the end it worked.",
    "Leadership is influence when you have no budget.",
    "People tell a story and then the room changes.",
    "We changed the pathway because of what the therapists saw.",
    "Right, next item.",
    "Can we come back to that next month.",
    "I think the network is the point, not the meeting.",
    "She rang me afterwards and told me what had happened.",
    "There is a conflict there and we are being polite about it.",
    "Confidence comes from doing it twice.",
    "Yes.",
    "Okay, thank you.",
)


def build(root: Path, meetings: int, words: int, bare: bool = False) -> None:
    """Write the study."""
    rng = random.Random(17)
    create(root)
    settings = root / "copipe.toml"
    text = re.sub(r"^quorum = .*$", "quorum = 4", settings.read_text(encoding="utf-8"), flags=re.M)
    for key in ("meaning", "learn", "recognise") if bare else ():
        text = re.sub(rf"^(# )?{key} = .*$", f"{key} = false", text, flags=re.M)
    settings.write_text(text, encoding="utf-8")
    people = "".join(f'[[participant]]\nrole = "{r}"\ndescription = "member {r}"\nconsent = "full"\n\n' for r in ROLES)
    (root / "participants.toml").write_text(people, encoding="utf-8")
    shutil.copy(Path(__file__).parents[1] / "config/codebooks/leadership.yaml", root / "codebooks" / "codebook.yaml")
    rows = []
    for number in range(1, meetings + 1):
        in_cycle = (number - 1) % 17 + 1
        code = f"{2009 + (number + 9) // 12}-{(number + 9) % 12 + 1:02d}"
        stage = next(name for last, name in STAGES if in_cycle <= last)
        present = RECORDED_BELOW.get(in_cycle, PRESENT.get(in_cycle, FIVE))
        stock = STOCK[-7:] + STOCK[: min(len(STOCK) - 7, 4 + number)]
        row = f'[[meeting]]\ncode = "{code}"\ndate = "{code}"\nstage = "{stage}"\npresent = {_list(present)}\n'
        if in_cycle in UNRECORDED:
            row += 'recording = "not recorded"\n'
        else:
            _speak(root / "private/transcripts" / f"{code}.txt", present, words, rng, stock)
            row += f'transcript = "{code}.txt"\n'
        (root / "private/notes" / f"{code}.txt").write_text("\n".join(rng.sample(STOCK, 5)) + "\n", encoding="utf-8")
        if number == 2:
            (root / "private/field-notes" / f"{code}.txt").write_text("\n".join(STOCK[3:6]) + "\n", encoding="utf-8")
        rows.append(row)
    (root / "private/memos/start.md").write_text(
        "---\nwhen: 2009-11-20\nwho: CS\nabout: study\ntitle: First thoughts\n---\nThey talk past one another.\n",
        encoding="utf-8",
    )
    last = f"{2010 + (meetings + 9) // 12}-12"
    for role in ("SN1", "SN2", "OT"):
        _speak(root / "private/transcripts" / f"interview-{role}.txt", (role, "CS"), words // 2, rng)
        rows.append(
            f'[[meeting]]\ncode = "interview-{role}"\ndate = "{last}"\nkind = "interview"\nstage = "shutting down"\n'
            f'present = {_list((role, "CS"))}\ntranscript = "interview-{role}.txt"\n'
        )
    _speak(root / "private/transcripts" / "board.txt", ROLES, words // 4, rng)
    rows.append(
        f'[[meeting]]\ncode = "board"\ndate = "{last}"\nkind = "story board"\npresent = {_list(ROLES)}\n'
        'transcript = "board.txt"\n'
    )
    (root / "meetings.toml").write_text("\n".join(rows), encoding="utf-8")


def _speak(path: Path, roles: tuple[str, ...], words: int, rng: random.Random, stock: Sequence[str] = STOCK) -> None:
    lines, said = [], 0
    while said < words:
        turn = " ".join(rng.choices(stock, k=rng.choice((1, 1, 2, 3, 6))))
        said += len(turn.split())
        lines.append(f"{rng.choice(roles)}: {turn}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def decide(context: Context, meetings: Sequence[Meeting], every: int = 6) -> int:
    """Decide on the candidates of meetings as a researcher would; how many there were to decide on."""
    number = 0
    for meeting in meetings:
        if not (applies(context, meeting, "candidates") and context.study.meets_quorum(meeting)):
            continue
        made = []
        for candidate in proposed(context, meeting):
            number += 1
            if number % every in (0, 2):
                made.append(new_decision(candidate.span, candidate.code, "accept", "CS"))
            elif number % every == 4:
                made.append(new_decision(candidate.span, candidate.code, "reject", "CS"))
        told: tuple[Story, ...] = read(context, meeting, "stories", Story)
        for story in told[:1]:
            made.append(
                decisions.decide(kind=stories.KIND, about=story.purpose, verdict="choose", who="CS", span=story.span)
            )
        decisions.append(context.study.root / "decisions" / f"{meeting.code}.jsonl", *made)
    return number


def _list(roles: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{role}"' for role in roles) + "]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--meetings", type=int, default=17)
    parser.add_argument("--words", type=int, default=3000, help="of each meeting")
    parser.add_argument("--formats", default="", help="html, docx, txt: beside Markdown")
    parser.add_argument("--bare", action="store_true", help="without recognisers and vectors")
    parser.add_argument("--keep", type=Path, help="a new folder; else a temporary one")
    asked = parser.parse_args()
    root = asked.keep or Path(tempfile.mkdtemp(prefix="long-study-")) / "study"
    build(root, asked.meetings, asked.words, asked.bare)
    formats = frozenset(filter(None, asked.formats.split(",")))
    context = Context(studies.load(root), formats=formats)
    before = time.perf_counter()
    run(context, context.study.meetings, list(stages), silent)
    coded = time.perf_counter()
    number = decide(context, context.study.meetings)
    context = Context(studies.load(root), formats=formats)
    learning = time.perf_counter()
    run(context, context.study.meetings, list(stages), silent)
    prepared = time.perf_counter()
    outcome = run(context, context.study.meetings, ["report"], silent)
    reported = time.perf_counter()
    one = next(m for m in context.study.meetings if (root / "decisions" / f"{m.code}.jsonl").exists())
    decide(Context(studies.load(root)), [one], every=97)
    later = Context(studies.load(root))
    decided = time.perf_counter()
    once_more = run(later, later.study.meetings, [*stages, "report"], silent)
    again_from = time.perf_counter()
    for failure in outcome.failures:
        print(f"{failure.meeting} {failure.stage}: {failure.message}")
    fresh = Context(studies.load(root))
    again = run(fresh, fresh.study.meetings, [*stages, "report"], silent)
    done = time.perf_counter()
    total = sum(p.stat().st_size for p in (root / "reports").rglob("*") if p.is_file())
    print(f"{asked.meetings} meetings of {asked.words} words, 3 interviews, a story board")
    print(f"up to candidates {coded - before:6.1f} s; what {number} candidates taught {prepared - learning:.1f} s")
    print(f"reports          {reported - prepared:6.1f} s  ({len(outcome.published)} files, {total / 1e6:.1f} MB)")
    print(f"a few decisions  {again_from - decided:6.1f} s  ({len(once_more.published)} files)")
    print(f"run again        {done - again_from:6.1f} s  ({len(again.made)} made, {len(again.published)} files)")
    if asked.keep is None:
        shutil.rmtree(root.parent)


if __name__ == "__main__":
    main()
