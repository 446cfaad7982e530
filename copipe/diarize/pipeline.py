"""pyannote's `SpeakerDiarization`, put together from the default models. Imports torch: import this module late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from copipe.diarize import quiet_imports

quiet_imports.prepare()

import numpy as np  # noqa: E402
from pyannote.audio.core.plda import PLDA  # noqa: E402
from pyannote.audio.pipelines import SpeakerDiarization  # noqa: E402
from pyannote.audio.pipelines.clustering import AgglomerativeClustering  # noqa: E402

if TYPE_CHECKING:
    from copipe.settings import DiarizeSettings

# Embeddings that the clusters are made from; all others join the nearest. The distances among 8,000 take 0.26 GB and
# among the 18,000 of a two-hour meeting 1.3 GB, twice over.
MAX_CLUSTERED = 8_000


# Of a long meeting's embeddings, the share that makes a voice: told how many speak, the clustering would else take a
# burst of laughter or of crosstalk for one of them, and two people for one. 0.5 % is half a minute in two hours.
LEAST_SHARE = 0.005


class _NoPlda(PLDA):
    """SpeakerDiarization wants one even where its clustering uses none."""

    def __init__(self) -> None:
        pass


class BoundedClustering(AgglomerativeClustering):
    """Agglomerative clustering that holds for two hours as for two minutes: bounded memory, no voice of a moment."""

    def filter_embeddings(self, *args: Any, **kwargs: Any) -> Any:
        found, chunk, speaker = super().filter_embeddings(*args, **kwargs)
        if len(found) <= MAX_CLUSTERED:
            return found, chunk, speaker
        kept = np.linspace(0, len(found) - 1, MAX_CLUSTERED).round().astype(int)
        return found[kept], chunk[kept], speaker[kept]

    def cluster(self, embeddings: Any, *args: Any, **kwargs: Any) -> Any:
        asked = self.min_cluster_size
        self.min_cluster_size = max(asked, round(LEAST_SHARE * len(embeddings)))
        try:
            return super().cluster(embeddings, *args, **kwargs)
        finally:
            self.min_cluster_size = asked


def build(segmentation: Any, encoder: Any, settings: DiarizeSettings) -> Any:
    """The pipeline, ready to be called, from a segmentation model and a voice encoder."""
    pipeline = SpeakerDiarization(
        segmentation=segmentation,
        segmentation_step=settings.window_step,
        embedding=encoder,
        embedding_exclude_overlap=True,
        plda=_NoPlda(),
        clustering="AgglomerativeClustering",
    )
    pipeline.clustering = BoundedClustering(metric="cosine")
    pipeline.instantiate(
        {
            "segmentation": {"threshold": settings.segmentation_threshold, "min_duration_off": 0.0},
            "clustering": {
                "method": "centroid",
                "threshold": settings.clustering_threshold,
                "min_cluster_size": settings.min_cluster_size,
            },
        }
    )
    return pipeline
