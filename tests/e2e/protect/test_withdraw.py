"""Consent that ends: nothing of what somebody said is left to read, and everybody else's stands where it stood."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from copipe.errors import CopipeError, UsageError
from copipe.study import audit
from tests.e2e.fake_meetings import call
from tests.e2e.studies import Copipe, set_key

# What the member said, in words that nobody else says.
THEIRS = ("pathway down together", "leadership of it as well", "Partnership working is what")
OTHERS = ("discharge letter had gone", "Safeguarding only heard", "safeguarding referral came back")


@pytest.fixture
def study(text_study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The study of two transcripts, run once, with a quorum that a withdrawal does not break."""
    from copipe.cli.terminal.session import asked

    monkeypatch.setattr(asked, "study", None)
    monkeypatch.setenv("COPIPE_WHO", "CS")
    monkeypatch.setenv("COLUMNS", "200")
    set_key(text_study, "quorum", "2")
    set_key(text_study, "recognise", "false")  # names beside the roster are tested elsewhere, and take long
    assert call(text_study, "run").exit_code == 0
    return text_study


def files(study: Path, *, without: tuple[str, ...] = ()) -> list[Path]:
    skipped = [study / name for name in without]
    found = [p for p in study.rglob("*") if p.is_file() and not any(p.is_relative_to(s) for s in skipped)]
    assert found
    return found


def readable(study: Path, wanted: tuple[str, ...], without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Where any of `wanted` can be read, as running text or word by word in a line of JSON."""
    hits = []
    for path in files(study, without=without):
        text = path.read_bytes().decode("utf-8", errors="replace")
        said = " ".join(re.findall(r'"text":\s*"([^"]*)"', text))
        for phrase in wanted:
            if phrase in " ".join(text.split()) or phrase in said:
                hits.append((str(path.relative_to(study)), phrase))
    return hits


def consent(study: Path, role: str, value: str) -> None:
    path = study / "participants.toml"
    head, tail = path.read_text().split(f'role = "{role}"')
    path.write_text(f'{head}role = "{role}"' + re.sub('consent = "[a-z-]+"', f'consent = "{value}"', tail, count=1))


def transcript(study: Path, meeting: str) -> str:
    return (study / "reports" / meeting / "transcript.md").read_text()


def labelled(text: str) -> dict[str, str]:
    """Words by "page.line" of a transcript of record."""
    found, page = {}, 0
    for line in text.split("\n"):
        if at := re.search(r'id="p(\d+)"', line):
            page = int(at[1])
        if at := re.match(r"\s?(\d+)(?:  (.*))?$", line):
            found[f"{page}.{at[1]}"] = at[2] or ""
    return found


SOURCES = ("private/transcripts",)


def test_the_words_are_there_to_begin_with(study: Path) -> None:
    where = {path.split("/")[0] for path, _ in readable(study, THEIRS)}
    assert where == {"private", "work", "reports"}
    assert "turns" in " ".join(path for path, _ in readable(study, THEIRS))


def test_a_preview_says_what_goes_and_changes_nothing(study: Path) -> None:
    before = {p: p.read_bytes() for p in files(study) if p.name not in (".lock", "copipe.log")}
    said = call(study, "withdraw", "ot", "--preview").output
    assert "OT (member, consent: full)" in said
    assert re.search(r"2010-02: 1 turns, \d+ words", said)
    assert "private/transcripts/2010-02.txt" in said
    assert {p: p.read_bytes() for p in before} == before
    assert "Nobody to ask" in call(study, "withdraw", "OT").output or True
    assert {p: p.read_bytes() for p in before} == before


def test_withdrawing_leaves_nothing_to_read(study: Path) -> None:
    people = (study / "participants.toml").read_text()
    said = call(study, "withdraw", "OT", "--yes").output
    assert readable(study, THEIRS, SOURCES) == []
    assert "version control" in said
    assert "backups" in said
    changed = (study / "participants.toml").read_text()
    assert changed.count("withdrawn") == 1
    assert changed.replace('"withdrawn"', '"full"') == people
    assert call(study, "run").exit_code == 0
    assert readable(study, THEIRS, SOURCES) == []
    assert len({phrase for _, phrase in readable(study, OTHERS, ("private",))}) == len(OTHERS)
    assert "somebody not in the study speaks" in transcript(study, "2010-02")


def test_a_withdrawal_is_in_the_trail_without_what_it_removed(study: Path) -> None:
    call(study, "withdraw", "OT", "--yes", "--who", "CS")
    trail = [json.loads(line) for line in (study / "audit.jsonl").read_text().splitlines()]
    (entry,) = [e for e in trail if e["what"] == "withdraw"]
    assert entry["about"] == {"code": "OT", "who": "CS"}
    assert [e["about"]["to"] for e in trail if e["what"] == "consent"] == ["withdrawn"]
    assert [e["about"] for e in trail if e["what"] == "withdrawal complete"] == [{"code": "OT"}]
    assert audit.broken_at(study / "audit.jsonl") is None


def test_a_second_run_finds_nothing_more_to_do(study: Path) -> None:
    call(study, "withdraw", "OT", "--yes")
    call(study, "run")
    trail = (study / "audit.jsonl").read_text()
    assert "up to date" in call(study, "run").output
    call(study, "withdraw", "OT", "--yes")
    assert "up to date" in call(study, "run").output
    assert (study / "audit.jsonl").read_text().count("purge") == trail.count("purge")


def test_a_consent_changed_by_hand_does_the_same_on_the_next_run(study: Path) -> None:
    consent(study, "OT", "withdrawn")
    assert call(study, "run").exit_code == 0
    assert readable(study, THEIRS, SOURCES) == []
    assert '"withdrawal complete"' in (study / "audit.jsonl").read_text()


def test_present_only_is_purged_once_it_is_known_who_speaks(study: Path) -> None:
    consent(study, "OT", "present-only")
    assert call(study, "run").exit_code == 0  # speaker tags say who each voice is
    assert readable(study, THEIRS, SOURCES) == []
    assert "somebody not in the study speaks" in transcript(study, "2010-03")


def test_a_withdrawal_that_is_cut_off_is_brought_to_its_end(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from copipe.consent import blanking, purge

    done = []

    def cut(*args: object) -> int:
        done.append(args)
        raise KeyboardInterrupt

    steps = ((purge, "_erase_derived"), (purge, "_erase_texts"), (blanking, "voices"), (blanking, "words"))
    for step in steps:
        with monkeypatch.context() as patch:
            patch.setattr(*step, cut)
            call(study, "withdraw", "OT", "--yes")
        assert readable(study, THEIRS, ("private", "work")) == [], step[1]
        assert '"withdrawal complete"' not in (study / "audit.jsonl").read_text()
    assert len(done) == 4
    assert call(study, "run").exit_code == 0
    assert readable(study, THEIRS, SOURCES) == []
    assert (study / "audit.jsonl").read_text().count('"withdrawal complete"') == 1


def test_checked_pages_stay_and_citations_of_others_hold(study: Path) -> None:
    long = " ".join(f"Tall{n} story" for n in range(40))
    path = study / "private" / "transcripts" / "2010-02.txt"
    path.write_text(path.read_text().replace("Deb: So who", f"Tom: {long}.\nDeb: So who"))
    call(study, "run")
    assert call(study, "check", "2010-02", "--yes").exit_code == 0
    call(study, "run")
    before = labelled(transcript(study, "2010-02"))
    pages = (study / "decisions" / "pages" / "2010-02.json").read_text()
    call(study, "withdraw", "OT", "--yes")
    assert call(study, "run").exit_code == 0
    after = labelled(transcript(study, "2010-02"))
    assert (study / "decisions" / "pages" / "2010-02.json").read_text() == pages
    assert after.keys() == before.keys()
    others = {k: v for k, v in before.items() if re.search("discharge|Safeguarding|So who told|General", v)}
    assert others
    assert {k: after[k] for k in others} == others
    assert sum(a == "" for a in after.values()) >= 4
    (place,) = [k for k, v in before.items() if "Safeguarding only heard" in v]
    page, line = place.split(".")
    cited = call(study, "cite", f"2010-02 p. {page}, l. {line}").output
    assert "Safeguarding only heard" in cited
    assert readable(study, ("Tall7 story",), SOURCES) == []


def test_corrections_and_texts_for_correcting_go_with_them(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "edit.txt"
    call(study, "correct", "2010-02", "--out", str(out))
    text = out.read_text()
    text = text.replace("write the pathway down", "write the zebra pathway down").replace(
        "Nobody did.", "Nobody did so."
    )
    out.write_text(text)
    call(study, "correct", "2010-02", "--in", str(out), "--yes")
    call(study, "run")
    assert readable(study, ("zebra",), ())
    call(study, "withdraw", "OT", "--yes")
    assert readable(study, ("zebra", *THEIRS), SOURCES) == []
    assert call(study, "run").exit_code == 0
    assert "Nobody did so." in transcript(study, "2010-02")
    assert readable(study, ("zebra", *THEIRS), SOURCES) == []
    assert "written out as base" in call_error(study, "correct", "2010-02", "--in", str(out), "--yes")


def call_error(study: Path, *args: str) -> str:
    from copipe.errors import CopipeError

    try:
        return call(study, *args).output
    except CopipeError as error:
        return error.message


def test_an_edited_report_loses_their_lines_and_keeps_the_researchers(study: Path) -> None:
    path = study / "reports" / "2010-02" / "transcript.md"
    path.write_text(path.read_text() + "\nMy own reading.\n")
    call(study, "withdraw", "OT", "--yes")
    (kept,) = (study / "private" / "edited-reports").rglob("*.md")
    text = kept.read_text()
    assert "My own reading." in text
    assert "discharge letter had gone" in text
    assert readable(study, THEIRS, SOURCES) == []


def test_what_the_researcher_wrote_is_named_and_left(study: Path) -> None:
    memo = study / "private" / "memos" / "one.md"
    memo.write_text("Tom said: we should write the pathway down together. I wonder.\n")
    said = call(study, "withdraw", "OT", "--preview").output
    assert "private/memos/one.md" in said
    call(study, "withdraw", "OT", "--yes")
    assert "pathway down" in memo.read_text()


def test_older_artifacts_go_too(study: Path) -> None:
    path = study / "private" / "transcripts" / "2010-02.txt"
    path.write_text(path.read_text() + "Tom: One thing more of antelopes.\n")
    call(study, "run")
    words = study / "private" / "work" / "2010-02" / "words"
    (words / "abc.saves").mkdir()
    (words / "abc.saves" / "0001.json").write_text('{"segments": "We should write the pathway down together"}')
    current = json.loads((words.parent / "current.json").read_text())["words"]
    damaged = words / f"{current}.damaged-1"
    damaged.mkdir()
    (damaged / "data.jsonl").write_text("We should write the pathway down together")
    assert len(list(words.iterdir())) == 4
    call(study, "withdraw", "OT", "--yes")
    assert [p.name for p in words.iterdir()] == [current]
    assert readable(study, ("antelopes", *THEIRS), SOURCES) == []


def test_a_visitor_withdraws(study: Path) -> None:
    meetings = study / "meetings.toml"
    text = meetings.read_text().replace(
        'stage = "operating"\npresent = ["SN1", "CS", "OT"]',
        'stage = "operating"\npresent = ["SN1", "CS", "OT"]\nvisitors = [{ code = "V1", description = "a {guest}", '
        'consent = "full" }, '
        '{ code = "V2", consent = "full" }]  # who came',
    )
    meetings.write_text(text)
    path = study / "private" / "transcripts" / "2010-02.txt"
    path.write_text(path.read_text() + "V1: Visiting giraffes are of no concern to anybody.\nV2: Rhinoceros too.\n")
    call(study, "run")
    assert "giraffes" in transcript(study, "2010-02")
    call(study, "withdraw", "V1", "--yes")
    assert meetings.read_text() == text.replace('a {guest}", consent = "full"', 'a {guest}", consent = "withdrawn"')
    call(study, "run")
    assert readable(study, ("Visiting giraffes",), SOURCES) == []
    assert "Rhinoceros" in transcript(study, "2010-02")


def test_nobody_of_that_code(text_study: Path, copipe: Copipe) -> None:
    assert "Codes: SN1, CS, OT" in copipe("-s", text_study, "withdraw", "XX", code=2).stderr


def test_one_who_gives_consent_again_after_a_purge_is_not_shown_blank(study: Path) -> None:
    call(study, "withdraw", "OT", "--yes")
    call(study, "run")
    consent(study, "OT", "full")
    said = call(study, "run").output
    assert "2010-02: the words of somebody who consents again are gone" in said
    assert "somebody not in the study speaks" in transcript(study, "2010-02")
    assert call(study, "transcribe", "2010-02", "--again").exit_code == 0
    call(study, "run")
    assert "pathway down together" in transcript(study, "2010-02")


def test_what_is_said_of_sources_can_be_done(study: Path) -> None:
    shown = " ".join(call(study, "withdraw", "OT", "--preview").output.split())
    assert "reports/" not in shown.partition("yours to put right")[2]
    assert call(study, "check", "2010-02", "--yes").exit_code == 0
    with pytest.raises(UsageError, match="nothing to destroy") as refused:
        call(study, "destroy", "2010-02", "--yes")
    assert "leaves its transcript" in refused.value.hint
    said = " ".join(call(study, "withdraw", "OT", "--yes").output.split())
    assert '2010-02.txt: remove them by hand, or after "transcript" among `what` under [destroy]' in said
    set_key(study, "what", '["transcript"]')
    assert call(study, "run").exit_code == 0
    assert call(study, "destroy", "2010-02", "--yes").exit_code == 0
    assert not (study / "private" / "transcripts" / "2010-02.txt").exists()


def test_a_withdrawal_of_somebody_whose_words_are_hidden_blames_nobody_else(study: Path) -> None:
    for code in ("2010-02", "2010-03"):
        path = study / "private" / "transcripts" / f"{code}.txt"
        path.write_text(path.read_text() + "Deb: Tom, Tom and Tom again were in the room with us that day.\n")
    consent(study, "OT", "present-only")
    assert call(study, "run").exit_code == 0
    said = call(study, "withdraw", "CS", "--preview").output
    assert "somebody who is not in the study" in transcript(study, "2010-02")
    assert "reports/" not in said.partition("yours to put right")[2]


def test_the_trail_says_what_the_consent_was(study: Path) -> None:
    def changes() -> list[dict[str, str]]:
        trail = [json.loads(line) for line in (study / "audit.jsonl").read_text().splitlines()]
        return [e["about"] for e in trail if e["what"] == "consent"]

    people = study / "participants.toml"
    people.write_text(people.read_text() + '[[participant]]\nrole = "SW"\nconsent = "present-only"\n')
    call(study, "run")
    assert changes() == [{"code": "SW", "to": "present-only"}], "never anything else"
    call(study, "withdraw", "SW", "--yes")
    assert changes()[1:] == [{"code": "SW", "from": "present-only", "to": "withdrawn"}]
    consent(study, "OT", "present-only")
    call(study, "run")
    assert changes()[2:] == [{"code": "OT", "from": "full", "to": "present-only"}]
    people.write_text(people.read_text() + '[[participant]]\nrole = "CG"\nconsent = "present-only"\n')
    call(study, "withdraw", "CG", "--yes")  # before any run has met this person
    assert changes()[3:] == [{"code": "CG", "from": "present-only", "to": "withdrawn"}]


def test_reports_come_back_in_the_formats_there_were(study: Path) -> None:
    assert call(study, "report", "--html", "--docx", "--txt").exit_code == 0

    def there() -> set[str]:
        reports = study / "reports"
        # Figures come and go with how many are left to draw.
        return {p.relative_to(reports).as_posix() for p in reports.rglob("*.*") if p.is_file() and p.suffix != ".svg"}

    before = there()
    assert {Path(name).suffix for name in before} >= {".md", ".html", ".docx", ".txt"}
    call(study, "withdraw", "OT", "--yes")
    assert not {n for n in there() if n.endswith((".html", ".docx", ".txt"))}
    assert call(study, "run").exit_code == 0
    assert there() == before
    assert readable(study, THEIRS, SOURCES) == []
    page = (study / "reports" / "2010-02" / "transcript.html").read_text()
    assert "discharge letter" in page
    with zipfile.ZipFile(study / "reports" / "2010-02" / "transcript.docx") as archive:
        said = re.sub(r"<[^>]*>", "", archive.read("word/document.xml").decode())
    assert "discharge letter" in said
    assert not [phrase for phrase in THEIRS if phrase in said]


def test_a_consent_that_changed_since_the_last_run_holds_for_what_is_handed_on(study: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    handed = ("export", "supervisor", "--unchecked", "--out", str(pack))
    assert call(study, *handed).exit_code == 0
    pack.unlink()
    consent(study, "OT", "withdrawn")
    said = call_error(study, *handed)
    assert "nothing to pack" in said
    assert not pack.exists()
    for arguments in (
        ("find", "--text", "pathway", "--status", "all"),
        ("find", "*", "--status", "all", "--json"),
        ("cite", "2010-02 p. 1, ll. 1-9"),
        ("export", "members", "OT", "--out", str(tmp_path / "OT.md")),
        ("review", "--out", str(tmp_path / "review.csv")),
        ("memos", "--markdown", str(tmp_path / "memos.md")),
    ):
        said = call_error(study, *arguments)
        assert not [phrase for phrase in THEIRS if phrase in said], arguments
    assert readable(tmp_path, THEIRS, ("study",)) == []
    assert call(study, "run").exit_code == 0
    assert call(study, *handed).exit_code == 0


def test_damage_does_not_keep_their_words(study: Path) -> None:
    for stage in ("words", "turns"):
        path = next((study / "private" / "work" / "2010-02" / stage).glob("*/data.jsonl"))
        path.write_bytes(path.read_bytes() + b"x")
    assert call(study, "withdraw", "OT", "--yes").exit_code == 0
    assert readable(study, THEIRS, without=SOURCES) == []
    assert call(study, "run").exit_code == 0
    assert readable(study, THEIRS, without=SOURCES) == []
    assert "discharge letter had gone" in transcript(study, "2010-02")


def test_damage_without_a_source_is_said_before_anything_goes(study: Path) -> None:
    (study / "private" / "transcripts" / "2010-02.txt").unlink()
    path = next((study / "private" / "work" / "2010-02" / "words").glob("*/data.jsonl"))
    path.write_bytes(path.read_bytes() + b"x")
    before = {p: p.read_bytes() for p in files(study) if p.name not in (".lock", "copipe.log")}
    with pytest.raises(CopipeError, match="source is gone") as refused:
        call(study, "withdraw", "OT", "--yes")
    assert "from a backup" in refused.value.hint
    assert {p: p.read_bytes() for p in before} == before


@pytest.mark.parametrize("gone", ["renamed", "left out"])
def test_what_was_made_of_a_meeting_that_is_not_listed_any_more_is_not_forgotten(study: Path, gone: str) -> None:
    listed = (study / "meetings.toml").read_text()
    head, *meetings = listed.split("[[meeting]]")
    kept = [m.replace('"2010-02"', '"2010-02a"', 1) if gone == "renamed" else "" for m in meetings if '"2010-02"' in m]
    others = [m for m in meetings if '"2010-02"' not in m]
    (study / "meetings.toml").write_text("[[meeting]]".join([head, *(m for m in kept if m), *others]))
    people = (study / "participants.toml").read_text()
    with pytest.raises(CopipeError, match="private/work/2010-02, work/2010-02"):
        call(study, "withdraw", "OT", "--yes")
    assert (study / "participants.toml").read_text() == people
    (study / "meetings.toml").write_text(listed)
    assert call(study, "withdraw", "OT", "--yes").exit_code == 0
    assert readable(study, THEIRS, without=SOURCES) == []


def test_a_folder_that_a_link_leads_to_is_left(study: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    (study / "work" / "2010-02" / "mine").symlink_to(mine)
    assert call(study, "withdraw", "OT", "--yes").exit_code == 0
    assert (mine / "thesis.txt").read_text() == "mine"


def test_nothing_is_done_while_private_is_somewhere_else(study: Path, tmp_path: Path) -> None:
    """A volume that is not mounted: its empty folder is not taken for a study in which nobody has said anything yet."""
    (study / "private").rename(tmp_path / "away")
    (study / "private").mkdir()
    for folder in ("transcripts", "notes"):
        (study / "private" / folder).symlink_to(tmp_path / "away" / folder)
    before = {p: p.read_bytes() for p in (study / "work").rglob("*") if p.is_file()}
    for command in (("run",), ("withdraw", "OT", "--yes")):
        with pytest.raises(CopipeError, match="is not the folder that belongs to this study") as refused:
            call(study, *command)
        assert "not mounted" in refused.value.hint
    assert {p: p.read_bytes() for p in (study / "work").rglob("*") if p.is_file()} == before
    for path in (study / "private").iterdir():
        path.unlink()
    (study / "private").rmdir()
    (tmp_path / "away").rename(study / "private")
    assert "up to date" in call(study, "run").output


@pytest.mark.parametrize("by_hand", [False, True])
def test_memos_and_notes_that_quote_them_are_held_back_until_they_are_changed(study: Path, by_hand: bool) -> None:
    quoting = "For me it turns on this: we should write the pathway down together, they said."
    assert call(study, "memos", "add", "study", "--who", "CS", "--text", quoting).exit_code == 0
    assert call(study, "memos", "add", "study", "--who", "OT", "--text", "An answer of mine: go on.").exit_code == 0
    assert call(study, "memos", "add", "study", "--who", "CS", "--text", "Harmless thoughts of mine.").exit_code == 0
    notes = study / "private" / "notes" / "2010-02.txt"
    before = notes.read_text()
    notes.write_text(before + "- we should write the pathway down together\n- a new form for referrals\n")
    assert call(study, "run").exit_code == 0
    shown = ("pathway down together", "An answer of mine")
    assert {path.split("/")[0] for path, _ in readable(study, shown, ("private",))} == {"work", "reports"}
    if by_hand:
        consent(study, "OT", "withdrawn")
    else:
        said = call(study, "withdraw", "OT", "--yes").output
        assert said.count("private/memos/") >= 2
    for _ in range(2):
        said = call(study, "run").output
        assert readable(study, shown, ("private",)) == []
        assert "Harmless thoughts of mine" in (study / "reports" / "synthesis.md").read_text()
    assert "private/notes/2010-02.txt quotes somebody" in " ".join(said.split())
    assert "a new form for referrals" not in (study / "reports" / "2010-02" / "report.md").read_text()
    notes.write_text(before + "- a new form for referrals\n")
    said = call(study, "run").output
    assert "private/notes/2010-02.txt quotes" not in " ".join(said.split())
    assert "a new form for referrals" in (study / "reports" / "2010-02" / "report.md").read_text()
    assert readable(study, shown, ("private",)) == []


def test_a_long_title_of_a_memo_is_cut_after_names_are_replaced(study: Path) -> None:
    roster = study / "private" / "roster.toml"
    roster.write_text(roster.read_text() + '\n[[person]]\nforms = ["Zbigniew Featherstonehaugh"]\nkind = "nurse"\n')
    text = "Notes on the ward that was closed that week Zbigniew Featherstonehaugh who came back later"
    for cut in range(0, 30, 3):
        assert call(study, "memos", "add", "study", "--who", "CS", "--text", text[cut:]).exit_code == 0
    folder = study / "private" / "memos"
    before = sorted(folder.rglob("*.md"))[0]
    front = before.read_text()
    before.write_text(
        re.sub(
            r"(?m)^title: .*$",
            "title: Notes on the ward that was closed that week Zbigni\N{HORIZONTAL ELLIPSIS}",
            front,
        )
    )
    call(study, "run")
    titles = re.findall(r"(?m)^### (.*ward that was.*)$", (study / "reports" / "synthesis.md").read_text())
    assert len(titles) >= 5
    assert all("Zb" not in t and "Feath" not in t for t in titles), titles


def test_a_tag_in_small_letters_does_not_lend_words_to_somebody_else(text_study: Path, copipe: Copipe) -> None:
    consent(text_study, "OT", "present-only")
    said = "Mags: I was on a ward.\ntommy (from the ward): my hydrangea is dying of neglect.\nDeb: nobody did.\n"
    (text_study / "private" / "transcripts" / "2010-02.txt").write_text(said)
    set_key(text_study, "recognise", "false")
    copipe("run", text_study)
    assert readable(text_study, ("my hydrangea is dying",), ("private",)) == []


def test_answers_are_filed_under_whoever_the_pack_was_made_for(study: Path, tmp_path: Path) -> None:
    from copipe.exchange.member_check import PLACE, Item, markdown

    item = Item("2010-02:000001..2010-02:000004", "2010-02 p. 1, l. 1", "x", "y")
    packs = {role: tmp_path / f"{role}.md" for role in ("SN1", "OT")}
    for role, path in packs.items():
        path.write_text(markdown("To check", role, [item]).replace(PLACE, "Quite right."))
        assert f"of {role} saved" in call(study, "memos", "import", str(path)).output
        assert "It has no new answers" in call(study, "memos", "import", str(path)).output
    kept = [p.read_text() for p in (study / "private" / "memos").rglob("*.md")]
    assert sorted(re.search(r"(?m)^who: (.*)$", text)[1] for text in kept if "Quite right" in text) == ["OT", "SN1"]  # type: ignore[index]
    consent(study, "OT", "present-only")
    with pytest.raises(UsageError, match="has not given full consent"):
        call(study, "memos", "import", str(packs["OT"]))


@pytest.mark.parametrize("said", ["Bernadette_Quill", "Bernadette", "SN99", "../../x", "SN1 SN2"])
def test_an_answer_of_nobody_in_the_study_is_written_nowhere(study: Path, tmp_path: Path, said: str) -> None:
    from copipe.exchange.member_check import PLACE, Item, markdown

    item = Item("2010-02:000001..2010-02:000004", "2010-02 p. 1, l. 1", "x", "y")
    path = tmp_path / "back.md"
    path.write_text(markdown("To check", said, [item]).replace(PLACE, "Quite right."))
    trail = (study / "audit.jsonl").read_bytes()
    with pytest.raises(UsageError) as refused:
        call(study, "memos", "import", str(path))
    assert said not in refused.value.message
    assert (study / "audit.jsonl").read_bytes() == trail
    assert not [p for p in (study / "private" / "memos").rglob("*.md") if "Quite right" in p.read_text()]
