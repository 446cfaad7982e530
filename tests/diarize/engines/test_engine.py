"""The registry of engines, and what it costs to ask it."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from copipe.diarize.engines import engine
from copipe.errors import UsageError
from copipe.study import settings

DEFAULT = settings.defaults().diarize


def test_an_unknown_engine_names_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        engine.load(DEFAULT.model_copy(update={"engine": "nemo"}))
    assert "nemo" in caught.value.message
    assert "pyannote" in caught.value.hint


def test_an_engine_of_another_package_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace(
        identity=lambda settings: {"version": "7"}, required_models=lambda settings: ("x",), load=lambda settings: None
    )
    entry = SimpleNamespace(name="other", load=lambda: other)
    monkeypatch.setattr(
        engine, "entry_points", lambda group, name="other": [entry] if (group, name) == (engine.GROUP, "other") else []
    )
    chosen = DEFAULT.model_copy(update={"engine": "other"})
    assert engine.names() == ("other", "pyannote")
    assert engine.identity(chosen) == {"engine": "other", "version": "7"}
    assert engine.required_models(chosen) == ("x",)


def test_the_identity_changes_with_every_option_that_matters() -> None:
    default = engine.identity(DEFAULT)
    for change in (
        {"segmentation_threshold": 0.41},
        {"clustering_threshold": 0.71},
        {"min_cluster_size": 3},
        {"window_step": 0.25},
        {"segmentation": "voice-encoder"},
        {"embedding": "segmentation"},
    ):
        assert engine.identity(DEFAULT.model_copy(update=change)) != default, change


def test_identity_and_required_models_import_nothing_heavy() -> None:
    code = (
        "import sys; from copipe.study import settings; from copipe.diarize import alignment;"
        "from copipe.diarize.engines import engine; from copipe.diarize.voices import roles;"
        "s = settings.defaults().diarize; engine.identity(s); print(engine.required_models(s));"
        "assert not {'torch', 'pyannote.audio', 'torchaudio', 'numpy'} & set(sys.modules), sorted(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "('segmentation', 'voice-encoder')"
