"""The reports whole, against golden files.

`COPIPE_RENEW_GOLD=1 pytest tests/report` writes them anew; read the difference before you commit it.
"""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from copipe.errors import CopipeError
from copipe.records import Coding, Evidence, LeftOut, Mark, Match, Memo, Span, Story, Turn, Word
from copipe.report import listening, meeting, own_words, quotations, synthesis, transcript
from copipe.report.view import MeetingView, StudyView, Term, ToldStory
from copipe.study.pages import paginate, parse_citation, resolve

GOLD = Path(__file__).parents[1] / "gold" / "report"
MakeView = Callable[..., MeetingView]


def check(name: str, text: str) -> None:
    path = GOLD / name
    if os.environ.get("COPIPE_RENEW_GOLD"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert "\n\n\n" not in text


def test_meeting(view: MakeView) -> None:
    check(
        "meeting.md", meeting.render(view(warnings=("the recording ends early",), unplaced=("words 2010-02:000012",)))
    )


def full(view: MakeView) -> MeetingView:
    """A meeting of which everything is known: what was decided, told, noted and remembered."""
    seen = view(checked_by="CS", checked_when="2010-03-01")
    story, discharge, network, other = seen.codings
    said = ("Discharge folder at the ward.", "Parking.")
    notes = tuple(
        Turn(f"n:{n}", f"n:{n}", None, None, "notes", (Word(f"n:{n}", None, None, text),), 1, 1.0)
        for n, text in enumerate(said)
    )
    own = Turn("f:1", "f:1", None, None, "field notes", (Word("f:1", None, None, "SN1 sat apart."),), 1, 1.0)
    meant = (Evidence("meaning", "definition", discharge.span.first, discharge.span.last),)
    near = replace(discharge, span=seen.codings[3].span, status="candidate", score=0.62, evidence=meant)
    cues = (Evidence("cue", "the other day", story.span.first, story.span.first),)
    return replace(
        seen,
        codings=(
            replace(story, status="accepted", who="CS"),
            replace(discharge, status="rejected", who="CS"),
            network,
            *(replace(other, span=replace(other.span, last=w.id), score=0.1) for w in seen.turns[4].words[14:20]),
        ),
        summary=(discharge.span,),
        terms=(Term("discharge", 5, 1), Term("partners", 3, 0)),
        stories=(ToldStory(Story(story.span, "CS", 0.8, cues, seconds=9.0), "chosen", "sharing knowledge", "CS"),),
        notes=notes,
        matches=(Match(Span("2010-02", notes[0].id, notes[0].last, None, None, "", ""), (discharge.span,), (0.6,)),),
        unmentioned=(LeftOut(other.span, (other.span,)),),
        unmentioned_words=9,
        field_notes=(own,),
        near=(near,),
        memos=(Memo("m", "2010-03-02T20:00:00+00:00", "CS", "meeting:2010-02", "First *thoughts*", "One.\n\n# Two."),),
    )


def test_a_meeting_of_which_everything_is_known(view: MakeView) -> None:
    seen = full(view)
    text = meeting.render(seen)
    check("meeting-full.md", text)
    assert quotations.verify(text, [seen]) == 9
    assert "accepted by CS" in text and "1 rejected" in text
    assert "Parking. — *not found in the transcript*" in text
    assert text.index("## What the notes confirm") < text.index("Parking.") < text.index("## What the field notes")
    assert text.index("## What the field notes") < text.index("- SN1 sat apart. — *not found in the transcript*")
    assert "Found in the transcript: 1 of 2 points. Software" in text and "transcript: 0 of 1 point.\n" in text
    assert "## Talk that neither the notes nor the field notes mention" in text


def test_what_no_seed_proposes_stands_apart_and_is_not_counted(view: MakeView) -> None:
    seen = full(view)
    without = replace(seen, near=())
    text, before = meeting.render(seen), meeting.render(without)
    counted = r"(\d+) passages? accepted by a person; (\d+) candidate passages"
    assert re.findall(counted, text) == re.findall(counted, before) != []
    said = "Found without a seed, may belong here:"
    assert said in text and said not in before
    assert "Near the code's definition in meaning; score 0.62." in text
    assert "not counted: 1 close to a code in meaning" in text
    below = meeting.render(replace(seen, quorum_met=False))
    assert said not in below
    synthesised = [synthesis.render(StudyView("t", seen.codebook, (v,), 4)) for v in (seen, without)]
    assert synthesised[0] == synthesised[1]
    assert "And 3 more candidates: [2010-02 p. 2" in text


def test_a_synthesis_of_decisions(view: MakeView, study_view: StudyView) -> None:
    first, *rest = study_view.meetings
    text = synthesis.render(replace(study_view, meetings=(first, full(view), *rest[1:])))
    counts = text[text.index("## Codes by source") : text.index("## When each code")]
    assert "Discharge" not in counts, "what was rejected is not counted"
    assert "- Networks \\| partners: Discharge\n" in text[text.index("### Codes without evidence") :]
    assert "| **Storytelling** | · | **1** | **1** |" in text
    assert "Rejected by a person: Networks \\| partners: Discharge (1)." in text
    assert "| sharing knowledge | [2010-02 p. 1, ll. 1-2, 00:00:02](2010-02/transcript.md#p1) | CS |" in text


def test_kinds_stand_side_by_side_and_what_is_written_there_stays(view: MakeView, study_view: StudyView) -> None:
    alone = view("2011-07-SN1", "2011-07-20", "shutting down")
    alone = replace(alone, meeting=replace(alone.meeting, kind="interview"))
    study = replace(study_view, meetings=(*study_view.meetings, alone))
    text = synthesis.render(study)
    side = text[text.index("### Storytelling: side by side") :]
    assert "| meetings | 1 (4.1) | 1 of 2 | CS |" in side and "| interviews | 1 (8.3) | 1 of 1 | CS |" in side
    mine = text.replace(
        own_words.room("reading of story"), own_words.room("reading of story").replace("*Your", "I: *Your")
    )
    again = own_words.carry(mine, synthesis.render(study))
    assert again == mine != text
    assert own_words.without(mine) == text
    assert own_words.carry(again, "# Another report\n").endswith(
        "remade.*\n<!-- end -->\n".replace("remade", "made again")
    )


def test_transcript(view: MakeView) -> None:
    check("transcript.md", transcript.render(view()))


def test_synthesis(study_view: StudyView) -> None:
    check("synthesis.md", synthesis.render(study_view))


def test_the_gold_is_well_formed() -> None:
    parser = MarkdownIt("commonmark").enable("table")
    for path in GOLD.glob("*.md"):
        tokens = parser.parse(path.read_text(encoding="utf-8"))
        widths: list[int] = []
        for token in tokens:
            if token.type == "tr_open":
                widths.append(0)
            elif token.type in ("th_open", "td_open"):
                widths[-1] += 1
            elif token.type == "table_close":
                assert len(set(widths)) == 1, path.name
                widths = []


def test_checked(view: MakeView) -> None:
    seen = view(checked_by="CS", checked_when="2010-03-01")
    for text in (meeting.render(seen), transcript.render(seen)):
        assert "hecked by CS on 2010-03-01" in text
        assert "nchecked" not in text
        assert "doubtful" not in text
        assert "~" not in text


def test_every_link_leads_to_a_page_and_every_citation_to_its_words(view: MakeView) -> None:
    seen = view()
    report, pages = meeting.render(seen), transcript.render(seen)
    links = re.findall(r"\[(2010-02 p\.[^\]]*)\]\(transcript\.md#(p\d+)\)", report)
    assert len(links) == 4
    for citation, anchor in links:
        assert f'<a id="{anchor}"></a>' in pages
        resolve(parse_citation(citation), seen.pages, seen.turns)


def test_below_quorum_is_on_file_and_not_analysed(view: MakeView) -> None:
    text = meeting.render(view(quorum_met=False))
    assert "below quorum: it is on file but not analysed" in text
    assert "candidate" not in text
    assert "\n>" not in text


def test_an_interview_has_no_quorum(view: MakeView) -> None:
    seen = view()
    text = meeting.render(replace(seen, meeting=replace(seen.meeting, kind="interview")))
    assert "# Leaders together: interview 2010-02" in text
    assert "The quorum concerns meetings only." in text


def test_notes_alone(study_view: StudyView) -> None:
    text = meeting.render(study_view.meetings[2])
    assert "There is no transcript. All that is known about this meeting is in the notes." in text
    assert "- The group met without a recorder. \\* Action: SN1 to ask." in text
    assert "transcript.md" not in text
    assert "nchecked" not in text


def test_nothing_at_all(view: MakeView) -> None:
    empty = view(turns=(), codings=(), attendance=(), pages=paginate((), 5, 72, "2010-02"))
    assert "There is neither a transcript nor notes." in meeting.render(empty)
    assert "2010-02" in transcript.render(empty)
    none = StudyView("Leaders", empty.codebook, (), 4)
    assert "No meeting can be analysed yet." in synthesis.render(none)
    assert "No meeting can be analysed yet." in synthesis.render(replace(none, meetings=(empty,)))


def without_times(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    return tuple(
        replace(
            turn,
            start=None,
            end=None,
            words=tuple(replace(w, start=None, end=None, probability=None) for w in turn.words),
        )
        for turn in turns
    )


def test_a_text_without_times(view: MakeView) -> None:
    seen = view(model="")
    seen = replace(seen, turns=without_times(seen.turns))
    report, pages = meeting.render(seen), transcript.render(seen)
    assert "[2010-02 p. 1, l. 3](transcript.md#p1)" in report
    assert not re.search(r"\d\d:\d\d:\d\d", report + pages)
    assert "[somebody not in the study speaks, 12 words]" in pages


def test_a_frozen_map_keeps_labels_and_shows_what_changed(view: MakeView) -> None:
    seen = view()
    cs, sn2, *rest = seen.turns
    cut = cs.words[10].id
    head = replace(cs, last=cs.words[9].id, words=cs.words[:10])
    moved = replace(cs, id=cut, role="OT", words=cs.words[10:])
    longer = tuple(w for word in sn2.words for w in (word, replace(word, id=word.id + ".0001", text="(inserted)")))
    unknown = replace(rest[2], role="", words=())
    text = transcript.render(
        replace(seen, turns=(head, moved, replace(sn2, words=longer), *rest[:2], unknown, rest[3]))
    )
    lines = text.splitlines()
    assert any("on a ward ~the other [OT:] day, and the" in line for line in lines)
    assert sum(bool(re.match(r"^ ?\d+(  |$)", line)) for line in lines) == len(seen.pages.firsts)
    assert [line for line in lines if re.fullmatch(r" 4| 5| 1| 2", line)] == [" 4", " 5", " 1", " 2"]
    assert any(re.match(r"^ {19}\S", line) for line in lines)
    assert " 3  00:01:03  CS   {Thank you" in text


def test_signs_go_round_words_that_are_shown(view: MakeView) -> None:
    seen = view()
    turn = seen.turns[1]
    words = list(turn.words)
    words[3] = replace(words[3], text="")
    marked = replace(turn, words=tuple(words), marks=(Mark("overlap", words[3].id, words[5].id),))
    text = transcript.render(replace(seen, turns=(seen.turns[0], marked, *seen.turns[2:])))
    assert f"<{words[4].text} {words[5].text}>" in text.replace("~", "")


def test_passages_to_listen_to_are_in_order_of_time(view: MakeView) -> None:
    rows = listening.passages(view())
    assert [row.time for row in rows] == sorted(row.time for row in rows)
    assert [row.what for row in rows if row.role] == [
        "uncertain who speaks",
        "suspect passage, not coded: a phrase said 4 times on end",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("> I was on a ward", "> I was in a ward"),
        ("had a discharge folder", "had … folder"),
        ("> Our partners", "> ur partners"),
        ("— SN2, [", "— CS, ["),
        ("[2010-02 p. 1, l. 3,", "[2010-02 p. 1, l. 2,"),
        ("[2010-02 p. 1, l. 3,", "[2010-03 p. 1, l. 3,"),
        ("> \\- So the partners", "> \\- So, the partners"),
    ],
)
def test_a_quotation_that_is_not_verbatim_stops_the_report(view: MakeView, before: str, after: str) -> None:
    seen = view()
    text = meeting.render(seen)
    assert quotations.verify(text, [seen]) == 4
    assert before in text
    with pytest.raises(CopipeError, match="The quotation 2010-0") as caught:
        quotations.verify(text.replace(before, after), [seen])
    assert "ward" not in caught.value.message


def test_a_quotation_without_a_citation_stops_the_report(view: MakeView) -> None:
    with pytest.raises(CopipeError, match="without a citation"):
        quotations.verify("text\n\n> somebody said this\n", [view()])


def test_a_passage_of_several_turns_names_who_speaks(view: MakeView, candidate: Callable[..., Coding]) -> None:
    seen = view()
    one = candidate(seen.turns, 0, 17, 20, "story")
    long = replace(one, span=replace(one.span, last=seen.turns[3].words[3].id))
    text = meeting.render(replace(seen, codings=(long,)))
    assert "> **CS:** folder \\*this\\* thick.\n>\n> **SN2:** Our partners" in text
    assert "— CS, SN2, OT, [2010-02 p. 1, l. 2 - p. 2, l. 1" in text
    assert quotations.verify(text, [seen]) == 1
    with pytest.raises(CopipeError):
        quotations.verify(text.replace("**SN2:**", "**OT:**"), [seen])


def test_a_candidate_of_another_transcription_or_codebook(view: MakeView) -> None:
    seen = view()
    first = seen.codings[0]
    lost = replace(first, span=replace(first.span, first="2010-02:000800", last="2010-02:000900"))
    with pytest.raises(CopipeError, match="is no longer in the transcript"):
        meeting.render(replace(seen, codings=(lost,)))
    with pytest.raises(CopipeError, match="'gone', a code that the codebook lacks"):
        meeting.render(replace(seen, codings=(replace(first, code="gone"),)))


def test_a_name_of_several_words_is_quoted_as_it_is_shown(view: MakeView) -> None:
    seen = view()
    words = list(seen.turns[1].words)
    words[3], words[4] = replace(words[3], text="[a southern hospital]"), replace(words[4], text="")
    turns = (seen.turns[0], replace(seen.turns[1], words=tuple(words)), *seen.turns[2:])
    assert quotations.verify(meeting.render(replace(seen, turns=turns)), [replace(seen, turns=turns)]) == 4


def test_a_passage_names_every_code_that_a_word_of_it_is_proposed_for(
    view: MakeView, candidate: Callable[..., Coding]
) -> None:
    seen = view()
    spans = ((0, 3, 9, "story"), (0, 6, 12, "forum"), (0, 12, 19, "discharge"), (1, 0, 4, "network"))
    text = meeting.render(replace(seen, codings=tuple(candidate(seen.turns, *span) for span in spans)))
    also = re.findall(r"\(candidate, unchecked transcript\)\n\n[^\n]*?(?:Also under: ([^\n]*)\.)?\n", text)
    assert sorted(also) == ["", "", "A forum for learning", "Storytelling"]


def test_the_same_words_are_quoted_once_among_exemplars(study_view: StudyView) -> None:
    first, second, *rest = study_view.meetings
    (coding,) = first.codings
    twin = replace(coding.span, first=second.turns[3].words[4].id, last=second.turns[3].words[12].id)
    both = replace(second, codings=(replace(coding, span=twin, score=0.9),))
    text = synthesis.render(replace(study_view, meetings=(first, both, *rest)))
    shown = text[text.index("## Passages for each code") : text.index("## Stories")]
    assert shown.count("\n> — ") == 1
    assert "| Networks \\| partners | 2 |" in text


def test_of_many_stories_and_pairs_the_strongest_are_in_the_tables(view: MakeView, study_view: StudyView) -> None:
    seen = full(view)
    (told,) = seen.stories
    many = replace(seen, stories=tuple(replace(told, story=replace(told.story, score=n / 50)) for n in range(40)))
    text = synthesis.render(replace(study_view, meetings=(many,)))
    stories = text[text.index("## Stories by purpose") : text.index("## Thin evidence")]
    assert stories.count("sharing knowledge") == synthesis.STORIES
    assert (
        f"The table shows the {synthesis.STORIES} likeliest of 40. The reports of the meetings have the others."
        in stories
    )
    few = synthesis.render(replace(study_view, meetings=(seen,)))
    assert "likeliest of" not in few


def test_a_code_with_evidence_below_it_is_not_without(study_view: StudyView) -> None:
    text = synthesis.render(study_view)
    empty = text[text.index("### Codes without evidence") :]
    assert "Managing conflict" in empty and "Making meaning" not in empty
