"""The text in the editor: what a person may do to it, and what is refused with its line."""

from __future__ import annotations

import time

import pytest

from copipe.errors import InputError
from copipe.records import Decision, Mark, Segment, Turn, Word, word_id
from copipe.transcribe.corrections.changes import changes
from copipe.transcribe.corrections.counts import summary, times
from copipe.transcribe.corrections.replay import apply, not_yet_so
from copipe.transcribe.corrections.text import Base, read_back, read_tag, write_out

M = "2010-02"
ROLES = ("SN1", "CS", "OT")


def base(*turns: tuple[str, str]) -> Base:
    """Turns of words 0.4 s apart; the role "" is somebody not in the study."""
    made, n = [], 0
    for role, text in turns:
        found = []
        for word in text.split():
            found.append(Word(word_id(M, n + 1), n * 0.4, n * 0.4 + 0.3, word.strip("?"), 0.2 if "?" in word else 0.9))
            n += 1
        shown = tuple(found) if role else ()
        made.append(Turn(found[0].id, found[-1].id, found[0].start, found[-1].end, role, shown, len(found), 1.0))
    return Base(M, "source", tuple(made))


BASE = base(
    ("SN1", "okay well I think Adam? should? go home"), ("CS", "who is he"), ("", "a secret"), ("UNK1", "he is the boy")
)
TEXT = write_out(BASE, 0.5, ROLES)


def after(text: str, of: Base = BASE) -> list[str]:
    """The words once corrected, those given to somebody with their role."""
    words = [w for t in of.turns for w in t.words]
    decisions = changes(of, text, "AB", ROLES)
    done = apply([Segment(None, None, tuple(words))], decisions, "source")
    assert done.unplaced == ()
    return [
        f"{done.said_by[w.id]}:{w.text}" if w.id in done.said_by else w.text for s in done.segments for w in s.words
    ]


def refused(text: str, of: Base = BASE) -> InputError:
    with pytest.raises(InputError) as caught:
        changes(of, text, "AB", ROLES)
    return caught.value


def test_what_is_written_out() -> None:
    assert TEXT.startswith(f"# copipe correct {M} base ")
    assert "\n[00:00:00] SN1: okay well I think {Adam should} go home\n" in TEXT
    assert "\n[00:00:04] --: (not in the study, 1 s)\n" in TEXT
    assert "secret" not in TEXT
    assert "\n[00:00:05] UNK1: he is the boy\n" in TEXT
    assert "Roles in this meeting: SN1 CS OT\n" in TEXT  # nothing can be given to UNK1
    assert read_tag(TEXT)[0] == M


def test_suspect_passages_are_to_be_listened_to() -> None:
    turn = BASE.turns[0]
    marked = Turn(
        turn.id, turn.last, turn.start, turn.end, turn.role, turn.words, turn.count, 1.0,
        (Mark("suspect", turn.words[5].id, turn.words[6].id, "repeated text"), Mark("overlap", turn.id, turn.last)),
    )  # fmt: skip
    text = write_out(Base(M, "source", (marked,)), 0.5, ROLES)
    assert "\n# listen: repeated text, 00:00:02\n[00:00:00] SN1: okay" in text
    assert "overlap" not in text
    assert changes(Base(M, "source", (marked,)), text, "AB", ROLES) == ()


@pytest.mark.parametrize(
    "edited",
    [
        TEXT.replace("{", "").replace("}", ""),
        TEXT.replace("well I ", "well\n\n  I\n"),
        TEXT.replace("\n", "\r\n"),
        "\ufeff" + TEXT,
        TEXT.replace("[00:00:04]", "[9:99]").replace("[00:00:05] ", ""),
        TEXT.replace("# Put the words right", "# Ha"),
        TEXT.replace("SN1: okay", "sn1: okay"),
        TEXT.replace("SN1: okay", "SN1:okay"),
        TEXT + "\n# done\n#\n",
    ],
)
def test_what_changes_nothing(edited: str) -> None:
    assert changes(BASE, edited, "AB", ROLES) == ()


def test_a_word_a_note_and_a_turn() -> None:
    edited = TEXT.replace("{Adam should}", "Aidan {should}").replace("go home", "go (both laugh) home.")
    edited = edited.replace("CS: who", "OT: who")
    assert after(edited) == [
        *"okay well I think Aidan should go".split(), "(both laugh)", "home.", "OT:who", "OT:is", "OT:he",
        *"he is the boy".split(),
    ]  # fmt: skip
    made = changes(BASE, edited, "AB", ROLES)
    assert len(made) == 4
    assert summary(made) == "2 words changed, 1 passage given to another speaker, 1 note"
    assert times(made) == "at 00:00:01, 00:00:02, 00:00:03"
    assert all(d.who == "AB" and d.span is not None and d.span.source == "source" for d in made)


def test_a_turn_split_and_one_joined() -> None:
    split = TEXT.replace("think {Adam", "think\nOT: {Adam").replace("} go", "}\n[..] SN1: go")
    assert after(split)[3:7] == ["think", "OT:Adam", "OT:should", "go"]
    joined = TEXT.replace("[00:00:03] CS: who", "who")
    assert after(joined)[7:11] == ["home", "SN1:who", "SN1:is", "SN1:he"]


def test_what_somebody_said_that_the_engine_missed() -> None:
    added = TEXT.replace("[00:00:03] CS:", "OT: Mm-hm.\n\n[00:00:03] CS:")
    assert after(added)[7:10] == ["home", "OT:Mm-hm.", "who"]
    (made,) = changes(BASE, added, "AB", ROLES)
    assert (made.verdict, made.text) == ("insert", "Mm-hm.")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("] CS: who", "] SN9: who", "SN9 is not a role"),
        ("[00:00:03] CS: who", "SN9: who", "SN9 is not a role"),
        ("[00:00:03] CS: who", "[00:00:03] who", "begins like a turn"),
        ("[00:00:03] CS: who", "[00:00:03 CS: who", "begins like a turn"),
        ("[00:00:03] CS: who", "[00:00:03] CS who", "begins like a turn"),
        ("[00:00:03] CS: who", "[00:00:03] UNK1: who", "an unassigned voice"),
        ("[00:00:00] SN1: okay", "okay", "before the first turn"),
        ("[00:00:03] CS: who", "Cs: who", "nearly like a turn of CS"),
        ("[00:00:03] CS: who", "cs: who", "nearly like a turn of CS"),
        ("[00:00:03] CS: who", "Csx: who", "nearly like a turn of CS"),
        ("[00:00:03] CS: who", "Sn: who", "nearly like a turn of SN1"),
        ("[00:00:03] CS: who", "NS1: who", "NS1 is not a role"),
        ("[00:00:03] CS: who", "sn2: who", "sn2 is not a role"),
        ("[00:00:03] CS: who", "SN 1: who", "nearly like a turn of SN1"),
        ("[00:00:03] CS: who", "CS; who", "nearly like a turn of CS"),
        ("[00:00:03] CS: who", "- CS: who", "nearly like a turn of CS"),
        ("[00:00:03] CS: who", "Ab9: who", "Ab9 is not a role"),
        ("[00:00:03] CS: who", "00:00:03] CS: who", "begins like a turn"),
        ("[00:00:03] CS: who", "(00:00:03) CS: who", "begins like a turn"),
        ("[00:00:03] CS: who", "> [00:00:03] CS: who", "begins like a turn"),
        ("[00:00:03] CS: who", "00:0003] CS: who", "nearly like a turn of CS"),
        ("[00:00:03] CS: who", "home [00:00:03] CS: who", "a turn begins within"),
    ],
)
def test_what_is_refused_names_its_line(old: str, new: str, said: str) -> None:
    assert old in TEXT
    error = refused(TEXT.replace(old, new))
    line = TEXT[: TEXT.index(old)].count("\n") + 1
    assert f"line {line}: " in error.message
    assert said in error.message
    assert error.hint
    assert not {"okay", "who", "home", "boy"} & set(error.message.split())


def test_the_line_of_somebody_not_in_the_study_stays() -> None:
    line = "[00:00:04] --: (not in the study, 1 s)\n"
    assert "not in the study" in refused(TEXT.replace(line, "")).message
    assert "not in the study" in refused(TEXT.replace(line, line + "he said\n")).message
    assert "not in the study" in refused(TEXT.replace(line, "[00:00:04] --: he said no\n")).message
    assert "not in the study" in refused(TEXT + line).message


def test_no_words_may_be_taken_past_somebody_not_in_the_study() -> None:
    """Cut on one side and pasted on the other they are deleted and inserted; the hidden words do not move."""
    hidden = Turn(
        BASE.turns[2].id, BASE.turns[2].last, 4.4, 5.1, "CS",
        tuple(Word(word_id(M, n), n * 0.4, n * 0.4 + 0.3, "secret") for n in (12, 13)), 2, 1.0,
    )  # fmt: skip
    everything = [*BASE.turns[:2], hidden, BASE.turns[3]]
    edited = TEXT.replace("who is he", "who").replace("he is the boy", "is he he is the boy")
    decisions = changes(BASE, edited, "AB", ROLES)
    done = apply([Segment(None, None, tuple(w for t in everything for w in t.words))], decisions, "source")
    assert " ".join(w.text for s in done.segments for w in s.words).endswith("who secret secret is he he is the boy")
    assert not any("secret" in d.detail for d in decisions)


def test_a_text_cut_short_is_refused_unless_forced() -> None:
    kept = "\n".join(TEXT.splitlines()[:1]) + "\nSN1: okay well I\n[0:0] --: (not in the study, 1 s)\n"
    assert "Most of it is missing" in refused(kept).message
    assert [d.verdict for d in changes(BASE, kept, "AB", ROLES, force=True)] == ["delete", "delete", "delete"]


@pytest.mark.parametrize("text", ["", "okay\n", TEXT.split("\n", 1)[1]])
def test_without_its_first_line_a_text_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="line 1"):
        read_tag(text)


def test_a_wrapped_line_is_speech_unless_a_role_begins_it() -> None:
    pieces = read_back("SN1: I said\nWell: no\n#1 it was\n[inaudible] then\nto: me, at 10:45\n10:45\nOT: yes", ROLES)
    assert [(p.role, " ".join(p.atoms)) for p in pieces] == [
        ("SN1", "I said Well: no #1 it was [inaudible] then to: me, at 10:45 10:45"),
        ("OT", "yes"),
    ]


def test_two_people_who_correct_the_same_do_not_do_it_twice() -> None:
    edited = TEXT.replace("go home", "go right home").replace("Adam", "Aidan")
    words = [Segment(None, None, tuple(w for t in BASE.turns for w in t.words))]
    both = [*changes(BASE, edited, "AB", ROLES), *changes(BASE, edited, "CD", ROLES)]
    done = apply(words, both, "source")
    assert done.unplaced == ()
    assert [w.text for w in done.segments[0].words[:9]] == "okay well I think Aidan should go right home".split()


EDITED = TEXT.replace("well I", "we'll all I").replace("Adam should", "Aidan and Eve").replace("CS: who", "OT: who")
EDITED = EDITED.replace("\n[00:00:05] UNK1:", "\nOT: Mm.\n\nCS: Mm.\n\n[00:00:05] UNK1:").replace("the boy", "boy")


def test_a_text_read_in_twice_changes_nothing_the_second_time() -> None:
    hidden = tuple(Word(word_id(M, n), n * 0.4, n * 0.4 + 0.3, "secret") for n in (12, 13))
    shown = [w for t in BASE.turns for w in t.words]
    words = [Segment(None, None, (*shown[:11], *hidden, *shown[11:]))]
    first, again = changes(BASE, EDITED, "AB", ROLES), changes(BASE, EDITED, "CD", ROLES)
    assert not_yet_so(words, (), first, "source") == first
    assert not_yet_so(words, first, again, "source") == ()
    assert apply(words, [*first, *again], "source").segments == apply(words, first, "source").segments
    more = changes(BASE, EDITED.replace("go home", "go away"), "CD", ROLES)
    assert [d.text for d in not_yet_so(words, first, more, "source")] == ["away"]


def test_what_another_correction_has_changed_since_is_not_already_so() -> None:
    words = [Segment(None, None, tuple(w for t in BASE.turns for w in t.words))]
    one = changes(BASE, TEXT.replace("home", "away"), "AB", ROLES)
    two = changes(BASE, TEXT.replace("home", "out"), "CD", ROLES)
    again = changes(BASE, TEXT.replace("home", "away"), "AB", ROLES)
    assert not_yet_so(words, [*one, *two], again, "source") == again


def test_an_insertion_given_to_somebody_else_is_news() -> None:
    words = [Segment(None, None, tuple(w for t in BASE.turns for w in t.words))]
    first = changes(BASE, TEXT.replace("[00:00:03] CS:", "OT: Mm.\n\n[00:00:03] CS:"), "AB", ROLES)
    other = changes(BASE, TEXT.replace("[00:00:03] CS:", "SN1: Yes.\n\nCS: Mm.\n\n[00:00:03] CS:"), "AB", ROLES)
    done = apply(words, [*first, *not_yet_so(words, first, other, "source")], "source")
    heard = [(done.said_by.get(w.id), w.text) for s in done.segments for w in s.words]
    assert sorted(h for h in heard if h[1] in ("Mm.", "Yes.")) == [("CS", "Mm."), ("SN1", "Yes.")]


def test_what_found_no_place_is_not_stored_twice() -> None:
    first, again = (changes(BASE, TEXT.replace("home", "away"), "AB", ROLES) for _ in range(2))
    elsewhere = [Segment(None, None, (Word(word_id(M, 1), 500.0, 500.3, "nothing"),))]
    assert apply(elsewhere, first, "other").unplaced
    assert not_yet_so(elsewhere, (), first, "other") == first
    assert not_yet_so(elsewhere, first, again, "other") == ()


def test_a_correction_of_words_that_became_more_is_of_all_of_them() -> None:
    words = [Segment(None, None, tuple(w for t in BASE.turns for w in t.words))]
    one = changes(BASE, TEXT.replace("go home", "went right away"), "AB", ROLES)
    two = changes(BASE, TEXT.replace("go home", "left"), "CD", ROLES)
    said = [w.text for w in apply(words, [*one, *two], "source").segments[0].words]
    assert said[4:8] == ["Adam", "should", "left", "who"]


def test_an_insertion_taken_back_lists_what_stood_on_it() -> None:
    words = [Segment(None, None, tuple(w for t in BASE.turns for w in t.words))]
    first = changes(BASE, TEXT.replace("go home", "go write home"), "AB", ROLES)
    now = apply(words, first, "source").segments[0].words[:9]
    then = Base(M, "source", (Turn(now[0].id, now[-1].id, 0.0, 3.0, "SN1", now, 9, 1.0),))
    second = changes(then, write_out(then, 0.5, ROLES).replace("write", "right"), "AB", ROLES)
    undone = Decision("u", "9999", "AB", "undo", first[0].id, "taken back")
    done = apply(words, [*first, *second, undone], "source")
    assert done.segments == tuple(words)
    assert [u.decision for u in done.unplaced] == list(second)


def test_a_long_meeting_is_compared_in_a_moment() -> None:
    import random

    rng = random.Random(3)
    common = [f"w{int(rng.paretovariate(0.7)) % 3000}" for _ in range(20_000)]
    turns = [(ROLES[k % 3], " ".join(common[k * 20 : k * 20 + 20])) for k in range(1000)]
    long = base(*turns)
    text = write_out(long, 0.5, ROLES)
    lines = [
        line.replace(f" {line.split()[9]} ", " put-right ", 1).replace(f" {line.split()[15]} ", " ", 1)
        if line.startswith("[")
        else line
        for line in text.splitlines()
    ]
    began = time.perf_counter()
    made = changes(long, "\n".join(lines), "AB", ROLES)
    assert 900 < len(made) < 3000
    assert time.perf_counter() - began < 5.0  # 1 s on an idle machine
    words = [Segment(None, None, tuple(w for t in long.turns for w in t.words))]
    began = time.perf_counter()
    assert not apply(words, made, "source").unplaced
    assert time.perf_counter() - began < 5.0
