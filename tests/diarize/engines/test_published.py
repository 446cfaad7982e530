"""A complete pipeline from a folder laid out as community-1 is, with stand-in weights of the same kind."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from copipe.audio import decode
from copipe.diarize.engines import engine, published, pyannote
from copipe.errors import InputError, MissingModelError
from copipe.models import quiet_imports, store
from copipe.progress import silent
from copipe.study import settings

CONFIG = """\
version: 4.0.0
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: VBxClustering
    segmentation: $model/segmentation
    segmentation_batch_size: 32
    segmentation_step: 0.5
    embedding: $model/embedding
    embedding_batch_size: 32
    embedding_exclude_overlap: true
    plda: $model/plda
params:
  clustering:
    threshold: 0.6
    Fa: 0.07
    Fb: 0.8
  segmentation:
    min_duration_off: 0.0
    threshold: 0.5
"""


def save(model: Any, path: Path) -> None:
    """A checkpoint as Lightning and pyannote write one."""
    import torch

    content = {
        "state_dict": model.state_dict(),
        "hyper_parameters": dict(model.hparams),
        "pytorch-lightning_version": "2.5.0",
        "epoch": 1,
    }
    model.on_save_checkpoint(content)
    path.parent.mkdir()
    torch.save(content, path)


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Path:
    quiet_imports.prepare()
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.embedding import WeSpeakerResNet34

    folder = tmp_path_factory.mktemp("wespeaker") / "community"
    folder.mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    save(pyannote._segmentation(store.locate("segmentation")), folder / "segmentation" / "pytorch_model.bin")
    torch.manual_seed(0)
    voices = WeSpeakerResNet34()
    voices.specifications = Specifications(
        problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=5.0, classes=["a"]
    )
    save(voices, folder / "embedding" / "pytorch_model.bin")
    rng = np.random.default_rng(0)
    plda = folder / "plda"
    plda.mkdir()
    np.savez(plda / "xvec_transform.npz", mean1=np.zeros(256), mean2=np.zeros(128), lda=rng.normal(size=(256, 128)))
    np.savez(
        plda / "plda.npz", mu=np.zeros(128), tr=np.linalg.qr(rng.normal(size=(128, 128)))[0], psi=np.arange(1, 129.0)
    )
    return folder


@pytest.fixture
def copy(community: Path, tmp_path: Path) -> Path:
    return shutil.copytree(community, tmp_path / "pipeline")


def test_the_folder_is_opened_and_diarizes_without_token_or_network(community: Path) -> None:
    import pyannote.audio

    chosen = settings.defaults().diarize.model_copy(update={"pipeline": str(community)})
    assert engine.required_models(chosen) == (str(community),)
    call = decode.load(Path(pyannote.audio.__file__).parent / "sample" / "sample.wav", 6, 14)
    made = engine.load(chosen).diarize(call, 2, silent, "x")
    assert {t.exclusive for t in made.turns} == {True, False}
    assert made.voices


@pytest.mark.parametrize(
    "piece", ["config.yaml", "segmentation/pytorch_model.bin", "embedding/pytorch_model.bin", "plda/plda.npz"]
)
def test_a_missing_piece_is_named(copy: Path, piece: str) -> None:
    (copy / piece).unlink()
    with pytest.raises(MissingModelError) as caught:
        published.load(copy)
    assert Path(piece).name in caught.value.message
    assert "copy" in caught.value.hint.lower()


def test_a_pointer_of_git_lfs_is_told_from_a_model(copy: Path) -> None:
    (copy / "plda" / "plda.npz").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(MissingModelError, match="Git LFS"):
        published.load(copy)


def test_a_checkpoint_that_would_run_something_is_refused(copy: Path, tmp_path: Path) -> None:
    import torch

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"state_dict": {}, "callbacks": Trap()}, copy / "embedding" / "pytorch_model.bin", pickle_module=pickle)
    with pytest.raises(InputError):
        published.load(copy)
    assert not (tmp_path / "sprung").exists()


def test_a_pipeline_of_another_class_is_refused(copy: Path) -> None:
    (copy / "config.yaml").write_text(CONFIG.replace("pyannote.audio.pipelines.SpeakerDiarization", "os.system"))
    with pytest.raises(InputError, match=r"os\.system"):
        published.load(copy)


@pytest.mark.parametrize("text", ["", "pipeline: 3", "a: [", "\x00"])
def test_a_config_that_describes_nothing(copy: Path, text: str) -> None:
    (copy / "config.yaml").write_text(text)
    with pytest.raises(InputError, match=r"config\.yaml"):
        published.load(copy)


def test_a_part_that_is_left_to_the_hub_is_never_fetched(copy: Path) -> None:
    (copy / "config.yaml").write_text(CONFIG.replace("    plda: $model/plda\n", ""))
    with pytest.raises(MissingModelError, match="plda"):
        published.load(copy)
    (copy / "config.yaml").write_text(CONFIG.replace("$model/embedding", "pyannote/wespeaker-voxceleb-resnet34-LM"))
    with pytest.raises(MissingModelError, match="wespeaker"):
        published.load(copy)
