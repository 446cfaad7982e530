"""From a citation to its passage and back, in the demo study's imported transcript (which needs no model)."""

from pathlib import Path

import pytest

from copipe import run
from copipe.cli.share.cite import cite
from copipe.cli.terminal import session
from copipe.create import create
from copipe.errors import UsageError
from copipe.pipeline.context import Context
from copipe.progress import silent
from copipe.study import study


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "demo"
    create(root, demo=True)
    context = Context(study.load(root))
    meeting = context.study.meeting("2016-09")
    done = run.run(context, [meeting], ["words", "turns", "anonymised"], silent)
    assert not done.failures
    monkeypatch.setattr(session.asked, "study", root)
    return root


def test_the_passage_with_who_when_and_whether_it_may_move(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cite(["2016-09", "p.", "1,", "ll.", "1-3"])
    heading, *said, note = capsys.readouterr().out.strip().splitlines()
    assert heading.startswith("2016-09 p. 1, ll. 1-3, 00:00:")
    assert said
    assert "(00:00:" in said[0]
    assert "its pages and lines may change" in note


def test_what_is_not_there(demo: Path) -> None:
    with pytest.raises(UsageError, match="no meeting"):
        cite(["2099-01 p. 1, l. 1"])
    with pytest.raises(UsageError, match=r"has no p\. 99"):
        cite(["2016-09 p. 99, l. 1"])
    with pytest.raises(UsageError, match="What do you look for in 2016-09"):
        cite(["2016-09"])
    with pytest.raises(UsageError, match="has no recording"):
        cite(["2017-06 p. 1, l. 1"])
    with pytest.raises(UsageError, match="ends before it begins"):
        cite(["2016-09 p. 2, ll. 9-3"])


def test_back_from_words_and_from_a_time(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cite(["2016-09", "she made a referral ... to safeguarding"])
    heading, *said, _ = capsys.readouterr().out.strip().splitlines()
    assert [line.partition(" ")[0] for line in said] == ["OT", "V1"]
    cite([heading])  # the citation leads back to the lines of the same words
    assert heading in (again := capsys.readouterr().out)
    assert "She made a referral." in again

    cite(["she made a referral"])  # in whatever meeting
    assert capsys.readouterr().out.startswith("2016-09 p. ")
    cite(["2016-09", "0:03:55"])
    assert "She made it to safeguarding" in capsys.readouterr().out

    with pytest.raises(UsageError, match="Nobody says these words"):
        cite(["nobody ever says this"])
    with pytest.raises(UsageError, match="speaks at 9:00:00"):
        cite(["2016-09", "9:00:00"])
    with pytest.raises(UsageError, match="A time needs its meeting"):
        cite(["0:03:55"])
