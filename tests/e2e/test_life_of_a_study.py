"""The whole life of a study with real models: recorded, attributed, corrected, checked, coded, reported; then a member
withdraws, the recording is destroyed, the codebook changes, and a second meeting arrives.

Real voices (../shared/data/clips) on one long track. Six minutes as a test; COPIPE_LIFE_MINUTES=120 for a meeting of
the usual length.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copipe.records import Segment, SpeakerTurn, Turn, Voice
from copipe.study import audit
from copipe.study.anchors import plain
from copipe.study.store import from_lines

SHARED = Path(__file__).resolve().parents[3] / "shared"
CLIPS = SHARED / "data" / "clips"
MINUTES = float(os.environ.get("COPIPE_LIFE_MINUTES", "6"))
ROLES = {"1688": "SN1", "2609": "SN2", "3080": "CS", "3331": "OT", "367": "CG"}
LEAVES = "OT"
RUN = 4  # words in a row by which a quotation is known
FIRST_CODES = """\
name: first
codes:
  - key: speech
    label: Speech reported
    definition: Somebody says what somebody said.
    seeds: [said, told, asked]
"""
SECOND_CODES = (
    FIRST_CODES
    + """\
  - key: people
    label: People
    definition: Somebody is spoken of.
    seeds: [man, woman, girl, boy, people]
"""
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLIPS.is_dir(), reason=f"no {CLIPS}: real voices are not here"),
]
Run = Callable[..., str]


def compose(folder: Path, voices: dict[str, str], minutes: float, seed: int, share: int = 1) -> list[dict[str, object]]:
    """One track of at least `minutes` in folder/meeting.flac, round after round of the clips; who said what when.

    Of the clips each round has one in `share`.
    """
    import numpy as np
    import soundfile

    folder.mkdir(parents=True)
    said: list[dict[str, object]] = []
    at = 0.0
    with soundfile.SoundFile(folder / "meeting.flac", "w", 16_000, 1, subtype="PCM_16") as track:
        while at < 60 * minutes:
            part = folder / f"round{seed}"
            command = [sys.executable, SHARED / "tools" / "compose_meetings.py", CLIPS, part, "--meetings", share]
            command += ["--voices", ",".join(voices), "--roles", ",".join(voices.values()), "--seed", str(seed)]
            subprocess.run([str(c) for c in command], check=True, capture_output=True)
            samples, _ = soundfile.read(part / "M01.flac", dtype="float32")
            track.write(np.asarray(samples))
            for row in json.loads((part / "M01.seglst.json").read_text()):
                said.append({**row, "start_time": row["start_time"] + at, "end_time": row["end_time"] + at})
            at, seed = at + len(samples) / 16_000, seed + 1
    return said


def private(study: Path, meeting: str, stage: str) -> list[str]:
    folder = study / "private" / "work" / meeting
    key = json.loads((folder / "current.json").read_text())[stage]
    return (folder / stage / key / "data.jsonl").read_text().splitlines()


def assign(run: Run, study: Path, meeting: str, said: list[dict[str, object]]) -> None:
    """Say who each voice is, as somebody who was there would: by whom it speaks with most."""
    shared: dict[str, Counter[str]] = {}
    for turn in from_lines(private(study, meeting, "speakers"), SpeakerTurn):
        for row in said:
            both = min(turn.end, float(str(row["end_time"]))) - max(turn.start, float(str(row["start_time"])))
            if turn.exclusive and both > 0:
                shared.setdefault(turn.label, Counter())[str(row["speaker"])] += both  # type: ignore[assignment]
    pairs = [f"{label}={times.most_common(1)[0][0]}" for label, times in shared.items()]
    assert {p.partition("=")[2] for p in pairs} >= set(ROLES.values()) - {LEAVES}, pairs
    run("roles", "assign", meeting, *pairs)


def runs(words: list[str]) -> set[tuple[str, ...]]:
    spoken = [p for p in map(plain, words) if p]
    return {tuple(spoken[i : i + RUN]) for i in range(len(spoken) - RUN + 1)}


def texts(study: Path) -> Iterator[tuple[str, str]]:
    """Every file of a study as text, members of archives as well; JSON records also as running text."""
    for path in sorted(p for p in study.rglob("*") if p.is_file()):
        name = path.relative_to(study).as_posix()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for member in archive.namelist():
                    yield f"{name}/{member}", archive.read(member).decode("utf-8", errors="replace")
        elif path.suffix not in (".flac", ".wav"):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield name, text
            yield name, " ".join(re.findall(r'"text":\s*"([^"]*)"', text))


def where(study: Path, wanted: set[tuple[str, ...]]) -> set[str]:
    """Files in which any of these runs of words can be read."""
    found = set()
    for name, text in texts(study):
        tokens = [p for p in map(plain, re.findall(r"[^\W_]+(?:['’\-][^\W_]+)*", text)) if p and not p.isdigit()]
        if any(tuple(tokens[i : i + RUN]) in wanted for i in range(len(tokens) - RUN + 1)):
            found.add(name)
    return found


def labelled(text: str) -> dict[str, str]:
    """What stands on each "page.line" of a transcript of record, speaker included, with what is left over below it."""
    found: dict[str, str] = {}
    page = 0
    for line in text.split("\n"):
        if at := re.search(r'id="p(\d+)"', line):
            page = int(at[1])
        if at := re.match(r"\s?(\d+)(?:  (.*))?$", line):
            found[f"{page}.{at[1]}"] = at[2] or ""
        elif found and line.startswith("   ") and line.strip():
            found[list(found)[-1]] += f" {line.strip()}"
    return found


def states(run: Run, meeting: str) -> dict[str, str]:
    rows = json.loads(run("status", "--json"))["meetings"]
    found: dict[str, str] = next(r["stages"] for r in rows if r["meeting"] == meeting)
    return found


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return tmp_path / "study"


@pytest.fixture
def run(study: Path) -> Run:
    def call(*args: object, code: int = 0) -> str:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "copipe", "-s", str(study), *map(str, args)],
            env={**os.environ, "COLUMNS": "200", "COPIPE_WHO": "CS"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        sys.stdout.write(f"{time.monotonic() - began:7.1f} s  copipe {' '.join(map(str, args))}\n")
        assert done.returncode == code, f"{args}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return call


def test_the_whole_life_of_a_study(study: Path, run: Run, tmp_path: Path) -> None:
    said = compose(tmp_path / "one", ROLES, MINUTES, 1)
    subprocess.run([sys.executable, "-m", "copipe", "init", str(study)], check=True, capture_output=True)
    (study / "participants.toml").write_text(
        "# Who is in the study.\n\n"
        + "\n".join(
            f'[[participant]]\nrole = "{r}"  # code\nconsent = "full"  # asked in September\n' for r in ROLES.values()
        )
    )
    present = json.dumps(list(ROLES.values()))
    first = f'[[meeting]]\ncode = "L1"\ndate = 2010-02-17\npresent = {present}\nrecording = "L1.flac"\n'
    (study / "meetings.toml").write_text(first)
    recording = study / "private" / "recordings" / "L1.flac"
    (tmp_path / "one" / "meeting.flac").replace(recording)
    (study / "codebooks" / "codebook.yaml").write_text(FIRST_CODES)
    run("models", "list")
    run("run")

    # Attributed, corrected, checked, coded, reported.
    assign(run, study, "L1", said)
    run("run")
    edited = study / "private" / "L1.txt"
    run("correct", "L1", "--out", edited)
    turns = re.split(r"\n(?=\[)", edited.read_text())
    number = next(i for i, t in enumerate(turns) if re.match(rf"\[[\d:]+\] {LEAVES}: ", t))
    other = next(i for i, t in enumerate(turns) if re.match(r"\[[\d:]+\] SN1: ", t))
    turns[number] = turns[number].rstrip() + " quagga thylacine dodo moa\n"
    turns[other] = turns[other].rstrip() + " aurochs tarpan mammoth huia\n"
    edited.write_text("\n".join(turns))
    assert "Stored" in run("correct", "L1", "--in", edited, "--yes")
    run("listen", "L1", re.match(r"\[([\d:]+)\]", turns[number])[1], "--save")  # type: ignore[index]
    run("run")
    run("check", "L1", "--yes")
    run("run")
    before = labelled((study / "reports" / "L1" / "transcript.md").read_text())
    pages = (study / "decisions" / "pages" / "L1.json").read_text()
    spoken = from_lines(private(study, "L1", "turns"), Turn)
    theirs = {r for t in spoken if t.role == LEAVES for r in runs([w.text for w in t.words])}
    kept = _others(spoken)
    gone = theirs - kept
    assert len(gone) > 50
    assert ("quagga", "thylacine", "dodo", "moa") in gone
    everywhere = where(study, gone)
    assert {name.split("/")[0] for name in everywhere} == {"private", "work", "reports"}
    quoted = re.findall(
        r"^> — (\w+), \[(L1 [^\]]*)\]", (study / "reports" / "L1" / "report.md").read_text(), flags=re.M
    )
    cited = [citation for role, citation in quoted if role != LEAVES and _cited(citation)]
    assert cited
    found = {citation: run("cite", citation) for citation in cited[:5]}
    over = _while_they_speak(spoken, from_lines(private(study, "L1", "speakers"), SpeakerTurn))
    assert len(over) < 0.03 * sum(t.count for t in spoken)

    # What the researcher made by hand of it: an edited report, a pack.
    report = study / "reports" / "L1" / "report.md"
    report.write_text(report.read_text() + "\nMy own reading.\n")
    (study / "exports").mkdir()
    with zipfile.ZipFile(study / "exports" / "pack.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.write(study / "reports" / "L1" / "transcript.md", "transcript.md")
    assert "exports/pack.zip/transcript.md" in where(study, gone)

    # A member withdraws.
    people = (study / "participants.toml").read_text()
    transcribed = (study / "audit.jsonl").read_text().count('"stage": "words"')
    preview = run("withdraw", LEAVES, "--preview")
    assert re.search(r"L1: \d+ turns, \d+ words", preview)
    assert "private/L1.txt" in preview, "a text that lies about is named"
    run("withdraw", LEAVES, "--yes")
    edited.unlink()  # as the preview asked
    assert where(study, gone) == set()
    assert (study / "participants.toml").read_text() == re.sub(
        rf'("{LEAVES}"  # code\nconsent = )"full"', r'\1"withdrawn"', people
    )
    run("run")
    assert where(study, gone) == set()
    assert (study / "audit.jsonl").read_text().count('"stage": "words"') == transcribed
    after = labelled((study / "reports" / "L1" / "transcript.md").read_text())
    (tmp_path / "lines.json").write_text(json.dumps([before, after]))
    assert (study / "decisions" / "pages" / "L1.json").read_text() == pages
    assert after.keys() == before.keys()
    changed = {k for k in before if after[k] != before[k]}
    stand = [k for k in before if re.search("aurochs|tarpan|mammoth|huia", before[k])]
    assert stand
    assert not set(stand) & changed
    lost = _lines_of(before, LEAVES)
    for label in changed - lost:  # what is said while they speak goes too: it may be theirs
        lost_words, new_words = (
            _words(before[label]) - _words(after[label]),
            _words(after[label]) - _words(before[label]),
        )
        assert lost_words <= over, (label, lost_words - over, before[label], after[label])
        assert new_words <= set(map(plain, ROLES.values())), (label, new_words)
    found = {c: said if _cited(c).isdisjoint(changed) else run("cite", c) for c, said in found.items()}
    assert {c: run("cite", c) for c in found} == found
    voices = {v.label: v for v in from_lines(private(study, "L1", "speakers"), Voice)}
    assert sum(v.embedding == () for v in voices.values()) >= 1
    assert not (study / "private" / "voices" / LEAVES).exists()
    assert (study / "private" / "voices" / "SN1").exists()
    blanked = [w for s in from_lines(private(study, "L1", "words"), Segment) for w in s.words if w.text in ("", ".")]
    assert len(blanked) > 20
    assert audit.broken_at(study / "audit.jsonl") is None
    assert '"what": "withdrawal complete"' in (study / "audit.jsonl").read_text()

    # The recording is destroyed.
    run("destroy", "L1", "--yes")
    assert not recording.exists()
    assert list((study / "certificates" / "L1").glob("*.md"))
    assert "up to date" in run("run")
    assert states(run, "L1")["words"] == states(run, "L1")["speakers"] == "frozen"
    assert labelled((study / "reports" / "L1" / "transcript.md").read_text()) == after

    # A new codebook.
    (study / "codebooks" / "second.yaml").write_text(SECOND_CODES)
    made = re.search(r"Made: (.*)\.", run("run", "--codebook", study / "codebooks" / "second.yaml"))
    assert made
    assert not {"words", "speakers", "turns", "anonymised"} & set(re.findall(r"[a-z]+", made[1]))
    assert "People" in (study / "reports" / "L1" / "report.md").read_text()
    assert where(study, gone) == set()

    # A second meeting arrives.
    rest = {voice: role for voice, role in ROLES.items() if role != LEAVES}
    again = compose(tmp_path / "two", rest, 2, 99, share=3)
    (tmp_path / "two" / "meeting.flac").replace(study / "private" / "recordings" / "L2.flac")
    second = json.dumps(list(rest.values()))
    (study / "meetings.toml").write_text(
        first + f'\n[[meeting]]\ncode = "L2"\ndate = 2010-03-17\npresent = {second}\nrecording = "L2.flac"\n'
    )
    (study / "codebooks" / "codebook.yaml").write_text(SECOND_CODES)
    run("run")
    assert again
    shown = from_lines(private(study, "L2", "turns"), Turn)
    known = sum(t.count for t in shown if t.role in rest.values())
    assert known > 0.5 * sum(t.count for t in shown), "those who stayed are known again by their voices"
    assert not any(t.role == LEAVES for t in shown)
    assert labelled((study / "reports" / "L1" / "transcript.md").read_text()) == after
    assert {c: run("cite", c) for c in found} == found
    assert where(study, gone - _others(shown)) == set()
    assert audit.broken_at(study / "audit.jsonl") is None
    assert "artifacts unchanged" in run("audit", "verify")
    assert "up to date" in run("run")


def _words(line: str) -> set[str]:
    """What is said on a line: not what stands there for names, or for somebody's words."""
    said = re.sub(r"\[(?!\w+:\])[^\]]*\]", " ", line)
    return {p for p in map(plain, re.findall(r"[^\W_]+(?:['’\-][^\W_]+)*", said)) if p and not p.isdigit()}


def _cited(citation: str) -> set[str]:
    """The labels of the lines of one page that are cited; none where it is more than one page."""
    at = re.match(r"L1 p\. (\d+), ll?\. (\d+)(?:-(\d+))?,", citation)
    return {f"{at[1]}.{n}" for n in range(int(at[2]), int(at[3] or at[2]) + 1)} if at else set()


def _while_they_speak(turns: tuple[Turn, ...], heard: tuple[SpeakerTurn, ...]) -> set[str]:
    """Words of others said while somebody who leaves is heard, too."""
    theirs = Counter(
        h.label
        for t in turns
        for h in heard
        if t.role == LEAVES and h.exclusive and (t.start or 0.0) <= h.start < (t.end or 0.0)
    )
    voice = theirs.most_common(1)[0][0]
    spans = [(h.start, h.end) for h in heard if h.label == voice]
    others = [w for t in turns if t.role != LEAVES for w in t.words]
    return {
        p for w in others if any(a < (w.end or 0.0) and (w.start or 0.0) < b for a, b in spans) for p in _words(w.text)
    }


def _others(turns: tuple[Turn, ...]) -> set[tuple[str, ...]]:
    """What the others say by attribution, in each turn and from one to the next: a sentence that was taken for theirs
    in another round may stand there in two pieces."""
    stay = [w for t in turns if t.role != LEAVES for w in t.words]
    one_after_another = runs([w.text for w in stay]) | runs([w.text for w in sorted(stay, key=lambda w: w.id)])
    return one_after_another.union(*(runs([w.text for w in t.words]) for t in turns if t.role != LEAVES))


def _lines_of(shown: dict[str, str], role: str) -> set[str]:
    """The lines of a transcript on which a role speaks: from where it is named to where the next is.

    Another may be named at the beginning of a line, or in the middle of one ("[SN1:]").
    """
    found, now = set(), ""
    for label, text in shown.items():
        if named := re.match(r"(?:[\d:]{8}\s+)?(\S+)\s{2,}\S", text.strip()) if _opens(text) else None:
            now = named[1]
        if role in (now, *(spoken := re.findall(r"\[(\w+):\]", text))):
            found.add(label)
        now = spoken[-1] if spoken else now
    return found


def _opens(text: str) -> bool:
    return re.match(r"\d\d:\d\d:\d\d", text.strip()) is not None
