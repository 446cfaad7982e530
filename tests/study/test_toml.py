"""Lines of keys, and problems in plain words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.errors import ConfigError
from copipe.study import toml

# --- a tiny writer that knows on which line it puts what -------------------------------------------------------------

bare = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True)
odd = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
keys = bare | odd
gaps = st.sampled_from(["", "\n", "\n\n", " # a ] comment } with \" signs' \n"])


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


scalars = st.one_of(
    st.integers(-99, 99).map(str),
    st.sampled_from(["true", "2010-02-17", "2010-02-17 10:00:00", "1.5", "'C:\\a # b'", '""', "''"]),
    odd.map(quoted),
    st.sampled_from(['"""one\ntwo "quoted" \\""""""', "'''a\n]\n# b'''", '"""\n"""', '"a # no comment ]"']),
)


@st.composite
def arrays(draw: st.DrawFn) -> str:
    items = draw(st.lists(scalars | inline_tables(), max_size=3))
    return "[" + ",".join(draw(gaps) + item + draw(gaps) for item in items) + "]"


@st.composite
def inline_tables(draw: st.DrawFn) -> str:
    names = draw(st.lists(keys, unique=True, max_size=3))
    return "{" + ", ".join(f"{quoted(name)} = {draw(scalars)}" for name in names) + "}"


@st.composite
def documents(draw: st.DrawFn) -> str:
    parts = []
    values = scalars | arrays() | inline_tables()
    for name in draw(st.lists(keys, unique=True, max_size=3)):
        parts.append(f"{draw(gaps)}{quoted('top ' + name)} = {draw(values)}\n")
    for number, name in enumerate(draw(st.lists(bare, max_size=4))):
        header = f"[{name}-{number} . 'x y']" if draw(st.booleans()) else f"[[{draw(st.sampled_from('ab'))}.rows]]"
        parts.append(f"{draw(gaps)}{header}\n")
        for key in draw(st.lists(bare, unique=True, max_size=3)):
            parts.append(f"{key}.deep = {draw(values)}{draw(gaps)}\n")
    return "".join(parts)


def places(data: Any, here: toml.Place = ()) -> set[toml.Place]:
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return {here}.union(*(places(child, (*here, key)) for key, child in children)) - {()}


@given(documents())
def test_every_key_and_element_has_a_line_and_nothing_else_does(text: str) -> None:
    found = toml.lines(text)
    assert set(found) == places(tomllib.loads(text))
    count = text.count("\n") + 1
    assert all(1 <= line <= count for line in found.values())


@given(documents(), st.integers(0, 5))
def test_lines_follow_what_is_put_above(text: str, extra: int) -> None:
    shifted = toml.lines("# above\n" * extra + text)
    assert shifted == {place: line + extra for place, line in toml.lines(text).items()}


def test_lines_of_a_meetings_file() -> None:
    found = toml.lines(
        "# comment\r\n[[meeting]]\r\ncode = '''\r\n2010-02'''\r\npresent = [\r\n  'SN1', # [\r\n  'CS',\r\n]\r\n"
        "[[meeting]]\r\nvisitors = [{code = 'V1'},\r\n {code = 'V2'}]\r\n"
    )
    assert found["meeting", 0] == 2
    assert found["meeting", 0, "present"] == 5
    assert found["meeting", 0, "present", 1] == 7
    assert found["meeting", 1] == 9
    assert found["meeting", 1, "visitors", 1, "code"] == 11


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "part"),
    [
        (b"a = 1\nb 2\n", 2, "cannot be read as TOML"),
        (b'\n\nrecording = "C:\\Users\\x.mp3"\n', 3, "single quotes"),
        (b"date = 2010-02\n", 1, 'a month stands in quotes: "2010-02"'),
        (b"consent = full\n", 1, "text stands in quotes"),
        (b"a = 1\na = 2\n", 2, "Cannot overwrite"),
        (b'ok = 1\nname = "caf\xe9"\n', 2, "not UTF-8"),
        (b'a = """never closed\n', 1, "cannot be read as TOML"),
        (b"a = [1,\n2\n", None, "cannot be read as TOML"),
    ],
)
def test_syntax_problems_name_the_line(tmp_path: Path, content: bytes, line: int | None, part: str) -> None:
    path = tmp_path / "copipe.toml"
    path.write_bytes(content)
    file = toml.read(path)
    (problem,) = file.problems
    assert file.data == {}
    assert part in problem.message
    if line:
        assert problem.line == line
    with pytest.raises(ConfigError, match=r"copipe\.toml"):
        toml.refuse(file.problems)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert toml.read(path).data == {"a": 1}


def test_a_missing_file_and_a_folder_are_problems(tmp_path: Path) -> None:
    assert "no such file" in toml.read(tmp_path / "no.toml").problems[0].message
    assert "cannot be read" in toml.read(tmp_path).problems[0].message


@given(st.binary(max_size=60))
def test_reading_never_fails_otherwise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    toml.read(path)


def test_near_miss() -> None:
    assert toml.near_miss("sn1", ["SN1", "OT"]) == '; did you mean "SN1"?'
    assert toml.near_miss("zzz", ["SN1", "OT"]) == ""
