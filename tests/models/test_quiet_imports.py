"""pyannote imports silently, reports nothing, and does without torchaudio's compiled part."""

from __future__ import annotations

import subprocess
import sys

TELLS = """
import warnings
warnings.simplefilter("always")
from copipe.models import quiet_imports
quiet_imports.prepare(); quiet_imports.prepare()
import os, sys
import pyannote.audio
from pyannote.audio.telemetry.metrics import is_metrics_enabled
import torchaudio.functional, torchaudio.compliance.kaldi
assert is_metrics_enabled() is False
assert os.environ["HF_HUB_OFFLINE"] == "1"
"""

BROKEN = """
import sys, importlib.abc
class Broken(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "torchaudio._extension":
            raise OSError("libc10_cuda.so: cannot open shared object file")
sys.meta_path.insert(0, Broken())
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_nothing_is_said_and_nothing_sent() -> None:
    done = run(TELLS)
    assert done.returncode == 0, done.stderr
    assert "torchcodec" not in done.stderr
    assert done.stdout == ""


def test_a_torchaudio_that_cannot_load_its_library_is_stood_in_for() -> None:
    done = run(BROKEN + TELLS)
    assert done.returncode == 0, done.stderr
