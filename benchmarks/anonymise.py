"""How much of what identifies somebody is found, and how much else is taken with it, as Markdown tables.

    python benchmarks/anonymise.py [--skip-rival] [--each 12]

Recall on a published set of sentences (`../shared/data/pii`, skipped where absent) and on sentences with British names
and identifiers made by benchmarks/pii_sets.py: as written; in small letters without punctuation; and with numbers and
addresses said in words besides. Choices were made on the "tuned" halves; the sentences of the others were not looked at
for it. A span counts as hidden when every letter and digit of it is covered, whatever it is taken for. Countries of the
allow-list (France, the UK) stay on purpose and count as missed places. The rival is Presidio with its default
recognisers and the same spaCy model; what it takes for a date or a nationality hides no name.

Recall of names of a roster, as they are and with one slip of a letter. False alarms on real sessions and consultations,
written and in small letters, after the allow-list, with no roster and nothing decided: what was real there was told by
hand, word by word, and is kept as checksums. Words a second on the same texts, models loaded.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pii_sets
from pii_sets import STRUCTURED, Case

from copipe.anonymise.dictionary import Dictionary, dictionary
from copipe.anonymise.recognise import findings, recogniser  # hides what Presidio need not import
from copipe.anonymise.recognise import presidio as recognise_presidio
from copipe.anonymise.replacements import Rules, plan
from copipe.anonymise.roster.roster import Entry, Roster
from copipe.models import store
from copipe.study.settings import defaults

SHARED = Path(__file__).resolve().parents[1] / "../shared/data"
SETTINGS = defaults().anonymise
WAYS = ("written", "small letters", "said")
# SHA-256 (ten digits) of the words of names, places and addresses that really are in the sessions and consultations.
REAL = frozenset(
    """
    0545493de4 057d11446d 0b54232dc6 125ec1a292 194557e31d 26ae784d19 31611159e7 32f987ecd3 3bcfa15cef 4007d46292
    4135aa9dc1 419573d714 4927157378 4d3971de62 5251d79923 52e8e47b38 5d702eb079 6089854c94 6627835f98 6915771be1
    6e1a5d4010 6efcbfb1f9 73e29454bd 824cffa050 8bdac6b38d 8cb285b043 952e20d733 96d9632f36 9fe3b18c44 a94d9abfd5
    b1efc77a39 b8bb912dde c0d19e4483 cc0572c917 d233633d95 d66a988e71 dc355ec75a e1fc45f788 eadb051e48 ec4f2dbb3b
    ee4a4d2d0f f0b2481d6b f5a1971c2e f5be4b62e1 f89767726a fccaeb43cd
    """.split()
)


@dataclass(frozen=True, slots=True)
class Seen:
    """`[start, end)` of a text would be replaced or hidden."""

    start: int
    end: int
    kind: str


Finder = Callable[[Sequence[str]], list[list[Seen]]]


def ours(texts: Sequence[str]) -> list[list[Seen]]:
    """What copipe replaces or hides with an empty roster; and dates and ages, whatever the policy leaves of them."""
    rules = Rules(dictionary=dictionary(SETTINGS.spacy_model))
    found = findings.find_in_texts(texts, SETTINGS)
    return [
        [
            *(Seen(s.start, s.end, s.kind) for s in plan(text, each, rules) if s.kind not in ("date", "age")),
            *(Seen(f.start, f.end, f.kind) for f in each if f.kind in ("date", "age")),
        ]
        for text, each in zip(texts, found, strict=True)
    ]


def rival() -> Finder:
    """Presidio as it comes, with our spaCy model in place of the one it would fetch, and its snapshot of suffixes."""
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    tldextract.extract = recognise_presidio._SUFFIXES
    model = {"lang_code": "en", "model_name": str(store.locate(SETTINGS.spacy_model))}
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": [model]}).create_engine()
    analyser = AnalyzerEngine(nlp_engine=nlp)
    kinds = {"PERSON": "person", "LOCATION": "place", "ORGANIZATION": "organisation", "DATE_TIME": "date", "NRP": "-"}
    kinds |= {**recognise_presidio.KINDS, "US_SSN": "id", "US_DRIVER_LICENSE": "id"}

    def find(texts: Sequence[str]) -> list[list[Seen]]:
        found = [[(r.start, r.end, kinds.get(r.entity_type, "id")) for r in analyser.analyze(t, "en")] for t in texts]
        return [[Seen(*each) for each in row if each[2] != "-"] for row in found]

    return find


# --- recall and precision


@dataclass(slots=True)
class Tally:
    """Spans by kind: how many there are, how many are hidden whole; and what was hit, how much of it rightly."""

    spans: Counter[str]
    hidden: Counter[str]
    hits: Counter[str]
    right: Counter[str]

    def recall(self, *kinds: str) -> str:
        of = sum(self.spans[k] for k in kinds)
        return f"{sum(self.hidden[k] for k in kinds) / of:.3f}" if of else "-"

    def precision(self, *kinds: str) -> str:
        of = sum(self.hits[k] for k in kinds)
        return f"{sum(self.right[k] for k in kinds) / of:.3f}" if of else "-"


def tally(cases: Sequence[Case], find: Finder) -> Tally:
    result = Tally(Counter(), Counter(), Counter(), Counter())
    for case, seen in zip(cases, find([case.text for case in cases]), strict=True):
        for span in case.spans:
            letters = {n for n in range(span.start, span.end) if case.text[n].isalnum()}
            if not letters:
                continue
            result.spans[span.kind] += 1
            by = [s for s in seen if (s.kind in ("date", "age")) == (span.kind in ("date", "age"))]
            result.hidden[span.kind] += letters <= {n for s in by for n in range(s.start, s.end)}
        for s in seen:
            result.hits[s.kind] += 1
            result.right[s.kind] += any(s.start < span.end and span.start < s.end for span in case.spans)
    return result


def ways(cases: Sequence[Case]) -> dict[str, list[Case]]:
    rng = random.Random(3)
    return {
        "written": list(cases),
        "small letters": [pii_sets.said(case, False, rng) for case in cases],
        "said": [pii_sets.said(case, True, rng) for case in cases],
    }


def recall_tables(each: int, presidio: Finder | None) -> Iterator[str]:
    sets: dict[str, Sequence[Case]] = {}
    if pii_sets.PII.exists():
        tuned, held_out = pii_sets.published()
        sets |= {"published, tuned": tuned, "published, held out": held_out}
    else:
        yield f"(no published set: {pii_sets.PII} is absent)"
    sets |= {"British, tuned": pii_sets.made(False, 1, each), "British, held out": pii_sets.made(True, 2, each)}
    yield "## Recall: spans hidden whole\n"
    yield "| set | text | people | identifiers | places | organisations | dates | ages |"
    yield "|---|---|---|---|---|---|---|---|"
    detail: list[tuple[str, str, Tally]] = []
    for name, cases in sets.items():
        for way, texts in ways(cases).items():
            finders = [("", ours)] + ([(" (Presidio)", presidio)] if presidio and "held out" in name else [])
            for who, find in finders:
                t = tally(texts, find)
                cells = (t.recall("person"), t.recall(*STRUCTURED), *(t.recall(k) for k in _OTHERS))
                yield f"| {name}{who} | {way} | " + " | ".join(cells) + " |"
                if "held out" in name and not who:
                    detail.append((name, way, t))
    yield "\n## By kind, held-out halves: recall, and precision of what is called so, written / small letters / said\n"
    yield "| set | kind | spans | recall | precision |"
    yield "|---|---|---|---|---|"
    for name in dict.fromkeys(name for name, _, _ in detail):
        three = [t for n, _, t in detail if n == name]
        for kind in sorted(three[0].spans | three[0].hits):
            recalls = " / ".join(t.recall(kind) for t in three)
            precisions = " / ".join(t.precision(kind) for t in three)
            yield f"| {name} | {kind} | {three[0].spans[kind]} | {recalls} | {precisions} |"


_OTHERS = ("place", "organisation", "date", "age")


# --- the roster


def roster_table() -> Iterator[str]:
    names = [*pii_sets.first_names(), *pii_sets.surnames()]
    known = dictionary(SETTINGS.spacy_model)
    sentences = ("So {} said that.", "it was {} who rang the ward", "I asked {}, and nothing.", "that is {}'s idea")
    rng = random.Random(5)
    exact, slips, words = Counter[bool](), Counter[bool](), 0
    for name in names:
        rules = Rules(Roster((Entry("others", name, "[nurse 1]"),)), dictionary=known)
        for sentence in sentences:
            exact[_hidden(sentence, name, rules)] += 1
            if len(name) < 6 or not name.isalpha():
                continue
            for slip in pii_sets.slips(name, rng):
                if _is_word(slip, known):
                    words += 1
                else:
                    slips[_hidden(sentence, slip, rules)] += 1
    yield "\n## Names of the roster\n"
    yield "| what | forms | hidden |"
    yield "|---|---|---|"
    yield f"| as they are | {exact.total()} | {exact[True] / exact.total():.3f} |"
    yield f"| one slip, six letters or more | {slips.total()} | {slips[True] / slips.total():.3f} |"
    yield f"\n({words} slips that are words of English are left out: those stay.)"


def _is_word(slip: str, known: Dictionary) -> bool:
    return known.knows(slip.casefold())


def _hidden(sentence: str, name: str, rules: Rules) -> bool:
    start = sentence.index("{")
    end = start + len(name)
    return any(s.start <= start and s.end >= end for s in plan(sentence.format(name), (), rules))


# --- false alarms


def sessions() -> list[str]:
    files = sorted((SHARED / "coded_sessions/transcripts").glob("*.txt"))
    return [line for file in files for line in _read(file).split("\n") if line.strip()]


def consultations() -> list[str]:
    files = sorted((SHARED / "consultations/transcripts").glob("*.TextGrid"))
    said = [m[1] for file in files for m in re.finditer(r'text = "((?:[^"]|"")*)"', _read(file))]
    return [text for text in (re.sub("<[^>]*>", "", s.replace('""', '"')).strip() for s in said) if text]


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def checksum(word: str) -> str:
    """What stands for a word in REAL."""
    return hashlib.sha256(word.casefold().encode()).hexdigest()[:10]


def is_real(form: str) -> bool:
    """True where a word of `form` is one that was told by hand to be (part of) a real name, place or address."""
    return any(checksum(word) in REAL for word in re.findall(r"[^\W_]+", form))


def alarms_table(presidio: Finder | None) -> Iterator[str]:
    yield "\n## False alarms, and words a second\n"
    yield "| texts | words | rightly hidden | dates and ages | false alarms | for 1,000 words | words a second |"
    yield "|---|---|---|---|---|---|---|"
    for name, texts in (("sessions", sessions()), ("consultations", consultations())):
        if not texts:
            yield f"| {name} | absent | | | | | |"
            continue
        small = [re.sub(r"[^\w\s'\u2019]|_", " ", text.lower()) for text in texts]
        rows: list[tuple[str, Sequence[str], Finder]] = [(name, texts, ours), (f"{name}, small letters", small, ours)]
        rows += [(f"{name} (Presidio)", texts, presidio)] if presidio else []
        for label, each, find in rows:
            find(["Warm up: a name, Jo Smith, and jo@nhs.net."])
            words = sum(len(text.split()) for text in each)
            begun = time.perf_counter()
            seen = [(text[s.start : s.end], s.kind) for text, row in zip(each, find(each), strict=True) for s in row]
            took = time.perf_counter() - begun
            names = [form for form, kind in seen if kind not in ("date", "age")]
            right = sum(map(is_real, names))
            false = len(names) - right
            yield (
                f"| {label} | {words} | {right} | {len(seen) - len(names)} | {false} | {1000 * false / words:.2f} | "
                f"{words / took:.0f} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skip-rival", action="store_true", help="leave Presidio's defaults out")
    parser.add_argument("--each", type=int, default=12, help="sentences made from each template (12)")
    told: Any = parser.parse_args()
    presidio = None if told.skip_rival else rival()
    print(f"copipe's recognisers: {recogniser.identity(SETTINGS)}\n")
    for table in (recall_tables(told.each, presidio), roster_table(), alarms_table(presidio)):
        for line in table:
            print(line, flush=True)


if __name__ == "__main__":
    main()
