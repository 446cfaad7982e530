"""What other people wrote does nothing on the screen: no colour, no title, no clipboard, no turned letters."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from copipe.cli.terminal.visible import visible
from copipe.errors import ConfigError
from copipe.study import study as studies
from tests.e2e.studies import Copipe

pytestmark = pytest.mark.attack("terminal")

# Escape sequences for colour, title, clipboard and links; carriage return, backspace, C1, bidirectional overrides.
HOSTILE = "\x1b[31m\x1b]0;title\x07\x1b]52;c;AAAA\x07\x1b]8;;http://x\x07\r\b\x9b31m\x9d0;t\x9c\u202e\u2066"
LET_IN = "\x9b31m\x9d0;t\x9c\u202e\u2066"  # what XML can hold is let in, and shown as signs
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def hostile(text_study: Path, copipe: Copipe) -> Path:
    """A study whose memo, file names, audit trail and decisions are full of them. Speech is what the reader lets in."""
    copipe("run", text_study)
    copipe(
        "-s",
        text_study,
        "memos",
        "add",
        "study",
        "--text",
        f"a {LET_IN} memo",
        "--title",
        f"t{LET_IN}",
        "--who",
        "CS",
    )
    (text_study / "codebooks" / "extra.yaml").write_text("name: x\n")
    name = "odd\x1b[31m\u202e\r.txt"
    (text_study / "reports" / name).write_text("nothing")
    (text_study / "templates").mkdir(exist_ok=True)
    (text_study / "templates" / name).write_text("x")
    return text_study


COMMANDS = [
    ["status"],
    ["status", "--json"],
    ["memos"],
    ["memos", "--json"],
    ["audit"],
    ["audit", "--json"],
    ["audit", "--csv"],
    ["audit", "--markdown"],
    ["audit", "verify"],
    ["find", "discharge"],
    ["find", "discharge", "--json"],
    ["leaks"],
    ["report"],
    ["cite", "2010-02 p. 1, l. 1"],
    ["cite", f"nobody{HOSTILE}says"],
    ["find", f"no{HOSTILE}such"],
    ["check", f"no{HOSTILE}such"],
    [f"no{HOSTILE}such"],
    ["seeds", "--try", f"a{HOSTILE}"],
    ["codebook", "show"],
    ["roles", "show", f"x{HOSTILE}"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(visible(part) for part in c)[:40])
def test_no_command_prints_what_a_terminal_obeys(hostile: Path, copipe: Copipe, command: list[str]) -> None:
    for code in (0, 1, 2, 3, 4):
        try:
            done = copipe("-s", hostile, *command, code=code)
            break
        except AssertionError:
            continue
    else:
        pytest.fail("it ended in another way")
    said = done.stdout + done.stderr
    assert said
    found = OBEYED.search(said.replace("\n", " ").replace("\t", " "))
    assert found is None, repr(said[max(0, found.start() - 40) : found.end() + 40])


def test_json_loses_nothing(hostile: Path, copipe: Copipe) -> None:
    memos = json.loads(copipe("-s", hostile, "memos", "--json").stdout)
    assert any(LET_IN in memo["text"] for memo in memos)


def test_a_memo_refuses_what_no_report_can_hold(text_study: Path, copipe: Copipe) -> None:
    done = copipe("-s", text_study, "memos", "add", "study", "--text", f"x\na {HOSTILE} memo", "--who", "CS", code=4)
    assert "line 2: holds the character U+001B (ESC)" in done.stderr
    assert OBEYED.search(done.stderr.replace("\n", "")) is None
    assert not list((text_study / "private" / "memos").rglob("*.md"))


@pytest.mark.parametrize("sign", ["\\u001b", "\\u0008", "\\uFFFF"])
@pytest.mark.parametrize("file", ["copipe.toml", "participants.toml", "meetings.toml"])
def test_settings_refuse_them_with_their_line(text_study: Path, file: str, sign: str) -> None:
    path = text_study / file
    text = {
        "copipe.toml": f'[study]\ntitle = "A{sign}B"\n',
        "participants.toml": f'[[participant]]\nrole = "SN1"\ndescription = "A{sign}B"\nconsent = "full"\n',
        "meetings.toml": f'[[meeting]]\ncode = "2010-02"\ndate = 2010-02-17\nstage = "A{sign}B"\npresent = []\n',
    }[file]
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        studies.load(text_study)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if sign in row)
    assert f"{file}, line {line}" in refused.value.message
    assert f"control character U+{sign[2:].upper()}" in refused.value.message
    assert OBEYED.search(refused.value.message.replace("\n", "")) is None


@pytest.mark.parametrize("field", ["label", "definition", "name", "seed"])
def test_a_codebook_refuses_them_with_their_line(text_study: Path, copipe: Copipe, field: str) -> None:
    value = '"A\\e[31mB"'
    book = text_study / "codebooks" / "codebook.yaml"
    book.write_text(
        f"name: {value if field == 'name' else 'x'}\ncodes:\n- key: a\n  label: {value if field == 'label' else 'A'}\n"
        f"  definition: {value if field == 'definition' else 'x'}\n  seeds: [{value if field == 'seed' else 'x'}]\n"
    )
    said = copipe("-s", text_study, "codebook", "check", code=3)
    assert "control character U+001B" in said.stdout + said.stderr
