"""A report compares its meeting with those before it: what comes later changes no report."""

from __future__ import annotations

from pathlib import Path

import pytest

from copipe.pipeline.context import Context
from copipe.pipeline.stage import need, read
from copipe.pipeline.stages import stages
from copipe.publish import template_data
from copipe.records import Turn
from copipe.study.study import load
from tests.e2e.fake_meetings import call
from tests.e2e.studies import set_key

MORE = "MAGS: The budget, the budget and the budget again. Nobody has the budget.\nDeb: The budget is a letter.\n"


@pytest.fixture
def study(text_study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from copipe.cli.terminal.session import asked

    monkeypatch.setattr(asked, "study", None)
    set_key(text_study, "learn", "false")
    call(text_study, "run")
    return text_study


def add(study: Path, code: str) -> None:
    meetings = study / "meetings.toml"
    meetings.write_text(
        f'{meetings.read_text()}\n[[meeting]]\ncode = "{code}"\ndate = "{code}"\npresent = ["SN1", "CS", "OT"]\n'
        f'transcript = "{code}.txt"\n'
    )
    (study / "private" / "transcripts" / f"{code}.txt").write_text(MORE)


def test_a_later_meeting_remakes_no_report_before_it(study: Path) -> None:
    written = {p: p.stat().st_mtime_ns for p in (study / "reports").glob("2010-0*/*.md")}
    assert len(written) == 5
    add(study, "2010-06")
    call(study, "run")
    assert {p: p.stat().st_mtime_ns for p in written} == written
    assert "budget (5)" in (study / "reports" / "2010-06" / "report.md").read_text()
    assert "2010-06" in (study / "reports" / "synthesis.md").read_text()


def test_in_whatever_order_they_are_asked_for(study: Path) -> None:
    add(study, "2010-06")
    add(study, "2010-07")
    call(study, "run")

    def told(context: Context) -> dict[str, object]:
        found = {}
        for code in order:
            meeting = context.study.meeting(code)
            turns: tuple[Turn, ...] = read(context, meeting, "anonymised", Turn)
            source = str(need(context, meeting, "anonymised").about["source"])
            found[code] = template_data.summarised(context, meeting, turns, source)
        return found

    order = ["2010-02", "2010-03", "2010-06", "2010-07"]
    forward = told(Context(load(study)))
    order = ["2010-07", "2010-02", "2010-06", "2010-03", "2010-07"]
    assert told(Context(load(study)).snapshot()) == forward
    assert forward["2010-06"] != forward["2010-07"], "the second finds nothing that the first has not said"


def test_a_snapshot_works_keys_out_once_and_they_are_those_of_the_study(study: Path) -> None:
    context = Context(load(study))
    meeting = context.study.meeting("2010-02")
    anew = {name: stage.key(context, meeting) for name, stage in stages.items() if stage.applies(context, meeting)}
    snapshot = context.snapshot()
    twice = [{name: stages[name].key(snapshot, meeting) for name in anew} for _ in range(2)]
    assert twice == [anew, anew]
    codebook = study / "codebooks" / "codebook.yaml"
    codebook.write_text(codebook.read_text().replace("[safeguarding]", "[safeguarding, pathway]"))
    later = Context(load(study))
    assert stages["candidates"].key(later, meeting) != anew["candidates"]
    assert stages["candidates"].key(snapshot, meeting) == anew["candidates"], "a snapshot shows what there was"
    assert stages["candidates"].key(later.snapshot(), meeting) == stages["candidates"].key(later, meeting)
