"""How well codes are proposed: by seeds, by meaning, and after learning from 1 to 4 sessions that a person coded.

    python benchmarks/coding.py [--tune] [--vectors FOLDER]

../shared/data/coded_sessions: nine think-aloud sessions, coded by a person. Written down before anything was tuned:
learnt from are P11, P13, P15, P17 in this order; tested on are P1, P3, P5, P7, P9. The numbers in code/meaning.py and
code/learn.py were chosen on the four (`--tune`: leaving one session out), but for the parts of the features, which were
compared on the five as well while we looked for them. Lines are turns; a sentence carries a code if at least half of
the shorter of sentence and coded passage is shared. Codes with at least five sentences in both parts count. mAP is the
mean over codes of the average precision over all sentences of the test. Seeds are made from label and description
alone, mechanically. Precision and recall are of the sentences that candidates cover, all codes together.

../shared/data/qmsum: topics that annotators gave to turns, each a code of its own meeting, by its name alone. The first
meeting of four collections in the alphabet; no tuning.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from copipe.code.propose import candidates, embeddings, learning, meaning
from copipe.code.propose.keyness import idle_words
from copipe.code.seeds import parses
from copipe.records import Candidate, Code, Codebook, Turn, Word, word_id
from copipe.study.settings import defaults

DATA = Path(__file__).parents[2] / "shared" / "data"
LEARN = ("P11", "P13", "P15", "P17")
TEST = ("P1", "P3", "P5", "P7", "P9")
QMSUM = ("Bed002", "Bmr005", "ES2006a", "covid_2")
MODEL = "all-MiniLM-L6-v2"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tune", action="store_true", help="the four sessions alone, each left out in turn")
    parser.add_argument("--vectors", type=Path, help="folder that keeps the vectors of sentences between runs")
    options = parser.parse_args()
    folder = options.vectors or Path(tempfile.gettempdir()) / "copipe-bench-coding"
    folder.mkdir(parents=True, exist_ok=True)
    if not (DATA / "coded_sessions").is_dir():
        raise SystemExit(f"{DATA / 'coded_sessions'} is not there: nothing to measure on.")
    sessions = Sessions(folder)
    if options.tune:
        tune(sessions)
        return
    before_decisions(sessions, TEST)
    curve(sessions)
    topics(folder)


class Sessions:
    """The nine sessions with their codes, and vectors of sentences and of what codes say of themselves."""

    def __init__(self, folder: Path) -> None:
        root = DATA / "coded_sessions"
        rows = list(csv.DictReader((root / "codebook.csv").open(encoding="utf-8")))
        self.codes = [
            Code(f"c{n}", row["tag"], row["description"], seeds=seeds(row["tag"], row["description"]))
            for n, row in enumerate(rows)
        ]
        numbers = {row["tag"]: n for n, row in enumerate(rows)}
        marked = list(csv.DictReader((root / "highlights.csv").open(encoding="utf-8")))
        self.made: dict[str, learning.Session] = {}
        self.turns: dict[str, list[Turn]] = {}
        self.truth: dict[str, np.ndarray] = {}
        for name in (*LEARN, *TEST):
            path = next((root / "transcripts").glob(f"{name}_*"))
            lines = [line.split() for line in path.read_text(encoding="utf-8-sig").split("\n") if line.strip()]
            self.turns[name] = spoken(name, lines)
            columns = parses.build(name, self.turns[name])
            self.made[name] = learning.Session(columns, vectors(folder, name, columns))
            coded = [(numbers[m["tag"]], m["content"]) for m in marked if m["document"] == path.name]
            self.truth[name] = carried(columns, lines, coded, len(rows))
        self.of_codes = code_vectors(self.codes)
        both = [np.vstack([self.truth[n] for n in names]).sum(0) for names in (LEARN, TEST)]
        self.counting = [n for n in range(len(rows)) if min(both[0][n], both[1][n]) >= 5]

    def all(self, names: Iterable[str]) -> np.ndarray:
        return np.vstack([self.truth[name] for name in names])

    def near(self, name: str) -> meaning.Near:
        made = self.made[name]
        return meaning.near(made.columns, made.space, self.codes, self.of_codes)


def spoken(name: str, lines: Sequence[Sequence[str]]) -> list[Turn]:
    turns, number = [], 0
    for line in lines:
        words = tuple(Word(word_id(name, number + n), None, None, text) for n, text in enumerate(line, 1))
        number += len(words)
        turns.append(Turn(words[0].id, words[-1].id, None, None, "P", words, len(words), 1.0))
    return turns


def carried(columns: parses.Columns, lines: Sequence[Sequence[str]], coded: Iterable[tuple[int, str]], many: int):  # type: ignore[no-untyped-def]
    """Whether each sentence carries each code: (S, codes)."""
    words = [word for line in lines for word in line]
    ends = np.cumsum([len(word) + 1 for word in words])
    begins = ends - [len(word) + 1 for word in words]
    text = " ".join(words)
    truth = np.zeros((len(columns.first), many), bool)
    low, high = begins[columns.first], ends[columns.last] - 1
    for code, content in coded:
        at = text.find(" ".join(content.split()))
        if at >= 0:
            to = at + len(" ".join(content.split()))
            shared = np.minimum(high, to) - np.maximum(low, at)
            truth[:, code] |= (shared > 0) & (2 * shared >= np.minimum(high - low, to - at))
    return truth


def seeds(label: str, description: str) -> tuple[str, ...]:
    """Seeds from what a code says of itself: every word that is no function word, with any ending."""
    idle = idle_words()
    words = [w for w in re.findall(r"[a-z]+", f"{label} {description}".lower()) if len(w) > 3 and w not in idle]
    return tuple(dict.fromkeys(f"{meaning.stem(w)}*" if len(meaning.stem(w)) > 3 else w for w in words))


def vectors(folder: Path, name: str, columns: parses.Columns) -> meaning.Space:
    kept = folder / f"{name}.bin"
    if not kept.exists():
        kept.write_bytes(meaning.dump(meaning.space(columns, lambda texts: embeddings.embed(texts, MODEL))))
    made = meaning.load(kept.read_bytes())
    if len(made.alone) != len(columns.first):
        kept.unlink()
        return vectors(folder, name, columns)
    return made


def code_vectors(codes: Sequence[Code]) -> dict[str, meaning.Floats]:
    texts = list(dict.fromkeys(t.text for code in codes for t in meaning.about(code)))
    return dict(zip(texts, embeddings.embed(texts, MODEL), strict=True))


def precision_of(truth: np.ndarray, score: np.ndarray) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(truth, score))


def mean_ap(sessions: Sessions, names: Sequence[str], scores: np.ndarray, least: int = 1) -> float:
    truth = sessions.all(names)
    counting = [n for n in sessions.counting if truth[:, n].sum() >= least]
    return float(np.mean([precision_of(truth[:, n], scores[:, n]) for n in counting]))


def proposed(sessions: Sessions, names: Sequence[str], found: dict[str, list[Candidate]]) -> str:
    """Precision and recall of the sentences of candidates, all codes together, and candidates per code and session."""
    hits = made = 0
    keys = {code.key: n for n, code in enumerate(sessions.codes)}
    for name in names:
        columns = sessions.made[name].columns
        ids = [columns.id(int(i)) for i in columns.first]
        on = np.zeros_like(sessions.truth[name])
        for c in found[name]:
            rows = [n for n, first in enumerate(ids) if c.span.first <= first <= c.span.last]
            on[rows, keys[c.code]] = True
        hits, made = hits + int((on & sessions.truth[name]).sum()), made + int(on.sum())
    total = int(sessions.all(names).sum())
    many = sum(map(len, found.values())) / len(names) / len(sessions.codes)
    return f"{hits / max(1, made):.2f} | {hits / total:.2f} | {many:.1f}"


def by_seeds(sessions: Sessions, names: Sequence[str]) -> tuple[np.ndarray, dict[str, list[Candidate]]]:
    book = Codebook("bench", tuple(sessions.codes), "")
    scores, found = [], {}
    for name in names:
        columns = sessions.made[name].columns
        found[name] = list(candidates.find(columns, book, defaults().code, "0" * 64).candidates)
        ids = [columns.id(int(i)) for i in columns.first]
        at = {first: n for n, first in enumerate(ids)}
        made = np.zeros(sessions.truth[name].shape)
        keys = {code.key: n for n, code in enumerate(sessions.codes)}
        for c in found[name]:
            row = at[c.span.first]
            while row < len(ids) and ids[row] <= c.span.last:
                made[row, keys[c.code]] = c.score
                row += 1
        scores.append(made)
    return np.vstack(scores), found


def before_decisions(sessions: Sessions, names: Sequence[str]) -> None:
    truth = sessions.all(names)
    chance = np.mean([truth[:, n].mean() for n in sessions.counting])
    print(f"{len(sessions.counting)} codes; {len(truth)} sentences of {', '.join(names)}; chance {chance:.3f}\n")
    print("| before any decision | mAP | precision | recall | candidates per code and session |")
    print("| --- | ---: | ---: | ---: | ---: |")
    scores, found = by_seeds(sessions, names)
    first, told = mean_ap(sessions, names, scores), proposed(sessions, names, found)
    print(f"| seeds from label and description | {first:.3f} | {told} |")
    near = {name: sessions.near(name) for name in names}
    close = {name: meaning.propose(sessions.made[name].columns, near[name], sessions.codes, "0" * 64) for name in names}
    ranks = np.vstack([near[name].scores for name in names])
    print(f"| seeds and meaning | {mean_ap(sessions, names, ranks):.3f} | |")
    print(f"| proposed by meaning alone | | {proposed(sessions, names, close)} |\n")


def learnt(sessions: Sessions, taught: Sequence[str], names: Sequence[str]):  # type: ignore[no-untyped-def]
    """Scores for sessions, and candidates, from what a person coded in `taught`."""
    order = [*taught, *names]
    teacher = learning.Teacher([sessions.made[n] for n in order], range(len(taught)))
    known, models = [], []
    for n in range(len(sessions.codes)):
        labels = {i: np.where(sessions.truth[name][:, n], 1.0, -1.0) for i, name in enumerate(taught)}
        if (model := teacher.model(labels)) is not None:
            known.append(n)
            models.append(model)
    scores, found = [], {}
    for i, name in enumerate(names, len(taught)):
        codes = [sessions.codes[n] for n in known]
        found[name], _ = learning.propose(teacher, i, codes, models, "0" * 64)
        made = sessions.near(name).scores - 100.0  # of codes that are not learnt yet: what meaning says
        made[:, known] = teacher.scores(i, models)
        scores.append(made)
    return np.vstack(scores), found, len(known)


def curve(sessions: Sessions) -> None:
    print("| sessions learnt | codes learnt | mAP | precision | recall | candidates per code and session | seconds |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for many in range(1, len(LEARN) + 1):
        began = time.perf_counter()
        scores, found, known = learnt(sessions, LEARN[:many], TEST)
        took = time.perf_counter() - began
        told = proposed(sessions, TEST, found)
        print(f"| {many} | {known} | {mean_ap(sessions, TEST, scores):.3f} | {told} | {took:.0f} |", flush=True)
    print()


def tune(sessions: Sessions) -> None:
    ranks = np.vstack([sessions.near(name).scores for name in LEARN])
    print(f"meaning, mAP {mean_ap(sessions, LEARN, ranks, 2):.3f}")
    near = {name: sessions.near(name) for name in LEARN}
    for sure in (1.4, 1.8, 2.2, 2.6, 3.0):
        for most in (2, 3, 5):
            meaning.SURE, meaning.MOST = sure, most
            close = {
                name: meaning.propose(sessions.made[name].columns, near[name], sessions.codes, "0" * 64)
                for name in LEARN
            }
            print(f"meaning, from {sure}, at most {most}: {proposed(sessions, LEARN, close)}", flush=True)
    maps: list[float] = []
    kept = {sure: {} for sure in (-2.0, -1.0, 0.0, 1.0, 2.0)}  # type: ignore[var-annotated]
    for name in LEARN:
        for sure in kept:
            learning.SURE = sure
            scores, found, _ = learnt(sessions, [n for n in LEARN if n != name], [name])
            kept[sure] |= found
        maps.append(mean_ap(sessions, [name], scores, 2))
    print(f"learnt, mAP {np.mean(maps):.3f}")
    for sure, found in kept.items():
        print(f"learnt, from {sure}: {proposed(sessions, LEARN, found)}")


def topics(folder: Path) -> None:
    """Topics of meetings by their name alone."""
    import json

    if not (DATA / "qmsum").is_dir():
        return
    rows = []
    for name in QMSUM:
        told = json.loads((DATA / "qmsum" / f"{name}.json").read_text(encoding="utf-8"))
        lines = [(n, t["content"].split()) for n, t in enumerate(told["meeting_transcripts"]) if t["content"].split()]
        turns = spoken(name, [line for _, line in lines])
        columns = parses.build(name, turns)
        codes = [Code(f"t{n}", t["topic"], seeds=seeds(t["topic"], "")) for n, t in enumerate(told["topic_list"])]
        number = np.array([lines[t][0] for t in columns.turn[columns.first]])
        truth = np.zeros((len(number), len(codes)), bool)
        for n, topic in enumerate(told["topic_list"]):
            for first, last in topic["relevant_text_span"]:
                truth[:, n] |= (number >= int(first)) & (number <= int(last))
        counting = [n for n in range(len(codes)) if 5 <= truth[:, n].sum() < len(truth)]
        if not counting:
            continue
        book = Codebook("topics", tuple(codes), "")
        found = candidates.find(columns, book, defaults().code, "0" * 64).candidates
        ids = [columns.id(int(i)) for i in columns.first]
        seeded = np.zeros(truth.shape)
        for c in found:
            rows_of = [n for n, first in enumerate(ids) if c.span.first <= first <= c.span.last]
            seeded[rows_of, int(c.code[1:])] = c.score
        near = meaning.near(columns, vectors(folder, f"q-{name}", columns), codes, code_vectors(codes))
        rows.append(
            [
                float(np.mean([truth[:, n].mean() for n in counting])),
                float(np.mean([precision_of(truth[:, n], seeded[:, n]) for n in counting])),
                float(np.mean([precision_of(truth[:, n], near.scores[:, n]) for n in counting])),
            ]
        )
    chance, seeds_, both = np.mean(rows, 0)
    print(f"Topics of {len(rows)} meetings (qmsum), mAP on sentences: chance {chance:.3f},", end=" ")
    print(f"seeds {seeds_:.3f}, seeds and meaning {both:.3f}")


if __name__ == "__main__":
    main()
