"""How well stories are told from other talk, on floors that a person read and labelled.

    python benchmarks/stories.py [--tune] [--each]

../shared/data/qmsum: 35 real meetings. Drawn were 30 floors (what one person says without another taking the floor, 45
to 260 words) at random, 49 at random among those in which more than 1 word in 20 is a past tense, and 7 rich in past
tense and persons. They were read and labelled before any weight was changed: a story tells what happened on an
occasion, its events in the past. "unsure" (a grievance, what one has met with now and then) counts as no story; the
numbers without these are printed as well. labels/stories.json keeps word ids, a digest of the words and the label.

Every other floor of each label is there to tune on (`--tune` prints these alone), the rest is held out. A floor is
found if a proposed passage lies in it. AP (average precision) ranks floors by the score of their best passage; chance
is the share of stories. The sample is enriched, so precision in whole meetings is lower: `proposed` says how many
passages an hour of talk (9,000 words) gets.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from copipe.code.propose import stories
from copipe.records import Story, Turn, Word, word_id

DATA = Path(__file__).parents[2] / "shared" / "data" / "qmsum"
LABELS = Path(__file__).parent / "labels" / "stories.json"
NOISES = ("{vocalsound}", "{disfmarker}", "{pause}", "{gap}")
WORDS_AN_HOUR = 9000


@dataclass(frozen=True, slots=True)
class Floor:
    """A labelled floor, the best score of a passage in it (0: none), and whether one was proposed."""

    first: str
    story: str
    at_random: bool
    tuned: bool
    score: float
    proposed: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", action="store_true", help="the half that weights were chosen on, alone")
    parser.add_argument("--each", action="store_true", help="print every floor's label and score")
    options = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"{DATA} is not there: nothing to measure on.")
    meetings = {path.stem: turns(path) for path in sorted(DATA.glob("*.json"))}
    ranked = {code: stories.propose(code, talk, "", least=0.0) for code, talk in meetings.items()}
    found = floors(meetings, ranked)
    if options.each:
        for floor in sorted(found, key=lambda f: -f.score):
            if floor.tuned or not options.tune:
                print(f"{floor.score:5.2f} {floor.story:6} {floor.first}")
    tell("tuned on", [f for f in found if f.tuned])
    if not options.tune:
        tell("held out", [f for f in found if not f.tuned])
        tell("held out, unsure left out", [f for f in found if not f.tuned and f.story != "unsure"])
        tell("all", found)
    spoken = sum(len(turn.words) for talk in meetings.values() for turn in talk)
    passages = sum(story.score >= stories.LEAST for told in ranked.values() for story in told)
    print(f"proposed: {passages} passages in {len(meetings)} meetings, {passages / spoken * WORDS_AN_HOUR:.1f} an hour")


def turns(path: Path) -> list[Turn]:
    """A meeting's turns; word ids count its words without the transcribers' signs for noises."""
    made, count = [], 0
    for said in json.loads(path.read_text(encoding="utf-8"))["meeting_transcripts"]:
        text = said["content"]
        for noise in NOISES:
            text = text.replace(noise, "")
        texts = text.replace(" '", "'").split()
        words = tuple(Word(word_id(path.stem, count + n), None, None, word) for n, word in enumerate(texts, 1))
        count += len(words)
        if words:
            made.append(Turn(words[0].id, words[-1].id, None, None, said["speaker"], words, len(words), 1.0))
    return made


def floors(meetings: dict[str, list[Turn]], ranked: dict[str, tuple[Story, ...]]) -> list[Floor]:
    """The labelled floors with what was proposed in them. Ends the program where the words are not those labelled."""
    labelled = json.loads(LABELS.read_text(encoding="utf-8"))["floors"]
    words = {code: {w.id: w.text for turn in talk for w in turn.words} for code, talk in meetings.items()}
    seen = dict.fromkeys(("yes", "no", "unsure"), 0)
    made = []
    for floor in labelled:
        code, first, last = floor["first"].rpartition(":")[0], floor["first"], floor["last"]
        text = " ".join(text for key, text in words[code].items() if first <= key <= last)
        if hashlib.sha256(text.encode()).hexdigest()[:16] != floor["sha256"]:
            raise SystemExit(f"{first} in {code} has other words than those that were labelled.")
        within = [story.score for story in ranked[code] if first <= story.span.first <= last]
        score = max(within, default=0.0)
        seen[floor["story"]] += 1
        tuned = seen[floor["story"]] % 2 == 1
        at_random = floor["drawn"] == "at random"
        made.append(Floor(first, floor["story"], at_random, tuned, score, score >= stories.LEAST))
    return made


def tell(title: str, found: Sequence[Floor]) -> None:
    told = [f for f in found if f.story == "yes"]
    proposed = [f for f in found if f.proposed]
    right = sum(f.proposed for f in told)
    rank = sorted(found, key=lambda f: (-f.score, f.first))
    hits = [n for n, floor in enumerate(rank) if floor.story == "yes"]
    precision = right / len(proposed) if proposed else 0.0
    ap = sum((k + 1) / (n + 1) for k, n in enumerate(hits)) / len(hits)
    print(
        f"{title:26} {len(found):3} floors, {len(told):2} stories, {len(proposed):2} proposed: "
        f"precision {precision:.2f}, recall {right / len(told):.2f}, AP {ap:.2f} (chance {len(told) / len(found):.2f})"
    )


if __name__ == "__main__":
    main()
