"""Both engines on real weights and real speech, and what is said where they cannot be had."""

from __future__ import annotations

import difflib
import importlib.metadata
import re
import subprocess
import sys

import numpy as np
import pytest

from copipe.audio import decode
from copipe.errors import ConfigError, InputError, MissingModelError, UsageError
from copipe.models import store
from copipe.study import settings
from copipe.transcribe.engines import engine, weights

SETTINGS = settings.defaults().transcribe.model_copy(update={"threads": 1})
ENGINES = ("faster-whisper", "openai-whisper")


def chosen(**changes):
    return SETTINGS.model_copy(update=changes)


@pytest.fixture(scope="module")
def heard(sample_call):
    """What each engine makes of the sample call: {engine: (samples, segments)}."""
    samples = decode.load(sample_call, 6.0)
    return {
        name: (samples, tuple(engine.load(chosen(engine=name), "en").transcribe(samples, "en"))) for name in ENGINES
    }


def text(segments) -> str:
    said = " ".join(word.text for segment in segments for word in segment.words).lower()
    return re.sub(r"[^\w' ]", "", said)


@pytest.mark.parametrize("name", ENGINES)
def test_real_speech_becomes_words_with_times_and_probabilities(heard, name):
    samples, segments = heard[name]
    said = text(segments)
    for key in ("diane in new jersey", "originally from chicago", "yankee", "much difference"):
        assert key in said
    words = [word for segment in segments for word in segment.words]
    assert all(0 <= word.start <= word.end <= len(samples) / decode.SAMPLE_RATE + 0.1 for word in words)
    assert all(0 < word.probability <= 1 and word.text == word.text.strip() and not word.id for word in words)
    assert all(s.avg_logprob < 0 and s.compression_ratio > 0 and 0 <= s.no_speech_prob <= 1 for s in segments)
    # "Diane" is heard at 0:13 of the recording
    assert next(w.start for w in words if "Diane" in w.text) == pytest.approx(7.2, abs=0.7)


def test_the_same_weights_give_nearly_the_same_text(heard):
    one, other = (text(heard[name][1]).split() for name in ENGINES)
    assert difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() > 0.85


def test_the_same_again_gives_the_same(heard):
    samples, segments = heard["faster-whisper"]
    by = engine.load(chosen(), "en")
    list(by.transcribe(samples[: len(samples) // 2], "en"))
    assert tuple(by.transcribe(samples, "en")) == segments


def test_vocabulary_is_handed_over(sample_call):
    samples = decode.load(sample_call, 6.0)
    by = engine.load(chosen(), "en")
    assert text(by.transcribe(samples, "en")) != text(by.transcribe(samples, "en", ("Sheela", "Chicagoe")))


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize("model", ["tiny.en", "base"])
def test_the_language_is_detected(sample_call, name, model):
    if not store.is_here(model):
        pytest.skip(f"needs `copipe models pull {model}`")
    by = engine.load(chosen(engine=name, model=model))
    assert by.detect_language(decode.load(sample_call, 6.0)) == "en"


@pytest.mark.parametrize("name", ENGINES)
def test_an_english_model_is_not_asked_for_dutch(name):
    with pytest.raises(ConfigError, match="English only"):
        engine.load(chosen(engine=name), "nl")


def test_converted_weights_are_whispers_and_made_once(tmp_path, monkeypatch):
    from safetensors.numpy import load_file

    target = tmp_path / "tiny.safetensors"
    weights.convert(store.locate("tiny.en"), target)
    state = load_file(target)
    assert sum(array.size for array in state.values()) == 37_760_256  # tiny.en with its two tables of positions
    assert state["decoder.blocks.3.cross_attn.value.weight"].shape == (384, 384)
    assert not any(np.isnan(array).any() for array in state.values())
    assert [file.name for file in tmp_path.iterdir()] == [target.name]
    monkeypatch.setattr(weights, "convert", None)
    engine.load(chosen(engine="openai-whisper"), "en")


@pytest.mark.parametrize("content", [b"", b"\x06\x00", b"\x06\x00\x00\x00\x05\x00Bert\x00" + bytes(40)])
def test_a_damaged_model_is_named(tmp_path, content):
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "model.bin").write_bytes(content)
    for name in ENGINES:
        with pytest.raises(InputError, match=str(tmp_path)):
            engine.load(chosen(engine=name, model=str(tmp_path)), "en")


def test_a_file_that_is_no_checkpoint_is_named(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="not a checkpoint"):
        engine.load(chosen(engine="openai-whisper", model=str(path)), "en")
    with pytest.raises(MissingModelError, match="faster-whisper opens"):
        engine.load(chosen(model=str(path)), "en")


def test_an_unknown_engine_lists_those_that_exist():
    for call in (engine.load, engine.require, engine.identity):
        with pytest.raises(UsageError) as caught:
            call(chosen(engine="kaldi"))
        assert "faster-whisper, openai-whisper" in caught.value.hint


def test_an_engine_of_another_distribution_is_found(monkeypatch):
    point = importlib.metadata.EntryPoint("loud", "collections:OrderedDict", engine.ENTRY_POINTS)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: (point,))
    assert engine.names() == ("faster-whisper", "openai-whisper", "loud")
    engine.require(chosen(engine="loud"))
    assert engine.identity(chosen(engine="loud"))["engine"] == "loud"


def test_openai_whisper_missing_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "whisper", None)
    with pytest.raises(MissingModelError) as caught:
        engine.load(chosen(engine="openai-whisper"), "en")
    assert "pip install 'copipe[openai-whisper]'" in caught.value.hint
    real = importlib.metadata.version

    def version(name):
        if name == "openai-whisper":
            raise importlib.metadata.PackageNotFoundError
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    with pytest.raises(MissingModelError, match="not installed"):
        engine.require(chosen(engine="openai-whisper"))


def test_identity_follows_what_matters_and_nothing_else():
    base = engine.identity(chosen(), "en")
    assert all(isinstance(value, str) for value in base.values())
    assert engine.identity(chosen(threads=4), "en") == base
    others = [chosen(beam_size=1), chosen(vocabulary=("x",)), chosen(engine="openai-whisper"), chosen(model="base")]
    made = [engine.digest(engine.identity(other, "en")) for other in others]
    made += [engine.digest(engine.identity(chosen(), "")), engine.digest(base)]
    assert len(set(made)) == 6


def test_identity_and_models_load_no_engine():
    code = (
        "import sys; from copipe.study import settings; from copipe.transcribe import recording, suspect;"
        "from copipe.transcribe.engines import engine;"
        "s = settings.defaults().transcribe; engine.identity(s, 'en'); engine.required_models(s); engine.require(s);"
        "print([m for m in ('torch', 'ctranslate2', 'faster_whisper', 'whisper', 'av', 'numpy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
