"""Where speech is: Silero's voice activity detector (the copy inside faster-whisper), read as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copipe.audio.decode import Samples

FRAME = 512  # samples in a frame of the detector: 32 ms
CONTEXT = 64  # samples before a frame that the detector reads with it
MEMORY = 128  # numbers in each half of the detector's memory
SPEECH = 0.5  # probability from which a frame begins speech; the detector's own default
SILENCE = 0.35  # probability below which a frame may end it; the detector's own default


class Detector:
    """Silero's detector, which remembers what it has heard.

    faster-whisper's own call begins without memory each time; here it is carried on, so that a recording read in blocks
    is heard as it would be in one piece.
    """

    def __init__(self) -> None:
        import numpy as np
        from faster_whisper.vad import get_vad_model

        self._session = get_vad_model().session
        self._context = np.zeros(CONTEXT, dtype=np.float32)
        self._h = self._c = np.zeros((1, 1, MEMORY), dtype=np.float32)

    def chances(self, samples: Samples) -> list[float]:
        """Probability of speech for each whole frame of `samples`, which follow on what was given before."""
        import numpy as np

        n = len(samples) // FRAME
        if not n:
            return []
        heard = np.concatenate([self._context, samples[: n * FRAME]])
        self._context = heard[-CONTEXT:]
        frames = np.lib.stride_tricks.sliding_window_view(heard, CONTEXT + FRAME)[::FRAME]
        found, self._h, self._c = self._session.run(
            None, {"input": np.ascontiguousarray(frames), "h": self._h, "c": self._c}
        )
        return [float(chance) for chance in found.reshape(-1)]
