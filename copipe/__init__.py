"""copipe: from recordings of a group that meets again and again to cited, role-coded reports, offline."""

import os

__version__ = "0.2.0"

# Libraries that copipe stands on report their use over the network unless they are told not to, some as soon as they
# are loaded. So they are told here, before anything of copipe can import one of them, and whatever the user has set.
os.environ.update(
    PYANNOTE_METRICS_ENABLED="0",  # pyannote.audio 4, through OpenTelemetry
    ORT_DISABLE_TELEMETRY="1",  # onnxruntime 1.29 and later (voice activity detection), on Linux and macOS
    HF_HUB_DISABLE_TELEMETRY="1",
    DO_NOT_TRACK="1",
)
