"""What a study may set. Every default stands in config/copipe.toml, none here; a study's copipe.toml overlays it."""

from __future__ import annotations

import functools
import re
import tomllib
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from copipe import resources
from copipe.study.toml import Problem, TomlFile, validate

Share = Annotated[float, Field(ge=0, le=1)]  # a probability or a part of a whole
Name = Annotated[str, Field(min_length=1)]
Strings = Annotated[tuple[str, ...], Field(strict=False)]  # TOML has arrays, not tuples


def _language(code: str) -> str:
    if not re.fullmatch(r"([a-z]{2,3})?", code):
        raise ValueError('expected the code of a language, like "en", or "" to find out')
    return code


class Section(BaseModel):
    """One table of copipe.toml: no value is changed after reading, no key is ignored, no type guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class StudySettings(Section):
    title: str
    quorum: Annotated[int, Field(ge=1)]  # members
    language: Annotated[str, AfterValidator(_language)]  # "" is to be detected


class TranscribeSettings(Section):
    engine: Name
    model: Name
    vocabulary: Strings
    beam_size: Annotated[int, Field(ge=1, le=20)]
    device: Literal["auto", "cpu", "cuda"]
    threads: Annotated[int, Field(ge=0)]  # 0 is the engine's choice


class SuspectSettings(Section):
    max_compression_ratio: Annotated[float, Field(gt=0)]
    min_avg_logprob: Annotated[float, Field(le=0)]
    min_word_probability: Share
    max_no_speech_prob: Share
    max_silent_share: Share  # of a segment's time
    min_repeats: Annotated[int, Field(ge=2)]
    doubtful_word_probability: Share


class DiarizeSettings(Section):
    engine: Name
    segmentation: Name
    embedding: Name
    pipeline: str  # "" uses segmentation and embedding
    segmentation_threshold: Share
    clustering_threshold: Annotated[float, Field(gt=0, le=2)]  # cosine distance
    min_cluster_size: Annotated[int, Field(ge=1)]
    window_step: Annotated[float, Field(gt=0, le=1)]  # share of the window


class AnonymiseSettings(Section):
    recognise: bool
    spacy_model: Name
    dates: Literal["month", "year", "keep", "remove"]
    ages: Literal["keep", "remove"]


class CodeSettings(Section):
    codebook: Name  # path relative to the study
    unit: Literal["sentence", "turn", "window", "story"]
    window: Annotated[int, Field(ge=0, le=50)]  # sentences on either side
    negation: Literal["ignore", "aware"]
    often_per_1000: Annotated[float, Field(gt=0)]  # hits per 1,000 words
    often_share: Share  # of sentences
    spacy_model: Name
    meaning: bool
    embedding_model: Name
    learn: bool


class ReportSettings(Section):
    lines_per_page: Annotated[int, Field(ge=5, le=200)]
    line_width: Annotated[int, Field(ge=30, le=200)]  # characters


class DestroySettings(Section):
    what: Annotated[tuple[Literal["recording", "transcript", "clips", "saves", "words"], ...], Field(strict=False)]


class Settings(Section):
    study: StudySettings
    transcribe: TranscribeSettings
    suspect: SuspectSettings
    diarize: DiarizeSettings
    anonymise: AnonymiseSettings
    code: CodeSettings
    report: ReportSettings
    destroy: DestroySettings


@functools.cache
def defaults() -> Settings:
    """The settings of a run without a study."""
    return Settings.model_validate(_shipped())


def overlay(file: TomlFile) -> tuple[Settings, tuple[Problem, ...]]:
    """The defaults with what a study's copipe.toml says laid over them, key by key, and what is wrong with `file`.

    Where something is wrong the settings are the defaults.
    """
    merged: dict[str, Any] = _shipped()
    for section, said in file.data.items():
        both_tables = isinstance(said, dict) and section in merged
        merged[section] = {**merged[section], **said} if both_tables else said
    settings, problems = validate(Settings, file, merged)
    return settings or defaults(), (*file.problems, *problems)


def _shipped() -> dict[str, Any]:
    return tomllib.loads(resources.shipped("copipe.toml").read_text(encoding="utf-8"))
