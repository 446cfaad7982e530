"""Readers of transcripts against files as they are found, and against a tiny writer of our own."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copipe.errors import InputError
from copipe.exchange.transcripts import cues, reading, srt, text, timed, vtt
from copipe.exchange.transcripts.cues import Cue

HERE = Path("meeting")

# --- WebVTT ----------------------------------------------------------------------------------------------------------

TEAMS = """\ufeffWEBVTT

NOTE a comment
<v Nobody>that is not speech</v>

STYLE
::cue(v) { color: red }

3b1/12-0
00:00:01.000 --> 00:00:03.000 line:90% align:start
<v Ann Lee>Fish &amp; chips &lt;sic&gt;,

then a <i>gap</i>.</v>

3b1/13-0
1:02.500 --> 1:04.500
<v.loud Bo>No.</v> <v Ann Lee>Yes, it <00:01:03.000>is
so</v>
"""


def said(found: tuple[Cue, ...]) -> list[tuple[str, str]]:
    return [(cue.label, cue.text) for cue in found]


def test_teams() -> None:
    found = vtt.parse(TEAMS, HERE)
    assert said(found) == [
        ("Ann Lee", "Fish & chips <sic>, then a gap."),
        ("Bo", "No."),
        ("Ann Lee", "Yes, it is so"),
    ]
    assert (found[0].start, found[0].end) == (1.0, 3.0)
    assert found[1].start == 62.5 and found[2].end == 64.5
    assert found[1].end == found[2].start  # shared out by length
    assert 62.5 < found[2].start < 63.5


def test_zoom() -> None:
    content = (
        "WEBVTT\r\n\r\n1\r\n00:00:00.000 --> 00:00:02.000\r\nAnn Lee: Hello there.\r\n\r\n"
        "2\r\n00:00:02.000 --> 00:00:04.000\r\nBo: Well: I said this: no.\r\n\r\n"
        "3\r\n00:00:04.000 --> 00:00:05.000\r\nand so on\r\n\r\n"
        "4\r\n00:00:05.000 --> 00:00:06.000\r\nAnn Lee: Remember: quietly.\r\n\r\n"
        "5\r\n00:00:06.000 --> 00:00:07.000\r\nBo: x"
    )
    assert said(vtt.parse(content.replace("\r\n", "\n"), HERE)) == [
        ("Ann Lee", "Hello there."),
        ("Bo", "Well: I said this: no."),
        ("Bo", "and so on"),
        ("Ann Lee", "Remember: quietly."),
        ("Bo", "x"),
    ]


def test_what_is_typed_like_a_tag_stays() -> None:
    content = "WEBVTT\n\n00:00.000 --> 00:01.000\n<v A>if x < y and y > z</v>\n"
    assert said(vtt.parse(content, HERE)) == [("A", "if x < y and y > z")]


def test_speech_outside_a_voice_tag_is_nobodys() -> None:
    content = "WEBVTT\n\n00:00.000 --> 00:01.000\nbefore <v A>in</v> after\n"
    assert said(vtt.parse(content, HERE)) == [("", "before"), ("A", "in"), ("", "after")]


def test_a_voice_tag_left_open_ends_with_the_cue() -> None:
    content = "WEBVTT\n\n00:00.000 --> 00:01.000\n<v A>one <v B>two\n\n00:01.000 --> 00:02.000\n<v B>three\n"
    assert said(vtt.parse(content, HERE)) == [("A", "one"), ("B", "two"), ("B", "three")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("00:00.000 --> 00:01.000\nhello\n", 1),
        ("WEBVTT\n\nhello\n\n00:00.000 --> 00:01.000\nx\n", 3),
        ("WEBVTT\n\n00:00.000 --> 00:01.000\nx\n\n00:0a.000 --> 00:03.000\nx\n", 6),
        ("WEBVTT\n\n00:00.000 --> soon\nx\n", 3),
    ],
)
def test_a_wrong_vtt_names_the_line_and_not_what_it_says(content: str, line: int) -> None:
    with pytest.raises(InputError, match=rf"^meeting, line {line}: ") as caught:
        vtt.parse(content, HERE)
    assert "hello" not in str(caught.value) + caught.value.hint


def test_an_end_before_the_start_is_no_negative_time() -> None:
    (cue,) = vtt.parse("WEBVTT\n\n00:05.000 --> 00:04.000\nx\n", HERE)
    assert (cue.start, cue.end) == (5.0, 5.0)


# --- SubRip ----------------------------------------------------------------------------------------------------------


def test_srt_as_it_is_found() -> None:
    content = (
        "1\n00:00:01,000 --> 00:00:02,000\n<i>Ann:</i> Hello &amp; so,\nin two lines.\n\n"
        "2\n00:00:02.5 --> 00:00:04,000 X1:10\n{\\an8}BO: Yes.\nAnn: No.\n"  # no empty line follows
        "3\n0:00:04,000 --> 0:00:06,000\n- Who?\n- Me.\n\n"
        "00:00:06,000 --> 00:00:07,000\n42\n\n"
        "5\n00:00:07,000 --> 00:00:08,000\nAnn: End\n"
    )
    found = srt.parse(content, HERE)
    assert said(found) == [
        ("Ann", "Hello & so, in two lines."),
        ("BO", "Yes."),
        ("Ann", "No."),
        ("", "Who?"),
        ("", "Me."),
        ("", "42"),
        ("Ann", "End"),
    ]
    assert (found[1].start, found[2].end) == (2.5, 4.0)


def test_an_srt_that_begins_with_text_is_refused() -> None:
    with pytest.raises(InputError, match="line 1: text before the first times"):
        srt.parse("hello\n1\n00:00:01,000 --> 00:00:02,000\nx\n", HERE)


# --- plain text ------------------------------------------------------------------------------------------------------


def test_turns_begin_with_a_speaker_and_nothing_else() -> None:
    content = """Second meeting

SN1: I told her: sit down.
And then: nothing.
Well: that was it.
Mrs Jones: she was the patient
CS: Yes.

Still me.
SN1: 10:30 we began. The rule: none.
10:45 we ended
Dr Low: I only came to listen.
"""
    assert said(text.parse(content)) == [
        ("", "Second meeting"),
        ("SN1", "I told her: sit down. And then: nothing. Well: that was it."),
        ("Mrs Jones", "she was the patient"),  # a false speaker is seen; words of Dr Low's under SN1 are not
        ("CS", "Yes. Still me."),
        ("SN1", "10:30 we began. The rule: none. 10:45 we ended"),
        ("Dr Low", "I only came to listen."),
    ]


@pytest.mark.parametrize("lines", [1, 5])
def test_who_speaks_once_is_not_whoever_spoke_before(lines: int) -> None:
    turns = ["NERYS: one", "TOM: two", "NERYS: three", "I told him: no", "Now: listen"]
    content = "\n".join(turn + "\nand on" * (lines - 1) for turn in turns)
    content += "\nZephyrine Vandermolen: I only spoke once.\nTOM: four\n"
    found = said(text.parse(content))
    assert ("Zephyrine Vandermolen", "I only spoke once.") in found
    assert {label for label, _ in found} == {"NERYS", "TOM", "Zephyrine Vandermolen"}
    assert "I told him: no" in found[2][1] and "Now: listen" in found[2][1]


def test_one_speaker_alone_makes_no_others() -> None:
    content = "ANN: a\nand on\nand on\nMy Rule: none\nand on\n"
    assert said(text.parse(content)) == [("ANN", "a and on and on My Rule: none and on")]


def test_in_a_file_with_a_turn_a_line_one_turn_makes_a_speaker() -> None:
    content = "Ann: a\nBo: b\nAnn: c\nBo: d\nRemember: this\nDr Low: e\n"
    assert said(text.parse(content))[-2:] == [("Bo", "d Remember: this"), ("Dr Low", "e")]


def test_a_listed_speaker_counts() -> None:
    content = "Ann: hello and\nsome more\nand more\nand Dr Low: not here\n"
    assert said(text.parse(content)) == [("", "Ann: hello and some more and more and Dr Low: not here")]
    assert said(text.parse(content, {"ann"}))[0][0] == "Ann"


@pytest.mark.parametrize(
    ("line", "label", "start"),
    [
        ("[00:12:03] SN1: hello", "SN1", 723.0),
        ("(12:03) SN1: hello", "SN1", 723.0),
        ("00:12:03.5 SN1: hello", "SN1", 723.5),
        ("[75:10] - Ann Lee: hello", "Ann Lee", 4510.0),
        ("Ann Lee (00:12): hello", "Ann Lee", 12.0),
        ("ANN [1:00:00] hello", "ANN", 3600.0),
        ("Ann Lee   0:12\nhello", "Ann Lee", 12.0),
        ("**Ann Lee** [00:12]:\nhello", "Ann Lee", 12.0),
        ("**ANN:** hello", "ANN", None),
        ("ANN:\nhello", "ANN", None),
        ("ANN-MARIE O'NEILL: hello", "ANN-MARIE O'NEILL", None),
        ("ÉLODIE: hello", "ÉLODIE", None),
    ],
)
def test_how_turns_begin(line: str, label: str, start: float | None) -> None:
    found = text.parse(line)[-1]
    assert (found.label, found.text, found.start) == (label, "hello", start)


def test_times_in_text_reach_to_the_next_at_most() -> None:
    first, second, third = text.parse("[00:10] A: " + "word " * 60 + "\n[00:20] B: one two\n[00:50] A: x\n")
    assert (first.start, first.end) == (10.0, 20.0)
    assert second.start == 20.0 and second.end == pytest.approx(21.2)  # two words do not last half a minute
    assert third.end == pytest.approx(50.6)


def test_a_time_within_a_turn_keeps_the_speaker() -> None:
    assert said(text.parse("[00:10] ANN: a\n[00:20] b\nBO: c\n")) == [("ANN", "a"), ("ANN", "b"), ("BO", "c")]


def test_remarks_in_brackets_are_single_words() -> None:
    words = cues.tokens(
        "So (laughs), the colleague(s) [inaudible 00:12] said (and this is what I would call "
        "a really very long aside of mine) no."
    )
    assert words[1] == "(laughs)," and "(inaudible 00:12)" in words
    assert cues.tokens("(The participant reads the text in the home tab)\nNow (x")[1:] == ["Now", "(x"]
    assert "colleague(s)" in words and "(and" in words
    (segment,) = cues.segments([Cue("A", "So (laughs out loud). No.")], "m")
    assert [w.is_note for w in segment.words] == [False, True, False]


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, newline: str) -> None:
    path = tmp_path / "m.txt"
    path.write_bytes(newline.join(["ANN: It’s a café,", "yes.", "BO: “Quite.”"]).encode(encoding))
    found = reading.read(path, "m")
    assert [(s.label, [w.text for w in s.words]) for s in found] == [
        ("ANN", ["It’s", "a", "café,", "yes."]),
        ("BO", ["“Quite.”"]),
    ]
    assert [w.id for s in found for w in s.words] == [f"m:00000{n}" for n in range(1, 6)]
    assert all(w.start is None and w.end is None for s in found for w in s.words)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_content_counts_before_the_suffix(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "m.txt"
    path.write_text(TEAMS.removeprefix("\ufeff"), encoding=encoding)
    assert reading.read(path, "m")[1].label == "Bo"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nANN: Hello\n", encoding=encoding)
    (segment,) = reading.read(path, "m")
    assert (segment.label, segment.start, segment.end) == ("ANN", 1.0, 2.0)


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("m.docx", b"PK", "transcripts are read from"),
        ("m.txt", b"", "holds no speech"),
        ("m.txt", b" \n\n", "holds no speech"),
        ("m.vtt", b"WEBVTT\n", "holds no speech"),
        ("m.srt", b"", "holds no speech"),
        ("m.txt", b"ANN: secret\nmore\x00\x01secret", "line 2: this is not text"),
        ("m.txt", b"secret \x81\x8d", "neither UTF-8"),
        ("m.vtt", b"secret", "line 1: a WebVTT file begins"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, name: str, content: bytes, part: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        reading.read(path, "m")
    assert part in caught.value.message
    assert caught.value.hint
    assert "secret" not in caught.value.message + caught.value.hint


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        reading.read(tmp_path / "no.vtt", "m")


@given(st.sampled_from([".vtt", ".srt", ".txt"]), st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    for start in (b"", b"WEBVTT\n\n00:01.000 --> 00:02.000\n", b"1\n00:00:01,000 --> 00:00:02,000\n", b"ANN: "):
        path.write_bytes(start + content)
        try:
            found = reading.read(path, "m")
        except InputError:
            continue
        assert [w.id for s in found for w in s.words] == sorted(w.id for s in found for w in s.words)
        assert all(w.text and w.text == w.text.strip() for s in found for w in s.words)


# --- round trips -----------------------------------------------------------------------------------------------------

words = st.text(
    st.characters(codec="utf-8", categories=["L", "N"], include_characters="'’,.?!&<>-"), min_size=1, max_size=9
)
speech = st.lists(words.filter(lambda w: not w.strip("-").isdigit()), min_size=1, max_size=12).map(" ".join)
names = st.sampled_from(["SN1", "OT", "ANN LEE", "INTERVIEWER", "DR O'NEILL", "P-2"])
turns = st.lists(st.tuples(names, speech, st.integers(1, 9999), st.integers(0, 900)), min_size=1, max_size=8)


def clock(ms: int, separator: str) -> str:
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{separator}{ms % 1000:03d}"


def timeline(said_by: list[tuple[str, str, int, int]]) -> list[tuple[str, str, int, int]]:
    at = 0
    placed = []
    for name, what, length, gap in said_by:
        placed.append((name, what, at + gap, at + gap + length))
        at += gap + length
    return placed


def escaped(what: str) -> str:
    return what.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def check(found: tuple[Cue, ...], expected: list[tuple[str, str, int, int]]) -> None:
    assert [(c.label, c.text.split()) for c in found] == [(name, what.split()) for name, what, _, _ in expected]
    assert [(c.start, c.end) for c in found] == [(s / 1000, e / 1000) for _, _, s, e in expected]
    spoken = [w for s in cues.segments(found, "m") for w in s.words]
    assert [w.text for w in spoken] == [w for _, what, _, _ in expected for w in what.split()]
    times = [t for w in spoken for t in (w.start, w.end)]
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(times))  # type: ignore[operator]


@given(turns)
def test_vtt_round_trip(said_by: list[tuple[str, str, int, int]]) -> None:
    expected = timeline(said_by)
    content = "WEBVTT\n\n" + "\n".join(
        f"id {n}\n{clock(s, '.')} --> {clock(e, '.')}\n<v {name}>{escaped(what)}</v>\n"
        for n, (name, what, s, e) in enumerate(expected)
    )
    check(vtt.parse(content, HERE), expected)


@given(turns)
def test_srt_round_trip(said_by: list[tuple[str, str, int, int]]) -> None:
    expected = timeline(said_by)
    content = "\n".join(
        f"{n}\n{clock(s, ',')} --> {clock(e, ',')}\n{name}: {escaped(what)}\n"
        for n, (name, what, s, e) in enumerate(expected, 1)
    )
    check(srt.parse(content, HERE), expected)


@given(turns, st.booleans())
def test_text_round_trip(said_by: list[tuple[str, str, int, int]], blank: bool) -> None:
    content = ("\n\n" if blank else "\n").join(f"{name}: {what}" for name, what, _, _ in said_by)
    assert [(c.label, c.text.split()) for c in text.parse(content)] == [(n, w.split()) for n, w, _, _ in said_by]


@given(st.floats(0, 9999), st.floats(0, 99), st.lists(words, min_size=1, max_size=30))
def test_words_share_the_time_of_their_cue(start: float, length: float, spoken: list[str]) -> None:
    (segment,) = cues.segments([Cue("A", " ".join(spoken), start, start + length)], "m")
    assert segment.words[0].start == start
    assert segment.words[-1].end == start + length
    for before, after in itertools.pairwise(segment.words):
        assert before.end == after.start


def test_is_timing() -> None:
    assert timed.is_timing("00:00:01,000 --> 00:00:02,000")
    assert not timed.is_timing("00:00:01,000 -> 00:00:02,000")


# --- notes -----------------------------------------------------------------------------------------------------------


def test_notes_are_one_segment_a_point(tmp_path: Path) -> None:
    path = tmp_path / "n.md"
    path.write_text(
        "# Notes\n\n- first point\n  goes on here\n* second\n• third (laughs)\n3. fourth\n\n"
        "fifth (it is said) in a line\n  - under it\nT2\n\tindented\n\tagain\n",
        encoding="utf-8",
    )
    found = text.read_notes(path, "2010-02")
    assert [" ".join(w.text for w in s.words) for s in found] == [
        "Notes",
        "first point goes on here",
        "second",
        "third (laughs)",
        "fourth",
        "fifth (it is said) in a line",
        "under it",
        "T2",
        "indented",
        "again",
    ]
    assert not any(w.is_note for w in found[5].words)
    assert found[0].words[0].id == "2010-02-notes:000001"
    assert {(s.start, s.label) for s in found} == {(None, "")}


def test_notes_that_hold_nothing(tmp_path: Path) -> None:
    path = tmp_path / "n.txt"
    path.write_text("\n \n", encoding="utf-8")
    with pytest.raises(InputError, match="holds no notes"):
        text.read_notes(path, "m")


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".txt"])
def test_whoever_is_known_beforehand_is_a_speaker_though_the_tag_comes_once_or_in_small_letters(
    tmp_path: Path, suffix: str
) -> None:
    lines = ["MARY: Good evening.", "Barnaby Cripps: I was not asked.", "I said so: no.", "winnie okonjo: Nor was I."]
    lines += ["nobody else: is here."]
    cues = "".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n + 1},000\n{line}\n\n" for n, line in enumerate(lines, 1))
    path = tmp_path / f"m{suffix}"
    head = "WEBVTT\n\n" if suffix == ".vtt" else ""
    path.write_text("\n".join(lines) if suffix == ".txt" else head + cues)
    found = reading.read(path, "m", ["Mary", "Barnaby Cripps", "Winnie Okonjo"])
    said: dict[str, str] = {}
    for segment in found:
        said[segment.label] = " ".join([*said.get(segment.label, "").split(), *(w.text for w in segment.words)])
    assert said == {
        "MARY": "Good evening.",
        "Barnaby Cripps": "I was not asked. I said so: no.",
        "winnie okonjo": "Nor was I.",
        "nobody else": "is here.",
    }


@pytest.mark.parametrize(
    "tag", ["Social worker", "sal", "sal (visitor)", "the social worker", "Yaw (visitor from Marlbury House)"]
)
def test_a_tag_in_small_letters_is_a_speaker_where_tags_are_known(tag: str) -> None:
    lines = ["SN1: I was on a ward.", f"{tag}: my hydrangea is dying.", "OT: nobody did."]
    found = text.parse("\n".join(lines), {"sn1", "ot"})
    assert [(cue.label, cue.text) for cue in found] == [
        ("SN1", "I was on a ward."),
        (tag, "my hydrangea is dying."),
        ("OT", "nobody did."),
    ]


def test_what_somebody_says_before_a_colon_is_no_speaker() -> None:
    lines = [
        "SN1: I told them",
        "a plan: you go.",
        "OT: so she",
        "said: no.",
        "the question is: why.",
        "for example: here.",
    ]
    found = text.parse("\n".join([*lines, "CS: fine."]), {"sn1", "ot", "cs"})
    assert [cue.label for cue in found] == ["SN1", "OT", "CS"]
    alone = text.parse("We met.\nthe porter: absent.\nWe left.", frozenset())
    assert [cue.label for cue in alone] == [""]
