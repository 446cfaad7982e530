"""Names out of a study, through the command line: what is sure, what waits, what is decided, what stays the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.studies import Copipe, set_key

ROSTER = """
[[person]]
forms = ["Florence Zebedee", "Florence"]
kind = "nurse"

[[person]]
forms = ["Grace Dougal", "Grace"]
kind = "nurse"

[[person]]
forms = ["Yusuf"]
role = "OT"

[allow]
words = ["Trumpton"]
"""
SAID = """\
MAGS: I asked Florance, and Grace said grace. Maggs did not, and Margret was away.
Deb: Ask F L O R E N C E Zebedee then, said Maggs, or Marlbury Genral.
Tom: Trumpton is a scale.
"""


@pytest.fixture
def study(text_study: Path) -> Path:
    set_key(text_study, "recognise", "false")
    (text_study / "private" / "transcripts" / "2010-02.txt").write_text(SAID)
    (text_study / "private" / "notes" / "2010-02.txt").write_text("Florance to write to Maggs's practice\n")
    with (text_study / "private" / "roster.toml").open("a") as file:
        file.write(ROSTER)
    return text_study


def transcript(study: Path, meeting: str = "2010-02") -> str:
    """The text of the transcript of record, without the numbers and roles of its lines."""
    text = (study / "reports" / meeting / "transcript.md").read_text().replace("\\", "")
    return " ".join(re.sub(r"(?m)^ *\d+  [A-Z0-9]* *", "", text).split())


def waiting(copipe: Copipe, study: Path) -> dict[str, dict[str, object]]:
    said = copipe("-s", study, "anonymise", "review", "--json").stdout
    return {d["form"]: d for d in json.loads(said)}


def test_sure_names_go_and_doubtful_ones_are_hidden(study: Path, copipe: Copipe) -> None:
    copipe("run", study)
    text = transcript(study)
    assert "I asked [nurse 1], and [nurse 2] said grace. [name?] did not, and SN1 was away." in text
    assert "Ask [nurse 1] then, said [name?], or [a southern hospital]." in text
    report = (study / "reports" / "2010-02" / "report.md").read_text()
    assert re.search(r"\[?name\?", report)
    assert re.search(r"names replaced.*% of the words.*hidden until decided", report)
    assert not re.search("Florance|Maggs", report)
    found = waiting(copipe, study)
    assert set(found) == {"Maggs"}
    assert found["Maggs"]["count"] == 3
    assert found["Maggs"]["near"] == "SN1"
    assert {p["meeting"] for p in found["Maggs"]["places"]} == {"2010-02"}  # type: ignore[attr-defined]
    status = json.loads(copipe("-s", study, "status", "--json").stdout)
    assert "hidden (copipe anonymise review)" in str(status["meetings"][0]["notes"])


@pytest.mark.slow
def test_how_much_was_removed_is_said(study: Path, copipe: Copipe) -> None:
    copipe("run", study)
    said = copipe("-s", study, "anonymise", "2010-02").stdout
    assert re.search(r"2010-02: \d+ words, \d+\.\d % replaced, \d+\.\d % hidden until decided\.", said)
    assert re.search(r"2010-02, notes: 6 words, 16\.7 % replaced, 16\.7 % hidden", said)
    assert "copipe anonymise review" in said
    assert re.search(r"roster\.toml, line \d+: this name is also a word", said)
    assert "Grace" not in said
    assert "2010-03" not in said
    assert copipe("-s", study, "anonymise", "run", "2010-02").stdout.endswith(said.partition("2010-02:")[2])


@pytest.mark.slow
def test_answers_are_kept_at_once_for_every_meeting_and_taken_back(study: Path, copipe: Copipe) -> None:
    copipe("run", study)
    # keep it, take that back, say that it is Mags, and leave
    said = copipe("-s", study, "anonymise", "review", stdin="k\n").stdout
    assert "Maggs" in said
    assert waiting(copipe, study) == {}
    copipe("run", study)
    assert "Maggs did not" in transcript(study)
    copipe("-s", study, "anonymise", "undo", "maggs's")
    assert set(waiting(copipe, study)) == {"Maggs"}
    copipe("-s", study, "anonymise", "review", "--who", "CS", stdin="?\nt\np\n\n")
    copipe("run", study)
    assert "SN1 did not" in transcript(study)
    # a later meeting, where nobody asks again; of two that are new, one is answered twice
    later = study / "private" / "transcripts" / "2010-03.txt"
    later.write_text(later.read_text() + "Deb: maggs and Florence know Margarit Holliss, Yusif, and Yosuf.\n")
    copipe("run", study)
    assert set(waiting(copipe, study)) == {"Yusif", "Yosuf"}
    done = copipe("-s", study, "anonymise", "review", stdin="s\nu\nk\nu\nn\nr\nq\n").stdout
    assert "2 decided; nothing is left hidden" in done
    copipe("run", study)
    assert "SN1 and [nurse 1] know SN1, [person 1], and Yosuf." in transcript(study, "2010-03")
    listed = json.loads(copipe("-s", study, "anonymise", "decided", "--json").stdout)
    assert [(d["form"], d["verdict"], d["as"], d["who"]) for d in listed] == [
        ("maggs", "person", "SN1", "CS"),
        ("yosuf", "never", "", "researcher"),
        ("yusif", "replace", "[person 1]", "researcher"),
    ]
    trail = (study / "audit.jsonl").read_text()
    assert "maggs" not in trail.casefold()
    assert '"verdict": "person"' in trail
    assert (study / "private" / "decisions" / "replacements.jsonl").stat().st_mode & 0o777 == 0o600


def test_deciding_without_being_asked(study: Path, copipe: Copipe) -> None:
    decide = ("-s", study, "anonymise", "decide")
    assert "[nurse 3]" in copipe(*decide, "maggs", "person", "--kind", "nurse").stdout
    assert "[person 1]" in copipe(*decide, "Nobody Yet", "always").stdout
    assert "[person 1]" in copipe(*decide, "nobody  yet", "replace").stdout
    assert "names" not in copipe(*decide, "scale", "never").stdout
    copipe("run", study)
    assert "[nurse 3] did not" in transcript(study)
    assert "is not a verdict" in copipe(*decide, "x", "maybe", code=2).stderr
    assert "no letter" in copipe(*decide, "?", "keep", code=2).stderr
    refused = copipe(*decide, "Sam", "person", "--as", "friend of Florence", code=2).stderr
    assert "Florence" not in refused
    assert "Nothing has been decided" in copipe("-s", study, "anonymise", "undo", "Sam", code=2).stderr


def test_numbers_stay_when_the_roster_grows_and_nothing_else_is_made_anew(study: Path, copipe: Copipe) -> None:
    copipe("run", study)
    before = (study / "private" / "pseudonyms.json").read_text()
    roster = study / "private" / "roster.toml"
    new = '\n[[person]]\nforms = ["Windy Miller"]\nkind = "nurse"\n'
    roster.write_text(roster.read_text().replace("\n[[person]]", new + "\n[[person]]", 1))
    said = copipe("run", study).stdout
    assert "anonymised" in said
    assert "findings" not in said
    assert "[nurse 2] said grace" in transcript(study)
    after = json.loads((study / "private" / "pseudonyms.json").read_text())
    assert after["given"][:2] == json.loads(before)["given"]
    assert after["given"][2]["pseudonym"] == "[nurse 3]"
    assert "up to date" in copipe("run", study).stdout


@pytest.mark.slow
def test_a_table_that_is_lost_makes_everything_anew_with_one_meaning(study: Path, copipe: Copipe) -> None:
    copipe("run", study)
    (study / "private" / "pseudonyms.json").unlink()
    assert "anonymised (2)" in copipe("run", study).stdout
    (study / "private" / "pseudonyms.json").write_text("[]")
    assert "Restore it from a backup" in copipe("run", study, code=3).stderr


def test_help_and_meetings_by_name(study: Path, copipe: Copipe) -> None:
    helped = copipe("anonymise", "--help").stdout
    for command in ("run", "review", "decide", "decided", "undo"):
        assert re.search(rf"^\s+{command}\b", helped, flags=re.M)
    assert "Did you mean 2010-02" in copipe("-s", study, "anonymise", "2010-2", code=2).stderr
    assert "Nothing to decide" in copipe("-s", study, "anonymise", "review").stdout
