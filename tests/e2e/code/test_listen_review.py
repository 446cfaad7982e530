"""Checked by ear: `copipe listen`, and `copipe roles review` as a person works through it."""

from __future__ import annotations

import re
import shutil
import stat
import wave
from pathlib import Path

import pytest

from copipe.errors import CopipeError, InputError, UsageError
from copipe.review.passages import seconds
from copipe.study import decisions
from tests.e2e import fake_meetings as fake
from tests.e2e.fake_meetings import call


@pytest.fixture
def study(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """M1 is named, so the others are recognised; there is no player on this machine."""
    fake.install(monkeypatch, {"plain": fake.Fake("one", fake.one)})
    root = shutil.copytree(prepared / "named", tmp_path / "study")
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return root


def clips(study: Path) -> list[Path]:
    return sorted((study / "private" / "work").rglob("clips/*.wav"))


@pytest.mark.parametrize(
    ("place", "length"),
    [
        (("0:00:30",), 16.0),  # fifteen seconds, and half a second on either side
        (("0:00:30", "--seconds", "4"), 5.0),
        (("000031",), 10.7),  # the turn that the word is in: 30.1 to 39.8 s
        (("M3:000031", "--seconds", "2"), 3.0),
        (("p.", "1,", "l.", "1"), None),
        (("M3", "p. 1, ll. 1-2, 00:00:00"), None),
        (("0:00:00", "--seconds", "2"), 2.5),  # nothing lies before the beginning
    ],
)
def test_without_a_player_a_short_clip_is_written_where_only_the_owner_looks(
    study: Path, place: tuple[str, ...], length: float | None
) -> None:
    said = call(study, "listen", "M3", *place).stdout
    (clip,) = clips(study)
    assert str(clip) in said.replace("\n", "")
    assert clip.is_relative_to(study / "private" / "work" / "M3" / "clips")
    assert stat.S_IMODE(clip.stat().st_mode) == 0o600
    assert stat.S_IMODE(clip.parent.stat().st_mode) == 0o700
    with wave.open(str(clip)) as file:
        heard = file.getnframes() / file.getframerate()
        loudest = max(abs(int.from_bytes(file.readframes(1), "little", signed=True)) for _ in range(1000))
    assert length is None or heard == pytest.approx(length, abs=0.11)
    assert loudest == pytest.approx(0.03 * 32767, rel=0.05), "the sound of M3"


def test_a_player_gets_the_clip_and_nothing_stays(study: Path, tmp_path: Path) -> None:
    player = tmp_path / "bin" / "mpv"
    player.write_text(f'#!/bin/sh\nfor last; do :; done\n/bin/cp "$last" {tmp_path}/heard.wav\n')
    player.chmod(0o755)
    call(study, "listen", "M3", "0:00:30")
    assert (tmp_path / "heard.wav").stat().st_size == pytest.approx(16 * 32000, rel=0.01)
    assert clips(study) == []
    player.write_text("#!/bin/sh\nexit 1\n")
    call(study, "listen", "M3", "0:00:30")
    assert len(clips(study)) == 1, "a player that fails is no player"


def test_what_cannot_be_heard_is_told(study: Path) -> None:
    for place, kind in (("0:20:00", InputError), ("p. 90, l. 1", UsageError), ("yesterday", UsageError)):
        with pytest.raises(kind):
            call(study, "listen", "M3", place)
    (study / "private" / "recordings" / "M3.wav").unlink()
    with pytest.raises(CopipeError, match="recording is not there"):
        call(study, "listen", "M3", "0:00:30")
    assert clips(study) == []


@pytest.mark.parametrize(("text", "value"), [("0:12:30", 750.0), ("12:30", 750.0), ("750", 750.0), ("7.5s", 7.5)])
def test_times_as_people_write_them(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "12", "1:2:3:4", "-5", "0:99", "noon", "1e3"])
def test_what_is_no_time(text: str) -> None:
    if text == "12":
        assert seconds(text) == 12.0
        return
    with pytest.raises(UsageError):
        seconds(text)


def given_away(study: Path) -> list[tuple[str, float | None]]:
    made = decisions.standing(decisions.read(study / "private" / "decisions" / "M3.jsonl"), "speaker")
    return [(d.verdict, d.span.start if d.span else None) for d in made]


def test_review_keeps_every_answer_at_once_and_asks_nothing_twice(study: Path) -> None:
    """M3: OT SN1 SN2 OT SN1 SN2 OT SN1, all recognised and none confirmed: doubtful below 0.995."""
    said = call(study, "roles", "review", "M3", "--below", "0.995", given="y\nc\nSN9\nSN2\ns\nq\n").stdout
    assert "1 of 8" in said and "OT? certainty 0.99" in said
    assert "nobody's code" in said
    assert given_away(study) == [("OT", 0.1), ("SN2", 10.1)]
    again = call(study, "roles", "review", "M3", "--below", "0.995", given="q\n").stdout
    assert "1 of 6" in again and "SN2?" in again, "what was skipped comes again, what was answered does not"
    call(study, "roles", "review", "M3", "--below", "0.995", given="y\nu\nc\nOT\n")
    assert given_away(study)[2:] == [("OT", 20.1)], "undone, then changed; the end of the input ends it"
    call(study, "run")
    assert "no turn is doubtful" in call(study, "roles", "review", "M3").stdout


def test_review_undo_goes_back_over_skips_and_stops_at_the_first(study: Path) -> None:
    said = call(study, "roles", "review", "M3", "--below", "0.995", given="u\ns\ns\nu\nu\nx\ny\nq\n").stdout
    assert re.findall(r"^(\d of 8) ", said, re.M) == [f"{n} of 8" for n in (1, 2, 3, 2, 1, 2)]
    assert given_away(study) == [("OT", 0.1)]


def test_review_plays_a_turn_and_stays_there(study: Path) -> None:
    said = call(study, "roles", "review", "M3", "--below", "0.995", given="l\nq\n").stdout
    assert len(clips(study)) == 1
    assert said.count("1 of 8 ") == 1
    (study / "private" / "recordings" / "M3.wav").unlink()
    said = call(study, "roles", "review", "M3", "--below", "0.995", given="l\nq\n").stdout
    assert "not there" in said


def test_review_leaves_out_unnamed_voices_and_says_so(study: Path) -> None:
    said = call(study, "roles", "review", "M2", "--below", "0.995", given="q\n").stdout
    assert "2 turns belong to unassigned voices" in said
    assert "1 of 6" in said and "SN2?" in said
