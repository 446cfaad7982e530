"""The one door to pyannote, sentence-transformers and torchaudio: no telemetry, no hub, no idle warnings.

Whoever imports one of them calls `prepare()` first.
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import warnings
from types import ModuleType
from typing import Any

OFFLINE = {
    "PYANNOTE_METRICS_ENABLED": "0",  # pyannote.audio 4 reports every use over the network unless told not to
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


@functools.cache
def prepare() -> None:
    """Make `import pyannote.audio` silent and able to succeed. Takes seconds the first time: it imports torch."""
    os.environ.update(OFFLINE)
    # torchcodec decodes files; copipe decodes with PyAV and hands over samples, so that its absence is no matter.
    warnings.filterwarnings("ignore", message=r"\s*torchcodec is not installed correctly")
    warnings.filterwarnings("ignore", category=UserWarning, module=r"(pyannote|torchcodec|lightning)\b")
    if not _torchaudio_imports():
        for name in [n for n in sys.modules if n == "torchaudio" or n.startswith("torchaudio.")]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _no_extension()
        importlib.import_module("torchaudio")


def _torchaudio_imports() -> bool:
    try:
        importlib.import_module("torchaudio")
    except (ImportError, OSError):  # a build for CUDA beside a torch for CPU lacks libc10_cuda.so
        return False
    return True


def _no_extension() -> ModuleType:
    """A stand-in for torchaudio's compiled part: pyannote needs its resampling and features, which are Python."""

    def unchanged(function: Any) -> Any:
        return function

    def nothing() -> None:
        return None

    module = ModuleType("torchaudio._extension")
    module.__dict__.update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        fail_if_no_align=unchanged,
        lazy_import_sox_ext=nothing,
    )
    return module
