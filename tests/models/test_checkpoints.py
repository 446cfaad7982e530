"""Checkpoints: what is refused must not run, and what is kept must be what was there."""

import collections
import io
import json
import os
import pickle
import subprocess
import sys
import types
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copipe.errors import InputError
from copipe.models import checkpoints, store


class Call:
    """Pickles as a call of `function` with `args`, the way an attacker's object does."""

    def __init__(self, function, *args):
        self.function, self.args = function, args

    def __reduce__(self):
        return self.function, self.args


def archive(path, content, storages=()):
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(
            "archive/data.pkl", content if isinstance(content, bytes) else pickle.dumps(content, protocol=2)
        )
        opened.writestr("archive/byteorder", "little")
        for key, raw in dict(storages).items():
            opened.writestr(f"archive/data/{key}", raw)
    return path


def touch(path):
    return f"{sys.executable} -c \"open({str(path)!r}, 'w')\""


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda p: Call(os.system, touch(p)), "system"),
        (lambda p: Call(eval, f"open({str(p)!r}, 'w')"), "eval"),
        (lambda p: Call(exec, f"open({str(p)!r}, 'w')"), "exec"),
        (lambda p: Call(open, str(p), "w"), "open"),
        (lambda p: Call(subprocess.check_output, ["touch", str(p)]), "check_output"),
        (lambda p: Call(getattr, "", "format"), "getattr"),
        (lambda p: Call(collections.Counter, "abc"), "collections.Counter"),
        (lambda p: np.zeros(1), "numpy"),
    ],
)
@pytest.mark.parametrize("reader", ["read", "vet"])
def test_a_class_off_the_list_is_named_and_not_run(tmp_path, make, named, reader):
    done = tmp_path / "it-ran"
    path = archive(tmp_path / "pytorch_model.bin", {"state_dict": {}, "extra": [make(done)]})
    with pytest.raises(InputError) as caught:
        checkpoints.read_checkpoint(path) if reader == "read" else checkpoints.vet(path)
    assert named in caught.value.message
    assert not done.exists()


def test_the_same_attack_runs_when_unpickled_freely(tmp_path):
    # Otherwise the test above would pass because the attack is broken.
    done = tmp_path / "it-ran"
    pickle.loads(pickle.dumps(Call(os.system, touch(done)), protocol=2))
    assert done.exists()


def test_a_class_reached_through_an_allowed_one_is_refused(tmp_path):
    # Protocol 4 finds attributes by a dotted name: "OrderedDict.fromkeys.__self__" must not be an opening.
    content = b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.fromkeys\x93."
    with pytest.raises(InputError, match=r"OrderedDict\.fromkeys"):
        checkpoints.read_checkpoint(archive(tmp_path / "x.bin", content))


def test_a_checkpoint_with_two_faces_is_refused(tmp_path):
    # Each shows a clean pickle to Python's zipfile and another one to torch.
    done = tmp_path / "it-ran"
    clean = pickle.dumps({"state_dict": {}}, protocol=2)
    evil = pickle.dumps({"state_dict": Call(os.system, touch(done))}, protocol=2)
    behind = archive(tmp_path / "behind.bin", clean)
    behind.write_bytes(evil + behind.read_bytes())
    with zipfile.ZipFile(tmp_path / "folders.bin", "w") as opened:
        opened.writestr("one/data.pkl", evil)
        opened.writestr("two/data.pkl", clean)
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "twice.bin", "w") as opened:
        opened.writestr("archive/data.pkl", evil)
        opened.writestr("archive/data.pkl", clean)
    for path in (behind, tmp_path / "folders.bin", tmp_path / "twice.bin"):
        with pytest.raises(InputError, match="not laid out as PyTorch writes"):
            checkpoints.read_checkpoint(path)
        with pytest.raises(InputError):
            checkpoints.vet(path)
    assert not done.exists()


def test_a_refused_conversion_leaves_no_weights(tmp_path):
    path = archive(tmp_path / "x.bin", {"state_dict": Call(os.system, "true")})
    with pytest.raises(InputError):
        checkpoints.convert_segmentation(path, tmp_path / "out")
    assert not (tmp_path / "out" / checkpoints.WEIGHTS).exists()


class Storage:
    """A storage reference as torch pickles it."""

    def __init__(self, kind, key, count):
        self.pid = ("storage", kind, key, "cpu", count)


def pickled(content):
    import torch

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            if isinstance(obj, Storage):
                return ("storage", torch.FloatStorage, obj.pid[2], "cpu", obj.pid[4])
            return None

    stream = io.BytesIO()
    Pickler(stream, protocol=2).dump(content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("offset", "size", "stride", "count"),
    [
        (0, (3,), (1,), 2),
        (1, (2,), (1,), 2),
        (0, (2, 2), (4, 1), 4),
        (-1, (1,), (1,), 2),
        (0, (2,), (-1,), 2),
        (1 << 40, (1,), (1,), 2),
        (0, (-1,), (1,), 2),
    ],
)
def test_a_tensor_outside_its_storage_is_refused(tmp_path, offset, size, stride, count):
    import torch

    tensor = Call(
        torch._utils._rebuild_tensor_v2,
        Storage("f", "0", count),
        offset,
        size,
        stride,
        False,
        collections.OrderedDict(),
    )
    path = archive(tmp_path / "x.bin", pickled({"t": tensor}), {"0": b"\0" * 4 * count})
    with pytest.raises(InputError, match="outside its storage"):
        checkpoints.read_checkpoint(path)


def test_a_short_storage_is_refused(tmp_path):
    import torch

    tensor = Call(
        torch._utils._rebuild_tensor_v2, Storage("f", "0", 4), 0, (4,), (1,), False, collections.OrderedDict()
    )
    with pytest.raises(InputError, match="holds 2 numbers where 4"):
        checkpoints.read_checkpoint(archive(tmp_path / "x.bin", pickled({"t": tensor}), {"0": b"\0" * 8}))


@pytest.mark.parametrize("content", [b"", b"\x80\x02", b"\x80\x02}q\x00(X", b"garbage", pickle.dumps([1], protocol=2)])
def test_a_broken_pickle_is_an_input_error(tmp_path, content):
    with pytest.raises(InputError):
        checkpoints.read_checkpoint(archive(tmp_path / "x.bin", content))


def test_files_that_are_no_checkpoints(tmp_path):
    (tmp_path / "text.bin").write_text("not a model")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as opened:
        opened.writestr("readme", "x")
    for path in (tmp_path / "text.bin", tmp_path / "other.zip", tmp_path / "absent.bin"):
        with pytest.raises(InputError, match=path.name):
            checkpoints.read_checkpoint(path)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.lists(st.integers(0, 4), max_size=3),
    kind=st.sampled_from(["float32", "float64", "float16", "int64", "int32", "uint8", "bool"]),
    cut=st.booleans(),
    turn=st.booleans(),
)
def test_reads_what_torch_saves(tmp_path_factory, shape, kind, cut, turn):
    import torch

    tensor = (torch.arange(int(np.prod(shape)) or 0) * 7 % 5).reshape(shape).to(getattr(torch, kind))
    if turn and tensor.dim() > 1:
        tensor = tensor.transpose(0, -1)
    if cut and tensor.dim() and len(tensor) > 1:
        tensor = tensor[1:]  # a view with an offset, of a larger storage
    path = tmp_path_factory.mktemp("torch") / "x.pt"
    content = collections.OrderedDict(a=tensor, b=[tensor, 1.5, "é", None, True], c=torch.nn.Parameter(tensor.float()))
    torch.save(content, path)
    read = checkpoints.read_checkpoint(path)
    assert read["a"].dtype == tensor.numpy().dtype and read["a"].shape == tuple(tensor.shape)
    np.testing.assert_array_equal(read["a"], tensor.numpy())
    np.testing.assert_array_equal(read["b"][0], tensor.numpy())
    np.testing.assert_array_equal(read["c"], tensor.float().numpy())
    assert read["b"][1:] == [1.5, "é", None, True]
    checkpoints.vet(path)


def test_specifications_of_pyannotes_own_classes_become_plain(tmp_path, quiet):
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications

    powerset = Specifications(
        problem=Problem.MONO_LABEL_CLASSIFICATION,
        resolution=Resolution.FRAME,
        duration=10.0,
        min_duration=2.5,
        warm_up=(0.5, 0.25),
        classes=["a", "b", "c"],
        powerset_max_classes=2,
        permutation_invariant=True,
    )
    torch.save(
        {
            "state_dict": {"w": torch.ones(2, 3).T},
            "hyper_parameters": {"linear": {"num_layers": 2}, "names": ("x", "y")},
            "pyannote.audio": {
                "architecture": {"module": "pyannote.audio.models.segmentation.PyanNet", "class": "PyanNet"},
                "specifications": powerset,
            },
        },
        tmp_path / "x.bin",
    )
    checkpoints.convert_segmentation(tmp_path / "x.bin", tmp_path / "out")
    config = json.loads((tmp_path / "out" / checkpoints.CONFIG).read_text())
    assert config["specifications"] == {
        "problem": "MONO_LABEL_CLASSIFICATION",
        "resolution": "FRAME",
        "duration": 10.0,
        "min_duration": 2.5,
        "warm_up": [0.5, 0.25],
        "classes": ["a", "b", "c"],
        "powerset_max_classes": 2,
        "permutation_invariant": True,
    }
    assert config["hyper_parameters"] == {"linear": {"num_layers": 2}, "names": ["x", "y"]}
    assert [member.name for member in Problem] == list(checkpoints._PROBLEMS)
    assert {member.value: member.name for member in Resolution} == checkpoints._RESOLUTIONS


def test_settings_in_omegaconf_become_plain(tmp_path, monkeypatch):
    # omegaconf is not a dependency: its classes by name and by the state they pickle are what the reader knows.
    class ListConfig:
        pass

    class AnyNode:
        pass

    for module, kind in (("omegaconf.listconfig", ListConfig), ("omegaconf.nodes", AnyNode)):
        kind.__module__, kind.__qualname__ = module, kind.__name__
        fake = types.ModuleType(module)
        setattr(fake, kind.__name__, kind)
        monkeypatch.setitem(sys.modules, module, fake)
    monkeypatch.setitem(sys.modules, "omegaconf", types.ModuleType("omegaconf"))
    node, values = AnyNode(), ListConfig()
    node.__dict__ = {"_val": 0.5, "_metadata": None}
    values.__dict__ = {"_content": [node, node], "_metadata": None}
    read = checkpoints.read_checkpoint(archive(tmp_path / "x.bin", {"freeze": values}))
    assert checkpoints._plain(read["freeze"]) == [0.5, 0.5]


@pytest.mark.parametrize("missing", ["state_dict", "hyper_parameters", "pyannote.audio"])
def test_a_checkpoint_of_something_else_says_so(tmp_path, missing):
    content = {"state_dict": {}, "hyper_parameters": {}, "pyannote.audio": {"architecture": {}, "specifications": 1}}
    del content[missing]
    with pytest.raises(InputError, match=r"not a pyannote\.audio segmentation checkpoint"):
        checkpoints.convert_segmentation(archive(tmp_path / "x.bin", content), tmp_path / "out")


def test_the_voice_encoder_in_torchs_older_format(tmp_path):
    import torch
    from safetensors.numpy import load_file

    weights = {"lstm.w": torch.arange(6.0).reshape(2, 3), "linear.b": torch.ones(2), "similarity_weight": torch.ones(1)}
    torch.save({"step": 1, "model_state": weights}, tmp_path / "x.pt", _use_new_zipfile_serialization=False)
    checkpoints.convert_voice_encoder(tmp_path / "x.pt", tmp_path / "out")
    clean = load_file(tmp_path / "out" / checkpoints.WEIGHTS)
    assert sorted(clean) == ["linear.b", "lstm.w"]
    np.testing.assert_array_equal(clean["lstm.w"], weights["lstm.w"].numpy())
    checkpoints.vet(tmp_path / "x.pt")


def test_the_older_format_does_not_run_either(tmp_path):
    import torch

    done = tmp_path / "it-ran"
    torch.save({"model_state": Call(os.system, touch(done))}, tmp_path / "x.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(InputError):
        checkpoints.convert_voice_encoder(tmp_path / "x.pt", tmp_path / "out")
    with pytest.raises(InputError, match="not a plain set of weights"):
        checkpoints.vet(tmp_path / "x.pt")
    assert not done.exists()


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x84\xa5", b"plain text", b"\x00" * 64])
def test_files_that_are_no_pickles_pass(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    checkpoints.vet(tmp_path / "x")


@pytest.fixture
def quiet():
    from copipe.models import quiet_imports

    quiet_imports.prepare()


def test_the_clean_segmentation_suffices_for_pyannet(quiet):
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications
    from pyannote.audio.models.segmentation import PyanNet
    from safetensors.torch import load_file

    folder = store.locate("segmentation")
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "copipe.json", "model.safetensors"]
    config = json.loads((folder / checkpoints.CONFIG).read_text())
    told = config["specifications"]
    model = PyanNet(**config["hyper_parameters"])
    model.specifications = Specifications(
        problem=Problem[told["problem"]],
        resolution=Resolution[told["resolution"]],
        duration=told["duration"],
        classes=told["classes"],
        permutation_invariant=told["permutation_invariant"],
    )
    model.build()
    model.load_state_dict(load_file(folder / checkpoints.WEIGHTS), strict=True)
    model.eval()
    with torch.inference_mode():
        silence = model(torch.zeros(1, 1, 16000 * 5))
        speech = model(torch.sin(torch.arange(16000 * 5) * 0.03).reshape(1, 1, -1) * 0.3)
    assert silence.shape == (1, 293, 3)
    assert float(silence.min()) >= 0 and float(silence.max()) < 0.2
    assert not torch.allclose(silence, speech)


def test_the_clean_voice_encoder_has_the_whole_network():
    from safetensors.numpy import load_file

    clean = load_file(store.locate("voice-encoder") / checkpoints.WEIGHTS)
    assert clean["lstm.weight_ih_l0"].shape == (1024, 40) and clean["linear.weight"].shape == (256, 256)
    assert len(clean) == 3 * 4 + 2 and all(np.isfinite(array).all() for array in clean.values())
