"""Defaults from the shipped file, a study's file over them, and what is said of a wrong one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pydantic
import pytest

from copipe import resources
from copipe.create import own_settings
from copipe.study import settings, toml


def written(tmp_path: Path, text: str) -> toml.TomlFile:
    path = tmp_path / "copipe.toml"
    path.write_text(text, encoding="utf-8")
    return toml.read(path)


def test_the_shipped_file_holds_every_default_and_nothing_else() -> None:
    shipped = tomllib.loads(resources.shipped("copipe.toml").read_text(encoding="utf-8"))
    assert set(shipped) == set(settings.Settings.model_fields)
    for name, section in settings.Settings.model_fields.items():
        assert section.annotation is not None
        assert set(shipped[name]) == set(section.annotation.model_fields), name
        for key, value in section.annotation.model_fields.items():
            assert value.is_required(), f"{name}.{key} has a default in settings.py; it belongs in config/copipe.toml"


def test_every_shipped_setting_is_explained() -> None:
    lines = resources.shipped("copipe.toml").read_text(encoding="utf-8").splitlines()
    keys = [i for i, line in enumerate(lines) if " = " in line and not line.startswith("#")]
    pairs = {"embedding", "line_width"}  # explained together with the line above
    bare = [lines[i] for i in keys if not lines[i - 1].startswith("#") and lines[i].split()[0] not in pairs]
    assert bare == []


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(pydantic.ValidationError):
        settings.defaults().study.quorum = 3  # type: ignore[misc]


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert settings.overlay(written(tmp_path, "")) == (settings.defaults(), ())


def test_the_file_of_a_new_study_is_the_defaults(tmp_path: Path) -> None:
    own = own_settings(resources.shipped("copipe.toml").read_text(encoding="utf-8"))
    assert settings.overlay(written(tmp_path, own)) == (settings.defaults(), ())
    assert tomllib.loads(own) == {
        "study": {"title": "", "quorum": 1, "language": "en"},
        **{name: {} for name in ("transcribe", "suspect", "diarize", "anonymise", "code", "report", "destroy")},
    }


def test_taking_the_sign_away_from_every_line_gives_the_shipped_file_back(tmp_path: Path) -> None:
    shipped = resources.shipped("copipe.toml").read_text(encoding="utf-8")
    keys = {key for section in tomllib.loads(shipped).values() for key in section}
    own = own_settings(shipped).split("\n")
    active = [line[2:] if line.startswith("# ") and line[2:].split(" = ")[0] in keys else line for line in own]
    assert tomllib.loads("\n".join(active)) == tomllib.loads(shipped)


def test_a_study_overlays_key_by_key(tmp_path: Path) -> None:
    chosen, problems = settings.overlay(
        written(tmp_path, '[transcribe]\nmodel = "base"\nvocabulary = ["Datix"]\n[suspect]\nmin_avg_logprob = -2\n')
    )
    assert problems == ()
    assert chosen.transcribe.model == "base"
    assert chosen.transcribe.vocabulary == ("Datix",)
    assert chosen.transcribe.beam_size == settings.defaults().transcribe.beam_size
    assert chosen.suspect.min_avg_logprob == -2.0
    assert chosen.diarize == settings.defaults().diarize


@pytest.mark.parametrize(
    ("text", "line", "key", "part"),
    [
        ("[study]\nquorom = 4\n", 2, "study.quorom", 'did you mean "quorum"?'),
        ("[transcribe]\nxyzzy = 4\n", 2, "transcribe.xyzzy", "known here: engine, model"),
        ("[transcript]\n", 1, "transcript", 'did you mean "transcribe"?'),
        ('[study]\nquorum = "4"\n', 2, "study.quorum", 'expected a whole number, found "4"'),
        ("[study]\nquorum = 4.5\n", 2, "study.quorum", "expected a whole number, found 4.5"),
        ("[study]\nquorum = true\n", 2, "study.quorum", "expected a whole number, found true"),
        ("[study]\nquorum = 0\n", 2, "study.quorum", "greater than or equal to 1, found 0"),
        ("[study]\n\ntitle = 3\n", 3, "study.title", "expected text in quotes, found 3"),
        ('[study]\nlanguage = "English"\n', 2, "study.language", "expected the code of a language"),
        ('[transcribe]\nvocabulary = ["a",\n"b",\n3]\n', 4, "transcribe, vocabulary", "expected text in quotes"),
        ('[transcribe]\nvocabulary = "Datix"\n', 2, "transcribe.vocabulary", "expected a list in square brackets"),
        ('[transcribe]\ndevice = "gpu"\n', 2, "transcribe.device", "'auto', 'cpu' or 'cuda'"),
        ('[transcribe]\ndevice = "cudaa"\n', 2, "transcribe.device", 'did you mean "cuda"?'),
        ('[transcribe]\nmodel = ""\n', 2, "transcribe.model", "must not be empty"),
        ("[suspect]\nmin_word_probability = 35\n", 2, "suspect.min_word_probability", "less than or equal to 1"),
        ("[suspect]\nmin_avg_logprob = nan\n", 2, "suspect.min_avg_logprob", "found nan"),
        ("[suspect]\nmax_compression_ratio = inf\n", 2, "suspect.max_compression_ratio", "finite"),
        ("study = 3\n", 1, "study", "expected a table, found 3"),
        ('quorum = 4\n', 1, "quorum", "unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_its_line(tmp_path: Path, text: str, line: int, key: str, part: str) -> None:
    chosen, problems = settings.overlay(written(tmp_path, text))
    assert chosen == settings.defaults()
    (problem,) = problems
    assert (problem.line, problem.key) == (line, key)
    assert part in problem.message


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    _, problems = settings.overlay(
        written(tmp_path, "[study]\nquorum = 0\ntitel = 'x'\n[report]\nline_width = 3\nlines_per_page = 'x'\n")
    )
    assert [p.line for p in problems] == [2, 3, 6, 5]
