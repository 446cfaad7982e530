"""Twenty people and places named in speech, notes and memos, in awkward ways: none is to be found outside private/."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from copipe.anonymise.roster import roster as rosters
from copipe.cli.terminal.session import asked
from copipe.errors import CopipeError
from tests.e2e.fake_meetings import call
from tests.e2e.studies import set_key

# (table and what stands for it, forms)
ROSTER = (
    ('person\nrole = "SN1"', ("Margaret Hollis", "Margaret", "Mags", "Hollis")),
    ('person\nrole = "CS"', ("Deborah Finch-Marlowe", "Deborah", "Finch-Marlowe")),
    ('person\nrole = "OT"', ("Tom Aspinall", "Tom", "Aspinall")),
    ('person\nrole = "SW"', ("Winifred Okonjo", "Winnie", "Okonjo")),
    ('person\nrole = "V1"', ("Barnaby Cripps", "Barnaby", "Cripps")),
    ('person\nkind = "nurse"', ("Siobhán O'Brien", "Siobhán", "O'Brien", "Shiv")),
    ('person\nkind = "nurse"', ("Zbigniew Wójcik", "Zbigniew", "Wójcik", "Ziggy")),
    ('person\nkind = "consultant"', ("Will Penhaligon", "Will", "Penhaligon")),
    ('person\nkind = "doctor"', ("José Muñoz", "José", "Muñoz")),
    ('person\nkind = "doctor"', ("Percy Featherstonehaugh", "Featherstonehaugh")),
    ('person\nkind = "patient"', ("Mrs Wrigglesworth", "Wrigglesworth")),
    ('person\nkind = "patient"', ("Persephone",)),
    ('person\nkind = "manager"', ("Anne-Marie d'Arcy", "Anne-Marie", "d'Arcy")),
    ('person\nkind = "manager"', ("J. R. Thistlewood", "Thistlewood", "JRT")),
    ('place\nkind = "town"', ("Quillborough",)),
    ('place\nkind = "street"', ("Nether Wallop Road", "Nether Wallop")),
    ('place\nkind = "village"', ("Grimsdyke",)),
    ('organisation\nkind = "hospital"', ("Marlbury General Hospital", "Marlbury General", "Marlbury")),
    ('organisation\nkind = "hospice"', ("St Ethelburga's",)),
    ('organisation\nkind = "ward"', ("Fernleigh Ward", "Fernleigh")),
)
# Looked for by letters alone, so that neither hyphens nor spaces, accents or tags hide them; none is part of a word.
LETTERS = (
    "margaret mags hollis deborah finchmarlowe aspinall winifred winnie okonjo barnaby cripps siobhan obrien zbigniew "
    "wojcik ziggy penhaligon munoz percyf featherstonehaugh wrigglesworth persephone annemarie darcy thistlewood "
    "quillborough netherwallop grimsdyke marlbury ethelburga fernleigh".split()
)
SHORT = ("Tom", "Shiv", "Jose", "Will", "JRT")  # as words, with their capital
UNHEARD = ("purple zebra", "giraffes", "okapi", "aardvark")  # words of and about those who do not consent
VTT = """\
WEBVTT - a meeting with Siobhan O'Brien

NOTE recorded at Marlbury General by Mags Hollis

00:00:01.000 --> 00:00:09.000
<v Margaret Hollis>I was on Fernleigh Ward the other day and Siobhán
O’Brien's discharge letter had gone to Nether

00:00:09.000 --> 00:00:15.000
<v Margaret Hollis>Wallop Road in QUILLBOROUGH, not Marlbury
General Hospital; that was d'Arcy's fault, said mrs wrigglesworth.

00:00:15.000 --> 00:00:25.000
<v Deborah Finch-Marlowe>will you ask Will? The safeguarding lead, W I L L P E N H A L I G O N, and josé munoz.

00:00:25.000 --> 00:00:35.000
<v Winnie Okonjo>A purple zebra, and discharge.

00:00:35.000 --> 00:00:45.000
<v Tom Aspinall>An aardvark of Winnie's. S-I-O-B-H-A-N knows discharge; J.R. Thistlewood's team at St Ethelburgas.
"""
SRT = """\
1
00:00:01,000 --> 00:00:09,000
MARGARET: Discharge went to Nether
Wallop Road, <i>Grims</i>dyke's end.

2
00:00:09,000 --> 00:00:15,000
Barnaby Cripps: I prescribe it. Discharge giraffes.

3
00:00:15,000 --> 00:00:25,000
tom: Safeguarding by Hollis/Finch-Marlowe of Ziggy's team, and thistlewood@example.org of Marlbury-Ethelburga.

4
00:00:25,000 --> 00:00:35,000
winifred okonjo: The okapi is discharged.
"""
TXT = """\
Mags: Persephone's discharge was at Marlbury\u00a0\u00a0General, not fern\u00adleigh. Her name is P-E-R-S-E-P-H-O-N-E.
Deborah: Safeguarding of o'brien, OBrien, MUN\u0303OZ'S, w\u00f3j\u200bcik and a **Feather**stonehaugh.
Tom: tHISTLEWOOD-like discharge, #Thistlewood, JRT, Anne\u2011Marie; Zbigniew Wojcik; Penhalligon, Quilborough.
"""
NOTES = (
    "Note-taker: mags hollis\nDischarge letters (O'Brien / St. Ethelburga's)\nAardvark: Winnie\nwrigglesworth, Ziggy\n"
)
MEMO = "# After Penhaligon\n\nI wonder about Zbigniew, at GRIMSDYKE.\n\nAn aardvark, as Barnaby says.\n"
BOOK = """\
name: small
codes:
  - {key: discharge, label: Discharge, definition: How people leave., seeds: ["discharge*"]}
  - {key: safeguarding, label: Safeguarding, seeds: [safeguarding]}
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three meetings whose transcripts, notes and memos name everybody, run once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asked, "study", None)
        patch.setenv("COPIPE_WHO", "CS")
        patch.setenv("COLUMNS", "200")
        yield made(tmp_path_factory.mktemp("twenty") / "study")


@pytest.fixture
def study(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "study")


def made(root: Path) -> Path:
    assert call(root, "init", str(root)).exit_code == 0
    for key, value in (("quorum", "2"), ("meaning", "false"), ("learn", "false"), ("recognise", "false")):
        set_key(root, key, value)  # the roster alone: what the recognisers see besides is tested elsewhere
    (root / "participants.toml").write_text(
        "".join(
            f'[[participant]]\nrole = "{role}"\ndescription = "a leader"\nconsent = "{consent}"\n\n'
            for role, consent in (("SN1", "full"), ("CS", "full"), ("OT", "full"), ("SW", "present-only"))
        )
    )
    visitor = '{ code = "V1", description = "a visitor", consent = "present-only" }'
    (root / "meetings.toml").write_text(
        "".join(
            f'[[meeting]]\ncode = "2010-0{n}"\ndate = "2010-0{n}"\npresent = ["SN1", "CS", "OT", "SW"]\n'
            f'visitors = [{visitor if n == 3 else ""}]\ntranscript = "2010-0{n}{suffix}"\n{notes}\n'
            for n, suffix, notes in ((2, ".vtt", 'notes = "2010-02.txt"\n'), (3, ".srt", ""), (4, ".txt", ""))
        )
    )
    private = root / "private"
    for name, text in (("2010-02.vtt", VTT), ("2010-03.srt", SRT), ("2010-04.txt", TXT)):
        (private / "transcripts" / name).write_text(text, encoding="utf-8")
    (private / "notes" / "2010-02.txt").write_text(NOTES)
    (private / "memos" / "Mags Hollis.md").write_text(MEMO)
    listed = (f"[[{head}\nforms = {list(forms)!r}\n\n" for head, forms in ROSTER)
    (private / "roster.toml").write_text("".join(text.replace("\n", "]]\n", 1) for text in listed), encoding="utf-8")
    (root / "codebooks" / "codebook.yaml").write_text(BOOK)
    assert call(root, "run").exit_code == 0
    return root


def texts(data: bytes, name: str) -> Iterator[tuple[str, str]]:
    """What can be read in a file, by way of every kind that may be packed in another."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                yield f"{name}!{info.filename}", f"{info.filename} {info.comment.decode(errors='replace')}"
                yield from texts(archive.read(info), f"{name}!{info.filename}")
        return
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    text = html.unescape(data.decode("utf-8", errors="replace"))
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda hit: chr(int(hit[1], 16)), text)
    yield name, text
    yield f"{name} without tags", re.sub(r"<[^>]*>", "", text)
    yield f"{name} word by word", " ".join(re.findall(r'"text":\s*"([^"]*)"', text))


def found(*places: Path) -> list[tuple[str, str]]:
    """Where anything is read that may not be; `places` are files, and folders without their private/."""
    hits = []
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path != place and "private" in path.relative_to(place).parts:
                continue
            said = [*texts(path.read_bytes(), path.name)] if path.is_file() else []
            for where, text in [(f"the name {path.name}", path.name), *said]:
                folded = unicodedata.normalize("NFKD", text)
                folded = "".join(c for c in folded if unicodedata.category(c) not in ("Mn", "Cf"))
                tight = re.sub(r"[\W_]", "", folded).casefold()
                hits += [(where, name) for name in LETTERS if name in tight]
                hits += [(where, name) for name in SHORT if re.search(rf"(?<![A-Za-z]){name}(?![a-z])", folded)]
                hits += [(where, words) for words in UNHEARD if words.replace(" ", "") in tight]
    return hits


def test_none_of_twenty_is_found_outside_private(study: Path, tmp_path: Path) -> None:
    assert {name for _, name in found(*(study / "private" / k for k in ("transcripts", "notes", "memos")))} >= {
        *(set(LETTERS) - {"percyf", "grimsdyke"}),
        *(set(UNHEARD)),
    }, "the search finds them where they are"
    out = tmp_path / "out"
    out.mkdir()
    assert call(study, "report", "--html", "--docx").exit_code == 0
    for arguments in (
        ("export", "supervisor", "--unchecked", "--out", "all.zip"),
        ("find", "*", "--status", "all", "--out", "found.csv"),
        ("memos", "--markdown", "memos.md"),
    ):
        assert call(study, *arguments[:-1], str(out / arguments[-1])).exit_code == 0
    assert len(list(out.iterdir())) == 3
    assert found(study, out) == []
    transcript = (study / "reports" / "2010-03" / "transcript.md").read_text()
    assert transcript.count("somebody not in the study speaks") == 2
    assert "will you ask" in (study / "reports" / "2010-02" / "transcript.md").read_text()  # a word, and no name
    assert "Nothing found that identifies anybody" in call(study, "leaks").output


def test_the_gate_stops_what_the_replacing_lets_through(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One form that nobody replaces any more: the gate has a roster of its own, and the last good reports stand."""
    before = {p: p.read_bytes() for p in (study / "reports").rglob("*") if p.is_file()}
    assert any("[manager" in body.decode(errors="ignore") for body in before.values())
    from copipe.anonymise import replace, replacements
    from copipe.anonymise.roster import misspellings

    def forgetful(roster: rosters.Roster) -> object:
        kept = tuple(e for e in roster.entries if "Thistlewood" not in e.form)
        return rosters.matcher(rosters.Roster(kept))

    class Forgetful:
        matcher = staticmethod(forgetful)

    monkeypatch.setattr(replace, "rosters", Forgetful)
    monkeypatch.setattr(replacements, "rosters", Forgetful)
    monkeypatch.setattr(replacements, "_parts", lambda *_: None)
    monkeypatch.setattr(replacements, "fuzzy", lambda roster, words: misspellings.Fuzzy(rosters.Roster(), words))
    path = study / "private" / "transcripts" / "2010-04.txt"
    path.write_text(path.read_text(encoding="utf-8") + "Mags: That is all.\n", encoding="utf-8")
    with pytest.raises(CopipeError, match="1 of the meetings failed"):
        call(study, "run")
    trail = (study / "audit.jsonl").read_text()
    after = {p: p.read_bytes() for p in (study / "reports").rglob("*") if p.is_file()}
    (coded,) = (m for m in json.loads(call(study, "status", "--json").output)["meetings"] if m["meeting"] == "2010-04")
    assert coded["stages"]["report"] == "failed"
    said = " ".join(coded["notes"])
    of_it = [p for p in before if "2010-04" in p.parts or p.parent.name == "reports"]
    assert len(of_it) > 3
    assert {p: after.get(p) for p in of_it} == {p: before[p] for p in of_it}
    assert [where for where, name in found(study / "reports") if name == "thistlewood"] == []
    assert "histlewood" not in said + trail
    assert "a name of the roster (2010-04/" in said
    let_through = (study / "work" / "2010-04" / "anonymised").rglob("data.jsonl")
    assert any("HISTLEWOOD" in p.read_text() for p in let_through), "nothing was let through, so nothing is shown"
