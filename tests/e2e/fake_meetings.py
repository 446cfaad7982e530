"""Meetings without models: one word a second, voices as a table says; two engines that hear the same people."""

from __future__ import annotations

import re
import shutil
import sys
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from copipe.cli.app import app
from copipe.cli.terminal.session import asked
from copipe.diarize.engines import engine
from copipe.diarize.engines.engine import Diarization
from copipe.records import Segment, SpeakerTurn, Voice, Word, word_id
from tests.e2e.studies import without_models

SECONDS = 80
PEOPLE = ("SN1", "SN2", "OT", "VISITOR")
RATE = 16_000

# Who speaks in each ten seconds of each meeting.
TABLE = {
    "M1": ("SN1", "SN2", "OT", "SN1", "SN2", "OT", "SN1", "SN2"),
    "M2": ("SN2", "SN1", "VISITOR", "SN2", "SN1", "VISITOR", "SN2", "SN1"),
    "M3": ("OT", "SN1", "SN2", "OT", "SN1", "SN2", "OT", "SN1"),
}


def person(name: str, meeting: str, encoder: str) -> np.ndarray[Any, Any]:
    """A unit vector: much the same for a person in every meeting, quite another for another person or encoder."""
    base = np.zeros(16)
    base[PEOPLE.index(name) + (8 if encoder == "two" else 0)] = 1.0
    base += 0.05 * np.random.default_rng(abs(hash_of(name + meeting + encoder))).standard_normal(16)
    return base / np.linalg.norm(base)


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode()[:8].ljust(8, b"."), "big") % 2**31


class Fake:
    """An engine. `hears` makes (start, end, label, person) of a meeting's table."""

    def __init__(self, encoder: str, hears: Callable[[str], list[tuple[float, float, str, str]]]) -> None:
        self.encoder, self.hears = encoder, hears

    def load(self, settings: object) -> Fake:
        return self

    def identity(self, settings: object) -> dict[str, str]:
        return {"embedding": self.encoder}

    def required_models(self, settings: object) -> tuple[str, ...]:
        return ()

    def diarize(self, samples: Any, speakers: int | None, on_tick: object, stage: str) -> Diarization:
        meeting = f"M{round(float(np.abs(samples).max()) * 100)}"
        heard = self.hears(meeting)
        if stage == "enrol":
            heard = [(s, e, "voice1", "SN1") for s, e, _, who in heard if who == "SN1"]
        turns = [SpeakerTurn(s, e, label, x) for s, e, label, _ in heard for x in (False, True)]
        voices = []
        for label in dict.fromkeys(label for _, _, label, _ in heard):
            own = [(e - s) * person(who, meeting, self.encoder) for s, e, name, who in heard if name == label]
            mean = sum(own) / np.linalg.norm(sum(own))
            seconds = sum(e - s for s, e, name, _ in heard if name == label)
            voices.append(Voice(label, tuple(map(float, mean)), seconds))
        return Diarization(tuple(turns), tuple(voices))

    def voice(self, stretches: Sequence[Any]) -> tuple[float, ...]:
        return ()


def one(meeting: str) -> list[tuple[float, float, str, str]]:
    """Voices in order of first speech, each person one."""
    order = {who: f"voice{n}" for n, who in enumerate(dict.fromkeys(TABLE[meeting]), 1)}
    return [(10.0 * k, 10.0 * k + 10, order[who], who) for k, who in enumerate(TABLE[meeting])]


def two(meeting: str) -> list[tuple[float, float, str, str]]:
    """Another engine's: labels run the other way, edges lie elsewhere."""
    order = {who: f"voice{n}" for n, who in enumerate(reversed(list(dict.fromkeys(TABLE[meeting]))), 1)}
    return [(10.0 * k + 0.2, 10.0 * k + 10.1, order[who], who) for k, who in enumerate(TABLE[meeting])]


def words(meeting: str) -> tuple[Segment, ...]:
    said = [f"word{k}." if k % 10 == 9 else f"word{k}" for k in range(SECONDS)]  # a sentence each ten seconds
    made = [Word(word_id(meeting, k + 1), k + 0.1, k + 0.8, text, 0.9) for k, text in enumerate(said)]
    return tuple(Segment(k * 1.0, k + 10.0, tuple(made[k : k + 10]), avg_logprob=-0.2) for k in range(0, SECONDS, 10))


def install(monkeypatch: pytest.MonkeyPatch, engines: dict[str, Fake]) -> None:
    """Put the engines into the registry, and words in the place of speech to text."""
    from copipe.pipeline import engines as loaded
    from copipe.transcribe import recording

    for name, made in engines.items():
        monkeypatch.setitem(engine.BUILT_IN, name, f"copipe_fake_{name}")
        monkeypatch.setitem(sys.modules, f"copipe_fake_{name}", made)
    loaded.let_go()
    monkeypatch.setattr(loaded, "transcriber", lru(lambda settings, language: None))
    monkeypatch.setattr(
        recording,
        "transcribe",
        lambda path, meeting, *rest: recording.Transcript(words(meeting), "en", float(SECONDS), ((0.0, 80.0),), ""),
    )
    monkeypatch.setattr(asked, "study", None)
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.setenv("COPIPE_WHO", "CS")


def lru(function: Callable[..., object]) -> Callable[..., object]:
    from functools import lru_cache

    return lru_cache(maxsize=1)(function)


def make_study(root: Path, consents: dict[str, str], visitors: Sequence[str] = ("M2",)) -> Path:
    """Three meetings; `consents` by role. A visitor, V1, is at M2."""
    assert CliRunner().invoke(app, ["init", str(root)]).exit_code == 0
    without_models(root)
    (root / "participants.toml").write_text(
        "".join(
            f'[[participant]]\nrole = "{role}"\ndescription = "x"\nconsent = "{c}"\n\n' for role, c in consents.items()
        )
    )
    rows = []
    for n, code in enumerate(TABLE, 1):
        members = [m for m in ("SN1", "SN2", "OT") if m in TABLE[code]]
        guest = 'visitors = [{ code = "V1", description = "a guest", consent = "full" }]\n' if code in visitors else ""
        rows.append(
            f'[[meeting]]\ncode = "{code}"\ndate = 2010-0{n}-01\nkind = "meeting"\n'
            f'present = {members}\nrecording = "{code}.wav"\n{guest}'.replace("'", '"')
        )
        with wave.open(str(root / "private" / "recordings" / f"{code}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            tone = 0.01 * n * np.sign(np.sin(np.arange(SECONDS * RATE) / 20))
            file.writeframes((tone * 32767).astype("<i2").tobytes())
    (root / "meetings.toml").write_text("\n".join(rows))
    settings = (root / "copipe.toml").read_text()
    settings = re.sub(r"^quorum = .*$", "quorum = 9", settings, flags=re.M)  # nothing is coded: that takes longest
    settings = settings.replace('# engine = "pyannote"', 'engine = "plain"')
    settings = settings.replace("# recognise = true", "recognise = false")  # words without names; it takes long, too
    assert 'engine = "plain"' in settings
    (root / "copipe.toml").write_text(settings)
    return root


def prepare(folder: Path) -> None:
    """Two studies of people who all consent: `run`, and `named`, in which the voices of M1 were assigned after it."""
    with pytest.MonkeyPatch.context() as patch:
        install(patch, {"plain": Fake("one", one)})
        study = make_study(folder / "run", {"SN1": "full", "SN2": "full", "OT": "full"})
        call(study, "run")
        shutil.copytree(study, folder / "named")
        call(folder / "named", "roles", "assign", "M1", "voice1=SN1", "voice2=SN2", "voice3=OT")
        call(folder / "named", "run")


def call(study: Path, *args: str, given: str | None = None) -> Result:
    """`copipe -s STUDY ARGS` in this process; what it raises is raised here."""
    result = CliRunner().invoke(app, ["-s", str(study), *args], input=given)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


__all__ = ["Fake", "call", "install", "make_study", "one", "prepare", "two"]
