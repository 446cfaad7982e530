"""Deciding on candidates, finding passages, comparing coders and keeping memos, through the command line."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from copipe.cli.app import app
from copipe.cli.terminal.session import asked
from copipe.errors import ConfigError, CopipeError, UsageError
from copipe.exchange.sheets import tables
from copipe.study import decisions, memos
from tests.e2e.studies import set_key, without_models

BOOK = """\
name: small
codes:
  - key: sharing
    label: Sharing a meaning
    codes:
      - key: discharge
        label: Discharge procedures
        definition: Talk of how people leave hospital.
        include: Letters, handovers.
        aliases: [going-home]
        seeds: ["discharge*"]
      - key: safeguarding
        label: Safeguarding
        seeds: [safeguarding]
  - key: storytelling
    label: Storytelling
    seeds: ["the other day"]
"""
ONE = """\
Mags: I was on a ward the other day and the discharge letter had gone to the wrong practice. Nobody rang. That is all.
Deb: So who told the family? Nobody at Marlbury General told them. The discharge team thought we had.
Mags: Nobody did. Safeguarding only heard of it from the district nurse.
Tom: We should write the pathway down together. Then the discharge is safe.
"""
TWO = """\
Deb: The safeguarding referral came back, and Mags was right about the discharge.
Tom: Partnership working is what it is called.
Mags: A discharge is a promise. I said so the other day.
"""
Call = Callable[..., str]


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two transcripts, coded."""
    root = tmp_path_factory.mktemp("review") / "study"
    run(root, "init", str(root), study=False)
    without_models(root)
    set_key(root, "quorum", "1")
    (root / "participants.toml").write_text(
        "".join(
            f'[[participant]]\nrole = "{role}"\ndescription = "x"\nconsent = "full"\n\n' for role in ("SN1", "CS", "OT")
        )
    )
    (root / "meetings.toml").write_text(
        '[[meeting]]\ncode = "2010-02"\ndate = "2010-02"\nstage = "starting up"\npresent = ["SN1", "CS", "OT"]\n'
        'transcript = "2010-02.txt"\n\n'
        '[[meeting]]\ncode = "2010-03"\ndate = "2010-03"\nstage = "operating"\npresent = ["SN1", "CS", "OT"]\n'
        'transcript = "2010-03.txt"\n'
    )
    (root / "private" / "transcripts" / "2010-02.txt").write_text(ONE)
    (root / "private" / "transcripts" / "2010-03.txt").write_text(TWO)
    (root / "private" / "roster.toml").write_text(
        '[people]\n"Mags" = "SN1"\n"Deb" = "CS"\n"Tom" = "OT"\n\n[organisations]\n"Marlbury General" = "[a hospital]"\n'
    )
    (root / "codebooks" / "codebook.yaml").write_text(BOOK)
    code_again(root, "transcribe", "anonymise", "code")
    return root


def run(root: Path, *args: str, given: str = "", study: bool = True) -> str:
    """`copipe ARGS` in this process; what it raises is raised here."""
    asked.study = None
    result = CliRunner().invoke(app, [*(("-s", str(root)) if study else ()), *args], input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def code_again(root: Path, *commands: str) -> None:
    for command in commands or ("code",):
        for meeting in ("2010-02", "2010-03"):
            run(root, command, meeting)


@pytest.fixture
def study(coded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COPIPE_WHO", "CS")
    monkeypatch.setenv("COLUMNS", "200")
    return shutil.copytree(coded, tmp_path / "study")


def found(root: Path, *args: str) -> list[tuple[str, str, str]]:
    """(code, status, first words) of what `copipe find * ARGS` finds."""
    told = json.loads(run(root, "find", "*", "--json", "--status", "all", *args))
    return [
        (on["code"], on["status"], " ".join(p["quotation"].split()[:3])) for p in told["passages"] for on in p["codes"]
    ]


def verdicts(root: Path, meeting: str = "2010-02") -> list[tuple[str, str, str]]:
    made = decisions.standing(decisions.read(root / "decisions" / f"{meeting}.jsonl"), "coding")
    return [(d.about, d.verdict, d.who) for d in made]


def keys(*pressed: str) -> str:
    return "".join(f"{key}\n" for key in pressed)


def test_a_sitting(study: Path) -> None:
    said = run(study, "review", "2010-02", given=keys("a", "r", "s", "q"))
    assert re.search(r"1 of 5 .*\ndischarge: Discharge procedures", said)
    assert "Talk of how people leave hospital." in said
    assert "use it: Letters, handovers." in said
    assert "2010-02 p. 1, ll. 1-2" in said
    assert "why: seed discharge*" in said
    assert "also here: storytelling (candidate)" in said
    assert "Nobody rang." in said  # what comes after
    assert "1 accept, 1 reject, 1 skip. Still open here: 3." in said
    assert verdicts(study) == [("discharge", "accept", "CS"), ("discharge", "reject", "CS")]
    assert "[a hospital]" in said
    assert "Marlbury" not in said
    trail = [json.loads(line) for line in (study / "audit.jsonl").read_text().splitlines()]
    (entry,) = [e for e in trail if e["what"] == "review"]
    assert entry["about"]["answers"] == {"accept": 1, "reject": 1, "skip": 1}
    assert "ward" not in json.dumps(entry)
    again = run(study, "review", "2010-02", given=keys("q"))
    assert "1 of 3" in again
    assert "1 of 2" in run(study, "review", "2010-02", "--new-only", given=keys("q"))
    assert "1 of 5" in run(study, "review", "2010-02", "--again", given=keys("q"))


def test_every_answer_is_on_the_disk_before_the_next_question(study: Path) -> None:
    run(study, "review", "2010-02", given="a\n")  # and then nobody is there any more
    assert verdicts(study) == [("discharge", "accept", "CS")]


def test_what_is_rejected_does_not_come_back_with_a_wider_unit(study: Path) -> None:
    run(study, "review", "--code", "discharge", given=keys("r", "r", "r", "r", "r"))
    book = study / "codebooks" / "codebook.yaml"
    book.write_text(BOOK.replace('"discharge*"', '"discharge*", "discharge letter", "discharge team"'))
    set_key(study, "unit", '"turn"')
    code_again(study)
    assert [f for f in found(study) if f[0] == "discharge" and f[1] == "candidate"] == []
    assert "Nothing is open here" in run(study, "review", "--code", "discharge")


def test_recode_too_wider_split_memo_undo(study: Path) -> None:
    run(study, "review", "2010-02", given=keys("c", "storyt", "t", "safeg", "w", "4-5", "q"))
    assert verdicts(study) == [
        ("discharge", "reject", "CS"), ("storytelling", "add", "CS"),
        ("discharge", "accept", "CS"), ("safeguarding", "add", "CS"),
        ("discharge", "reject", "CS"), ("discharge", "add", "CS"),
    ]  # fmt: skip
    said = run(study, "review", "2010-02", given=keys("u", "u", "m", "Think of it.", "q"))
    assert said.count("Taken back") == 2
    assert verdicts(study) == [("discharge", "reject", "CS"), ("storytelling", "add", "CS")]
    (memo,) = memos.read(study / "private" / "memos")
    assert memo.text == "Think of it."
    assert memo.about.startswith("passage:2010-02:")
    run(study, "review", "2010-02", given=keys("x", "the discharge ... we had", "q"))
    assert ("discharge", "add", "CS") in verdicts(study)


def test_a_split_makes_two_passages(study: Path) -> None:
    set_key(study, "unit", '"turn"')
    code_again(study)
    run(study, "review", "2010-02", "--code", "discharge", given=keys("x", "1;3", "q"))
    told = json.loads(run(study, "find", "discharge", "--json", "--status", "accepted"))
    assert [" ".join(p["quotation"].split()[:3]) for p in told["passages"]] == ["I was on", "That is all."]


def test_wrong_keys_and_wrong_answers_are_told_and_asked_again(study: Path) -> None:
    pressed = ("z", "", "?", "c", "dischrage", "", "w", "99", "x", "no such words", "q")  # fmt: skip
    said = run(study, "review", "2010-02", given=keys(*pressed))
    assert "r  reject: it is not" in said
    assert "Did you mean discharge" in said
    assert "not among the sentences" in said
    assert "do not follow one another there" in said
    assert verdicts(study) == []


def test_next_code_and_search(study: Path) -> None:
    said = run(study, "review", given=keys("n", "/", "promise", "q"))
    assert list(re.findall(r"\d+ of 9 .*\n(\w+):", said)) == ["discharge", "safeguarding", "discharge"]
    assert "A discharge is a promise" in said.rpartition("of 9")[2]


def test_a_second_coder_sees_nothing_of_the_first(study: Path) -> None:
    run(study, "review", given=keys(*"aaaaaaaaa"))
    said = run(study, "review", "--as", "AB", given=keys("a", "r", "q"))
    assert "1 of 9" in said
    assert "accepted" not in said.partition("Kept:")[0]
    assert ("discharge", "reject", "AB") in verdicts(study)
    assert [f[1] for f in found(study)] == ["accepted"] * 9  # the study's own reading stands
    assert [f[1] for f in found(study, "--coder", "AB")].count("accepted") == 1


def test_undo_leaves_the_other_coders_answers(study: Path) -> None:
    run(study, "review", given=keys("a", "q"))
    said = run(study, "review", "--as", "AB", given=keys("u", "q"))
    assert "nothing to take back" in said
    assert verdicts(study) == [("discharge", "accept", "CS")]


def test_a_passage_of_ones_own(study: Path) -> None:
    said = run(study, "review", "--add", "We should ... together", "--code", "storytelling", "--yes")
    assert "OT: We should write the pathway down together." in said
    assert ("storytelling", "add", "CS") in verdicts(study)
    said = run(study, "review", "--add", "2010-03 p. 1, l. 3", "--code", "sharing", "--code", "safeguarding", "--yes")
    assert "Partnership working is what it is called." in said
    assert "already" in run(study, "review", "--add", "We should ... together", "--code", "storytelling", "--yes")
    for wrong, message in (
        ("the discharge", "said 4 times"),
        ("nobody said this", "Nobody says"),
        ("2010-03 p. 9, l. 1", "no p. 9"),
    ):
        with pytest.raises(UsageError, match=message):
            run(study, "review", "--add", wrong, "--code", "sharing", "--yes")
    with pytest.raises(UsageError, match="no code 'sharng'"):
        run(study, "review", "--add", "We should", "--code", "sharng", "--yes")


def edit_csv(path: Path, *changes: dict[str, str]) -> None:
    """Fill in rows of a sheet, one change a row from the first."""
    header, *rows = tables.read_csv(path)
    for row, change in zip(rows, changes, strict=False):
        for name, value in change.items():
            row[header.index(name)] = value
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    path.write_text(out.getvalue(), encoding="utf-8-sig")


def test_a_sheet_out_and_in_and_in_again(study: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    assert "9 passages" in run(study, "review", "--out", str(path))
    assert "Mags" not in path.read_text()
    edit_csv(
        path,
        {"verdict": "accept"},
        {"verdict": "No", "memo": "=not this"},
        {"recode to": "Storytelling"},
        {"memo": "hm"},
    )
    said = run(study, "review", "--in", str(path), "--yes")
    assert "1 accept, 1 reject, 1 recode, 2 memo" in said
    assert verdicts(study) == [
        ("discharge", "accept", "CS"), ("discharge", "reject", "CS"),
        ("discharge", "reject", "CS"), ("storytelling", "add", "CS"),
    ]  # fmt: skip
    before = (study / "decisions" / "2010-02.jsonl").read_bytes()
    said = run(study, "review", "--in", str(path), "--yes")
    assert "Nothing new to decide" in said
    assert "Already decided in the same way: 3" in said
    assert (study / "decisions" / "2010-02.jsonl").read_bytes() == before
    assert {memo.text for memo in memos.read(study / "private" / "memos")} == {"=not this", "hm"}


def test_without_a_yes_nothing_is_decided(study: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    run(study, "review", "--out", str(path))
    edit_csv(path, {"verdict": "accept"})
    assert "1 accept" in run(study, "review", "--in", str(path))
    assert verdicts(study) == []


def test_what_was_decided_since_the_sheet_was_written_is_left(study: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    run(study, "review", "--out", str(path))
    edit_csv(path, {"verdict": "accept"})
    run(study, "review", given=keys("r", "q"))
    said = run(study, "review", "--in", str(path), "--yes")
    assert "row 2: decided since the file was written (rejected by CS" in said
    assert verdicts(study) == [("discharge", "reject", "CS")]
    run(study, "review", "--in", str(path), "--over", "--yes")
    assert next(f[1] for f in found(study)) == "accepted"


def test_a_sheet_of_decided_passages_can_change_its_mind(study: Path, tmp_path: Path) -> None:
    run(study, "review", "2010-02", given=keys("a", "a", "q"))
    path = tmp_path / "c.csv"
    run(study, "review", "2010-02", "--again", "--out", str(path))
    edit_csv(path, {"verdict": "reject"})
    said = run(study, "review", "2010-02", "--in", str(path), "--yes")
    assert "1 reject" in said
    assert "in the same way: 1" in said
    assert [v[1] for v in verdicts(study)] == ["accept", "accept", "reject"]


def test_everything_wrong_with_a_sheet_is_told_by_row(study: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    run(study, "review", "--out", str(path))
    header, *rows = tables.read_csv(path)
    rows.append([*rows[0]])
    rows[0][header.index("verdict")] = "accept"
    rows[-1][header.index("verdict")] = "reject"
    rows[1][header.index("verdict")] = "acept"
    rows[2][header.index("recode to")] = "storyteling"
    rows[3][0] = rows[3][0].replace("discharge", "safeguarding")
    rows[4][header.index("verdict")] = "recode"
    rows[5][header.index("verdict")], rows[5][header.index("recode to")] = "accept", "storytelling"
    rows[6][header.index("coder")] = "AB"
    rows[7][header.index("verdict")], rows[7][header.index("recode to")] = "recode", rows[7][header.index("code")]
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    path.write_text(out.getvalue())
    with pytest.raises(ConfigError) as caught:
        run(study, "review", "--in", str(path), "--yes")
    told = caught.value.message.splitlines()[1:]
    assert [line.split(":")[0].strip() for line in told] == [f"row {n}" for n in (3, 4, 5, 6, 7, 8, 9, 11)]
    for line, what in zip(
        told,
        (
            "did you mean accept?", "Did you mean storytelling", "the id was changed",
            'nothing stands under "recode to"',
            "leave one of them empty", "--as AB", "what it is proposed for", "says reject, and row 2 says accept",
        ),
        strict=True,
    ):  # fmt: skip
        assert what in line
    assert verdicts(study) == []


def test_a_workbook_out_and_in(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copipe.review.verdicts.MOST_TOLD", 2)
    path = tmp_path / "c.xlsx"
    run(study, "review", "--as", "AB", "--out", str(path))
    book = load_workbook(path)
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    sheet.cell(row=2, column=header.index("verdict") + 1).value = "accept"
    sheet.cell(row=3, column=header.index("recode to") + 1).value = "storytelling"
    book.save(path)
    with pytest.raises(ConfigError, match="--as AB") as caught:
        run(study, "review", "--in", str(path), "--yes")
    told = caught.value.message.splitlines()  # not a line for each of hundreds of rows
    assert len(told) == 4
    assert told[-1].endswith("more rows")
    run(study, "review", "--as", "AB", "--in", str(path), "--yes")
    assert verdicts(study) == [
        ("discharge", "accept", "AB"), ("discharge", "reject", "AB"), ("storytelling", "add", "AB"),
    ]  # fmt: skip
    assert found(study)[0][1] == "candidate"


def test_the_page_out_and_its_verdicts_in(study: Path, tmp_path: Path) -> None:
    page = tmp_path / "c.html"
    run(study, "review", "2010-02", "--out", str(page))
    data = json.loads(page.read_text().partition('id="data">')[2].partition("</script>")[0])
    given = [{"id": row["id"], "verdict": "accept", "as of": row["as_of"]} for row in data["rows"]]
    (tmp_path / "v.json").write_text(json.dumps({"copipe": "review", "verdicts": given}))
    run(study, "review", "2010-02", "--in", str(tmp_path / "v.json"), "--yes")
    assert [v[1] for v in verdicts(study)] == ["accept"] * 5


def test_a_name_does_not_go_out(study: Path, tmp_path: Path) -> None:
    book = study / "codebooks" / "codebook.yaml"
    book.write_text(BOOK.replace("Talk of how", "Mags said how"))
    code_again(study)
    for path in (tmp_path / "c.csv", tmp_path / "c.html"):
        with pytest.raises(CopipeError, match="roster"):
            run(study, "review", "--out", str(path))
        assert not path.exists()


def test_decisions_under_an_old_key_are_those_of_the_code(study: Path) -> None:
    run(study, "review", "--code", "discharge", given=keys("a", "r", "q"))
    for path in (study / "decisions").glob("*.jsonl"):
        path.write_text(path.read_text().replace('"about": "discharge"', '"about": "going-home"'))
    assert [f[1] for f in found(study)][:2] == ["accepted", "candidate"]
    assert ("discharge", "rejected") in [f[:2] for f in found(study)]


def test_what_was_said_anew_leaves_decisions_that_are_gone(study: Path) -> None:
    run(study, "review", "2010-02", "--code", "discharge", given=keys("a", "a", "a"))
    path = study / "private" / "transcripts" / "2010-02.txt"
    path.write_text(ONE.replace("Then the discharge is safe.", "").replace("Nobody rang.", "Nobody rang us at all."))
    code_again(study, "transcribe", "anonymise", "code")
    assert [f[:2] for f in found(study) if f[0] == "discharge" and f[1] == "accepted"] == [
        ("discharge", "accepted")
    ] * 2


# find


def test_find_by_code_words_role_stage_and_meeting(study: Path) -> None:
    def first(*args: str) -> list[str]:
        return [
            " ".join(p["quotation"].split()[:3]) for p in json.loads(run(study, "find", *args, "--json"))["passages"]
        ]

    assert first("discharge AND storytelling") == ["I was on"]
    assert first("discharge NEAR/1 safeguarding") == ["[CS] The discharge", "The safeguarding referral"]
    others = ["The discharge team", "Then the discharge", "A discharge is"]
    assert first("discharge", "AND", "NOT", "(storytelling OR safeguarding)") == others
    assert first("sharing", "--role", "OT") == ["Then the discharge"]
    assert first("discharge", "--stage", "operating") == ["The safeguarding referral", "A discharge is"]
    assert first("--text", "ward*") == ["I was on"]
    assert first("discharge", "--text", "the*", "--text", "team") == ["The discharge team"]
    assert first("discharge", "--meeting", "2010-03", "--role", "SN1") == ["A discharge is"]
    assert first("only:sharing") == []


def test_find_tells_accepted_from_candidate(study: Path) -> None:
    run(study, "review", "2010-02", "--code", "discharge", given=keys("a", "r", "q"))
    said = run(study, "find", "discharge")
    assert "Discharge procedures (accepted); transcript unchecked" in said
    assert "4 passages in 2 meetings: 1 accepted, 3 candidate." in said
    assert "1 passage in 2 meetings: 1 rejected." in run(study, "find", "discharge", "--status", "rejected")


def test_find_says_why_nothing_can_be_searched(study: Path) -> None:
    run(study, "codebook", "rename", "discharge", "leaving", "--yes")
    with pytest.raises(UsageError, match="not coded from what there is now; `copipe run` does it"):
        run(study, "find", "leaving")


def test_find_writes_tables(study: Path, tmp_path: Path) -> None:
    for suffix in ("csv", "xlsx", "md"):
        said = run(study, "find", "discharge", "--out", str(tmp_path / f"q.{suffix}"))
        assert f"Written to {tmp_path / f'q.{suffix}'}" in said
    header, *rows = tables.read_csv(tmp_path / "q.csv")
    assert tables.read_xlsx(tmp_path / "q.xlsx")[1:] == rows
    assert len(rows) == 5
    assert dict(zip(header, rows[1], strict=True))["quotation"] == "The discharge team thought we had."
    assert "| 2010-02 p. 1, l" in (tmp_path / "q.md").read_text()


@pytest.mark.parametrize(
    ("args", "message", "hint"),
    [
        (["dischrage"], "no code", "discharge"),
        (["discharge", "--role", "SN9"], "no role", "SN1"),
        (["discharge", "--stage", "operatin"], "no stage", "operating"),
        (["discharge", "--meeting", "2010-04"], "no meeting", "2010-0"),
        (["discharge", "--kind", "interveiw"], "no kind", "meeting"),
        (["discharge", "--status", "done"], "--status", "accepted"),
        (["discharge", "--out", "x.pdf"], "x.pdf", "Name the file"),
        ([], "nothing to look for", "--text"),
    ],
)
def test_find_says_what_is_wrong(study: Path, args: list[str], message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        run(study, "find", *args)
    assert hint in caught.value.hint


def test_whoever_withdrew_is_not_found(study: Path, tmp_path: Path) -> None:
    run(study, "review", "--code", "discharge", given=keys("a", "a", "a", "a", "a"))
    text = (study / "participants.toml").read_text()
    withdrawn = text.replace(
        'role = "SN1"\ndescription = "x"\nconsent = "full"', 'role = "SN1"\ndescription = "x"\nconsent = "withdrawn"'
    )
    assert withdrawn != text
    (study / "participants.toml").write_text(withdrawn)
    with pytest.raises(CopipeError, match="coded"):  # what shows them is not read
        run(study, "find", "*", "--json")
    code_again(study, "transcribe", "anonymise", "code")
    told = run(study, "find", "*", "--json", "--status", "all") + run(study, "find", "--text", "ward", "--json")
    assert "ward" not in told
    assert '"SN1"' not in told
    path = tmp_path / "c.html"
    run(study, "review", "--again", "--out", str(path))
    assert "I was on" not in path.read_text()


# agreement


def test_two_coders(study: Path, tmp_path: Path) -> None:
    run(study, "review", given=keys(*"aaaaaaaaa"))
    run(study, "review", "--as", "AB", given=keys(*"arraaaaaa"))
    told = json.loads(run(study, "agreement", "--json"))
    assert told["coders"] == ["CS", "AB"]
    assert told["overall"]["counts"] == {"both": 7, "first_only": 2, "second_only": 0, "neither": 0}
    assert told["codes"]["discharge"]["counts"]["first_only"] == 2
    assert told["codes"]["storytelling"]["kappa"] is None
    assert [d["yes"] for d in told["differences"]] == ["CS", "CS"]
    everything = json.loads(run(study, "agreement", "--everything", "--json"))
    assert everything["overall"]["counts"]["neither"] > 20
    assert everything["overall"]["agreement"] > told["overall"]["agreement"]
    said = run(study, "agreement", "--coders", "AB,CS", "--unit", "turn", "--code", "discharge")
    assert "AB in 2010-02: 3 of 3 candidates of 1 code decided" in said
    run(study, "agreement", "--out", str(tmp_path / "d.md"))
    assert "discharge | CS yes, AB no" in (tmp_path / "d.md").read_text()


def test_only_what_both_looked_at_counts(study: Path) -> None:
    run(study, "review", given=keys(*"aaaaaaaaa"))
    run(study, "review", "--as", "AB", "2010-03", "--code", "discharge", given=keys("r", "q"))
    told = json.loads(run(study, "agreement", "--json"))
    assert told["overall"]["counts"] == {"both": 0, "first_only": 1, "second_only": 0, "neither": 0}
    # a passage that one found alone counts once the other has been through all candidates of the code there
    run(study, "review", "--add", "I was on ... wrong practice", "--code", "safeguarding", "--yes")
    run(study, "review", "--as", "AB", "2010-02", "--code", "safeguarding", given=keys("a"))
    told = json.loads(run(study, "agreement", "--json", "--code", "safeguarding"))
    assert told["overall"]["counts"] == {"both": 1, "first_only": 1, "second_only": 0, "neither": 0}


def test_who_there_is_to_compare(study: Path) -> None:
    with pytest.raises(UsageError, match="nobody yet"):
        run(study, "agreement")
    run(study, "review", given=keys("a", "q"))
    with pytest.raises(UsageError, match="AB has not decided on anything"):
        run(study, "agreement", "--coders", "CS,AB")
    run(study, "review", "--as", "AB", "2010-03", given=keys("a", "q"))
    with pytest.raises(UsageError, match="not decided on the same"):
        run(study, "agreement")


def test_the_machine_against_a_person(study: Path) -> None:
    run(study, "review", given=keys(*"arraaaaaa"))
    run(study, "review", "--add", "Nobody at ... told them", "--code", "discharge", "--yes")
    told = json.loads(run(study, "agreement", "--machine", "--json"))["discharge"]
    assert (told["precision"]["part"], told["precision"]["whole"]) == (3, 5)
    assert (told["recall"]["part"], told["recall"]["whole"]) == (3, 4)
    assert "all together" in run(study, "agreement", "--machine")


# memos


def test_memos_about_anything_come_out_together(study: Path, tmp_path: Path) -> None:
    for about, text in (
        ("study", "Where do I stand?"),
        ("2010-02", "Mags was tired."),
        ("going-home", "One code or two?\n\n# Aside\n\nAsk Deb."),
        ("2010-02 p. 1, l. 1", "A good one."),
    ):
        run(study, "memos", "add", about, "--text", text)
    said = run(study, "memos")
    assert "Mags was tired." in said  # they are the researcher's own, under private/
    assert "code discharge (Discharge procedures)" in said
    assert "2010-02 p. 1, l" in said
    about_meeting = run(study, "memos", "--about", "2010-02")
    assert "tired" in about_meeting
    assert "A good one." in about_meeting
    assert "Where do I stand" not in about_meeting
    run(study, "memos", "--markdown", str(tmp_path / "m.md"))
    text = (tmp_path / "m.md").read_text()
    assert "SN1 was tired." in text
    assert "Ask CS." in text
    assert "#### Aside" in text
    assert not re.search(r"\b(Mags|Deb)\b", text)
    with pytest.raises(UsageError, match="neither the study, a meeting, a code nor a citation"):
        run(study, "memos", "add", "dischrage", "--text", "x")
    with pytest.raises(UsageError, match="empty"):
        run(study, "memos", "add", "study")
    assert len(json.loads(run(study, "memos", "--json"))) == 4
