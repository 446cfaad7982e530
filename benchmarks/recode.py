"""How long coding takes when the codebook changes: a million words, 200 codes, 2,000 seeds of all sorts.

    python benchmarks/recode.py [--words 1000000] [--without-spacy]

The words are the meetings of ../shared/data/qmsum, repeated as meetings of their own until there are enough; where that
folder is not there, invented ones. They stand in a store as copipe keeps anonymised turns. Every row is a process of
its own, one thread; its time runs from the first artifact that is read to the last that is flushed to disk: find and
check the artifacts, load, match, make candidates, write them. Starting Python and importing is told apart. The audit
trail and the pointer to what stands, which `copipe run` writes for each meeting as well, are not in it. "At work" is
what the process used of a core; the rest it waited, for the disk or for others on the machine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

QMSUM = Path(__file__).parents[2] / "shared" / "data" / "qmsum"
CODES, SEEDS_EACH = 200, 10
SOURCE = "0" * 64
CONSONANTS, VOWELS = "bcdfghklmnprstvw", "aeiou"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--without-spacy", action="store_true", help="leave out what takes minutes")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step](options.root, options.words)))
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        report(Path(folder), options.words, options.without_spacy)


def report(root: Path, words: int, quick: bool) -> None:
    made = step("make", root, 2 * words)
    print(f"{made['meetings']} meetings, {made['words']:,} words in all ({made['what']}); {CODES} codes,", end=" ")
    print(f"{CODES * SEEDS_EACH} seeds: {made['sorts']}")
    rows: list[tuple[str, dict[str, float]]] = []
    if not quick:
        loop = "spaCy's PhraseMatcher in a loop, parsing as it goes (words, phrases, lemmas only)"
        rows.append((loop, step("loop", root, words)))
    rows.append(
        ("words in columns made and kept, nothing parsed", step("columns", root, 2 * words if quick else words))
    )
    if not quick:
        rows.append(("the same with parses (once for all codebooks)", step("parse", root, words)))
    half, whole = step("new", root, words // 2), step("new", root, words)
    rows += [("new codebook, half the words", half), ("new codebook", whole)]
    rows.append(("one code changed", step("one", root, words)))
    rows.append(("nothing changed but the order of the codes", step("none", root, words)))
    if quick:
        rows.append(("new codebook, twice the words", step("new", root, 2 * words)))
    print("| what | seconds | of them at work | words | candidates | MB written | peak memory, MB | imports, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, told in rows:
        print(
            f"| {name} | {told['seconds']:.2f} | {told['work']:.2f} | {told['words']:,} |"
            f" {told.get('candidates', 0):,} |"
            f" {told.get('bytes', 0) / 1e6:.0f} | {told['memory']:.0f} | {told['imports']:.2f} |"
        )
    print(f"Twice the text takes {whole['work'] / half['work']:.2f} times the work.")


def step(name: str, root: Path, words: int) -> dict[str, float]:
    """Run one step in a process of its own."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, "--step", name, "--root", str(root), "--words", str(words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    told["process"] = time.perf_counter() - begun
    return told


# The meetings


def make(root: Path, words: int) -> dict[str, object]:
    """Anonymised turns in a store, and two codebooks."""
    from copipe.code.codebook import codebook
    from copipe.files import write_file
    from copipe.records import Code, Turn, Word, word_id
    from copipe.study.store import Store, to_line

    store, counts, total, number = Store(root), Counter(), 0, 0
    meetings = list(spoken())
    phrases: Counter[tuple[str, ...]] = Counter()
    while total < words:
        number += 1
        code = f"M{number:04d}"
        turns, n = [], 0
        for role, texts in meetings[(number - 1) % len(meetings)]:
            said = tuple(Word(word_id(code, n + k + 1), None, None, text) for k, text in enumerate(texts))
            turns.append(Turn(said[0].id, said[-1].id, None, None, role, said, len(said), 1.0))
            n += len(said)
            if number <= len(meetings):
                plain = [re.sub(r"\W", "", t.lower()) for t in texts]
                counts.update(p for p in plain if p.isalpha())
                phrases.update(p for p in itertools.pairwise(plain) if all(map(str.isalpha, p)))
        total += n
        store.write(code, "anonymised", "k", turns)
    book, sorts = codes_of(counts, phrases)
    for name, codes in (("book", book), ("changed", [*book[:77], changed(book[77]), *book[78:]])):
        made = codebook.made(name, codes)
        write_file(root / f"{name}.jsonl", "".join(to_line(c) + "\n" for c in made.codes))
    assert all(isinstance(c, Code) for c in book)
    what = "qmsum, repeated" if QMSUM.is_dir() else "invented, qmsum is not here"
    return {"meetings": number, "words": total, "what": what, "sorts": sorts, **used(time.perf_counter())}


def spoken() -> Iterator[list[tuple[str, list[str]]]]:
    """Meetings as turns of role and words; signs that stand alone belong to the word before."""
    if not QMSUM.is_dir():
        yield from invented()
        return
    for path in sorted(QMSUM.glob("*.json")):
        turns: list[tuple[str, list[str]]] = []
        roles: dict[str, str] = {}
        for turn in json.loads(path.read_text())["meeting_transcripts"]:
            texts: list[str] = []
            for text in turn["content"].split():
                if texts and not any(c.isalnum() for c in text):
                    texts[-1] += text
                else:
                    texts.append(text)
            if texts:
                turns.append((roles.setdefault(turn["speaker"], f"R{len(roles) + 1}"), texts))
        yield turns


def invented() -> Iterator[list[tuple[str, list[str]]]]:
    """Thirty meetings of invented words, as often as words are in speech (Zipf)."""
    draw = random.Random(5)
    known = [
        "".join(draw.choice(CONSONANTS) + draw.choice(VOWELS) for _ in range(draw.randint(1, 4))) for _ in range(9000)
    ]
    weights = [1 / (n + 3) for n in range(len(known))]
    for _ in range(30):
        turns = []
        while sum(len(texts) for _, texts in turns) < 10_000:
            texts = draw.choices(known, weights, k=draw.randint(3, 60))
            texts = [t + "." if n % 13 == 12 else t for n, t in enumerate(texts)]
            turns.append((f"R{draw.randint(1, 6)}", texts))
        yield turns


def codes_of(counts: Counter[str], phrases: Counter[tuple[str, ...]]) -> tuple[list, str]:
    """200 codes with 10 seeds each, drawn from what is said: neither the commonest words nor those said once."""
    from copipe.records import Code

    draw = random.Random(7)
    size = sum(counts.values())
    some = sorted(w for w, n in counts.items() if len(w) > 3 and 3e-6 < n / size < 2e-4 and n > 1)
    pairs = sorted(p for p, n in phrases.items() if n > 1 and n / size < 1e-4 and min(map(len, p)) > 2)

    def word() -> str:
        return draw.choice(some)

    def pair() -> str:
        return " ".join(draw.choice(pairs))

    sorts = {
        "words": lambda: word(),
        "phrases": lambda: pair(),
        "globs": lambda: draw.choice([w for w in (word() for _ in range(20)) if len(w) > 4][:1] or [word()])[:-1] + "*",
        "lemmas": lambda: "lemma:" + word(),
        "parts of speech": lambda: word() + "/" + draw.choice(["NOUN", "VERB", "ADJ"]),
        "AND, OR, NOT": lambda: draw.choice(["{} AND ({} OR {})", "({} OR {}) NOT {}"]).format(word(), word(), word()),
        "NEAR": lambda: f"{word()} NEAR/{draw.randint(2, 9)} ({word()} OR {word()[:4]}*)",
        "regular expressions": lambda: rf"re:\b{word()[:5]}\w* (the|a|to|of)\b",
        "affirmed": lambda: "affirmed:" + word(),
        "case": lambda: "case:" + word().capitalize(),
    }
    plan = ["words"] * 3 + ["phrases"] * 2 + ["globs", "lemmas"]
    rest = [s for s in sorts if s not in ("words", "phrases", "globs", "lemmas")]
    codes, told = [], Counter()
    for number in range(CODES):
        seeds: dict[str, str] = {}
        wanted = [*plan, *(rest[(number + k) % len(rest)] for k in range(SEEDS_EACH - len(plan)))]
        for sort in wanted:
            while (seed := sorts[sort]()) in seeds:
                pass
            seeds[seed] = sort
        told.update(seeds.values())
        roles = ("R1", "R2", "R3") if number % 20 == 3 else ()
        not_seeds = (pair(),) if number % 4 == 0 else ()
        unit = "window" if number % 20 == 7 else ""
        codes.append(
            Code(
                f"code-{number:03d}", f"Code {number}", seeds=tuple(seeds), not_seeds=not_seeds, roles=roles, unit=unit
            )
        )
    return codes, ", ".join(f"{n} {sort}" for sort, n in told.most_common())


def changed(code):
    return replace(code, seeds=(*code.seeds[:-1], "question*"))


# What is measured


def begin(root: Path, words: int):
    """Imports, the codebook, and the meetings that make up so many words."""
    start = time.perf_counter()
    from copipe.code.codebook import codebook
    from copipe.code.seeds import lemmas, match, parses, passages  # noqa: F401
    from copipe.records import Code
    from copipe.study.settings import defaults
    from copipe.study.store import Store, from_lines

    imports = time.perf_counter() - start
    books = {
        name: codebook.made(name, from_lines((root / f"{name}.jsonl").read_text().splitlines(), Code))
        for name in ("book", "changed")
    }
    meetings, sizes = [], json.loads((root / "sizes.json").read_text()) if (root / "sizes.json").exists() else {}
    store, total = Store(root), 0
    for folder in sorted(p for p in root.iterdir() if p.is_dir()):
        if folder.name not in sizes:
            data = (folder / "anonymised" / "k" / "data.jsonl").read_text()
            sizes[folder.name] = data.count('{"id":') - data.count('["Turn"')
        if total < words:
            meetings.append(folder.name)
            total += sizes[folder.name]
    (root / "sizes.json").write_text(json.dumps(sizes))
    return store, meetings, books, defaults().code, total, imports


def parse(root: Path, words: int, parsed: bool = True) -> dict[str, object]:
    from copipe.code.seeds import lemmas, parses
    from copipe.records import Turn
    from copipe.study.store import Attachment, from_lines

    store, meetings, _, settings, total, imports = begin(root, words)
    clock = Clock()
    nlp = lemmas.load(settings.spacy_model) if parsed else None
    size = 0
    for meeting in meetings:
        turns = from_lines(store.lines(store.find(meeting, "anonymised", "k")), Turn)
        data = parses.dump(parses.build(meeting, turns, nlp))
        store.write(meeting, "parses", "k", [Attachment(parses.ATTACHMENT, data)])
        size += len(data)
    return {**clock.stop(), "words": total, "bytes": size, **used(imports)}


def columns(root: Path, words: int) -> dict[str, object]:
    return parse(root, words, parsed=False)


def recode(root: Path, words: int, old: str, new: str) -> dict[str, object]:
    """From the artifacts on disk to candidates written, with the codebook `new`; `old` made the last candidates."""
    from copipe.code.propose import candidates
    from copipe.code.seeds import parses

    store, meetings, books, settings, total, imports = begin(root, words)
    book = books[new]
    if new == old:
        book = replace(book, codes=book.codes[::-1])
    clock = Clock()
    now = candidates.fingerprints(book, settings)
    written: list[Path] = []
    for meeting in meetings:

        def load(meeting: str = meeting) -> parses.Columns:
            return parses.load(store.attachment(store.find(meeting, "parses", "k"), parses.ATTACHMENT))

        last = store.find(meeting, "candidates", old) if old else None
        before = candidates.Before(store.lines(last), last.about["codes"]) if last else None
        data = candidates.again(load, book, settings, SOURCE, now, before)
        made = store.write(meeting, "candidates", new + "-again" * (new == old), data, {"codes": now})
        written.append(made.folder / "data.jsonl")
    told = clock.stop()
    found = sum(path.read_text().count('["Candidate"') for path in written)
    size = sum(path.stat().st_size for path in written)
    return {**told, "words": total, "candidates": found, "bytes": size, **used(imports)}


def loop(root: Path, words: int) -> dict[str, object]:
    """What one would write without copipe: parse every turn, ask a PhraseMatcher, keep nothing."""
    import spacy
    from spacy.matcher import PhraseMatcher

    from copipe.models import store as models
    from copipe.records import Turn
    from copipe.study.store import from_lines

    store, meetings, books, settings, total, imports = begin(root, words)
    clock = Clock()
    nlp = spacy.load(models.locate(settings.spacy_model), exclude=["parser", "ner", "senter"])
    lower, lemma = PhraseMatcher(nlp.vocab, attr="LOWER"), PhraseMatcher(nlp.vocab, attr="LEMMA")
    for code in books["book"].codes:
        plain = [nlp.make_doc(s) for s in code.seeds if re.fullmatch(r"[\w ]+", s) and not re.search(r"[A-Z]{2}", s)]
        if plain:
            lower.add(code.key, plain)
        for seed in code.seeds:
            if seed.startswith("lemma:"):
                lemma.add(code.key, [nlp(seed[6:])])
    found = 0
    for meeting in meetings:
        turns = from_lines(store.lines(store.find(meeting, "anonymised", "k")), Turn)
        for doc in nlp.pipe((turn.text for turn in turns), batch_size=256):
            found += len(lower(doc)) + len(lemma(doc))
    return {**clock.stop(), "words": total, "candidates": found, **used(imports)}


class Clock:
    """Seconds on the wall, and those that this process was at work: on a busy machine they are far apart."""

    def __init__(self) -> None:
        self._wall, self._work = time.perf_counter(), time.process_time()

    def stop(self) -> dict[str, float]:
        return {"seconds": time.perf_counter() - self._wall, "work": time.process_time() - self._work}


def used(imports: float) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"memory": peak / (1e6 if sys.platform == "darwin" else 1e3), "imports": imports}


STEPS = {
    "make": make,
    "parse": parse,
    "columns": columns,
    "loop": loop,
    "new": lambda root, words: recode(root, words, "", "book"),
    "one": lambda root, words: recode(root, words, "book", "changed"),
    "none": lambda root, words: recode(root, words, "book", "book"),
}

if __name__ == "__main__":
    main()
