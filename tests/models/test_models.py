"""Pulls from a small index, hub and disk that the tests make; nothing here needs the network."""

import hashlib
import http.server
import json
import os
import pickle
import re
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import ClassVar

import pytest

from copipe.errors import ConfigError, CopipeError, InputError, MissingModelError, UsageError
from copipe.models import catalogue, checkpoints, sources
from copipe.models import store as models

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PARTS = {"demo_part1/data/model.bin.part1": b"first half, ", "demo_part1/data/config.json": b"{}"}
REST = {"demo_part2/data/model.bin.part2": b"second half"}
WHOLE = b"first half, second half"


def sum_of(content):
    return hashlib.sha256(content).hexdigest()


def wheel(folder, name, members):
    """A wheel that pip accepts; its path."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    info = f"{name.replace('-', '_')}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def world(tmp_path, monkeypatch):
    """An index with three wheels, a catalogue of them, an empty store."""
    index = tmp_path / "index"
    one, two = wheel(index, "demo-part1", PARTS), wheel(index, "demo-part2", REST)
    tree = wheel(index, "demo-tree", {"tree/m/a/x.txt": b"x", "tree/m/y.txt": b"y", "tree/__init__.py": b"#"})
    sums = {path.name: sources.sha256(path) for path in (one, two, tree)}
    contents = catalogue.listing_digest({"a/x.txt": sum_of(b"x"), "y.txt": sum_of(b"y")})
    parts = '"demo_part1/data/model.bin.part1", "demo_part2/data/model.bin.part2"'
    (tmp_path / "models.toml").write_text(f"""
[[model]]
name = "joined"
what = "a model in two parts"
language = "en"
licence = "MIT"
size = 100
default = true
wheels = [
  {{ requirement = "demo-part1==1.0", sha256 = "{sums[one.name]}" }},
  {{ requirement = "demo-part2==1.0", sha256 = "{sums[two.name]}" }},
]
files = [
  {{ path = "model.bin", members = [{parts}], sha256 = "{sum_of(WHOLE)}" }},
  {{ path = "config.json", members = ["demo_part1/data/config.json"], sha256 = "{sum_of(b"{}")}" }},
]
[[model]]
name = "tree"
what = "a folder"
language = ""
licence = "MIT"
size = 100
wheels = [{{ requirement = "demo-tree==1.0", sha256 = "{sums[tree.name]}" }}]
folder = "tree/m"
contents = "{contents}"
[[model]]
name = "hubbed"
what = "from a hub"
language = "many"
licence = "MIT"
size = 100
hub = {{ repository = "someone/thing", revision = "{COMMIT}" }}
files = [{{ path = "model.bin", sha256 = "{sum_of(WHOLE)}" }}, {{ path = "sub/config.json" }}]
[[model]]
name = "gated"
what = "from a hub, for members"
language = "many"
licence = "CC-BY-4.0"
size = 100
hub = {{ repository = "someone/gated", revision = "{COMMIT}", gated = true }}
files = [{{ path = "model.bin", sha256 = "{sum_of(WHOLE)}" }}]
""")
    entries = catalogue.read(tmp_path / "models.toml")
    monkeypatch.setattr(models, "catalogue", lambda: entries)
    monkeypatch.setenv("COPIPE_MODELS", str(tmp_path / "store"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return tmp_path


def empty(world):
    store = world / "store"
    return not store.exists() or {path.name for path in store.iterdir()} <= {".lock"}


def pulled(world, name="joined"):
    """A model in the store without a run of pip, which takes a second."""
    return models.pull(name, source=world / "index")


def test_parts_are_joined_and_recorded(world):
    ticks = []
    folder = models.pull("joined", ticks.append)
    assert folder == models.locate("joined") == world / "store" / "joined"
    assert (folder / "model.bin").read_bytes() == WHOLE
    record = json.loads((folder / "copipe.json").read_text())
    assert record["source"] == "demo-part1==1.0, demo-part2==1.0"
    assert record["files"]["model.bin"]["sha256"] == sum_of(WHOLE)
    assert models.verify("joined") == []
    assert {tick.unit for tick in ticks} == {"bytes"} and ticks[-1].done == ticks[-1].total == 100
    assert all(0 <= tick.done <= tick.total for tick in ticks)
    assert {path.name for path in (world / "store").iterdir()} == {".lock", "joined"}


def test_a_fingerprint_is_the_same_before_after_and_by_path(world):
    before = models.fingerprint("joined")
    folder = pulled(world)
    shutil.copytree(folder, world / "elsewhere")
    assert before == models.fingerprint("joined") == models.fingerprint(str(world / "elsewhere"))


def test_a_folder_of_a_wheel(world):
    folder = models.pull("tree")
    assert (folder / "a" / "x.txt").read_bytes() == b"x"
    assert not (folder / "__init__.py").exists()
    assert models.fingerprint("tree") == models._known("tree").contents


def test_what_is_here_is_left_alone_and_needs_no_pip(world, monkeypatch):
    pulled(world)
    monkeypatch.setattr(sources, "fetch", None)
    models.pull("joined")
    with pytest.raises(TypeError):
        models.pull("joined", again=True)


def changed(world, monkeypatch, old, new):
    text = (world / "models.toml").read_text()
    assert old in text
    (world / "changed.toml").write_text(text.replace(old, new))
    entries = catalogue.read(world / "changed.toml")
    monkeypatch.setattr(models, "catalogue", lambda: entries)


@pytest.mark.parametrize("what", ["wheel", "member", "contents"])
def test_a_wrong_checksum_keeps_nothing(world, monkeypatch, what):
    model = models._known("tree" if what == "contents" else "joined")
    right = {"wheel": model.wheels[0].sha256, "member": sum_of(WHOLE), "contents": model.contents}[what]
    changed(world, monkeypatch, right, "0" * 64)
    with pytest.raises(CopipeError, match=r"checksum|SHA-256"):
        models.pull(model.name)
    assert empty(world)


@pytest.mark.parametrize("path", ["../../evil", "/tmp/evil", "..\\evil", "c:/evil", "a/../../../evil"])
def test_a_wheel_writes_nothing_outside(world, path):
    bad = wheel(world / "bad", "demo-tree", {f"tree/m/{path}": b"!"})
    old = models._known("tree")
    model = catalogue.Model(
        **{name: getattr(old, name) for name in old.__slots__}
        | {"wheels": (catalogue.Wheel("demo-tree==1.0", sources.sha256(bad)),)}
    )
    (world / "into").mkdir()
    with pytest.raises(CopipeError, match="outside the model store"):
        sources.unpack(model, [bad], world / "into")
    assert list((world / "into").iterdir()) == []


def test_members_that_are_not_there(world, monkeypatch):
    changed(world, monkeypatch, "demo_part1/data/config.json", "demo_part1/data/absent.json")
    with pytest.raises(CopipeError, match="absent"):
        models.pull("joined")
    assert empty(world)


def test_an_index_without_it_says_what_to_do(world, monkeypatch):
    shutil.rmtree(world / "index")
    with pytest.raises(MissingModelError) as caught:
        models.pull("joined")
    assert "demo-part1==1.0" in caught.value.message
    assert "copipe models pull joined --from" in caught.value.hint
    assert empty(world)


def test_an_unreachable_index_does_not_show_a_password(world, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(MissingModelError) as caught:
        models.pull("joined")
    assert "secret" not in caught.value.message + caught.value.hint


def test_a_password_that_pip_shows_is_taken_out(world, monkeypatch):
    said = "ERROR: cannot reach https://user:secret@index.example/simple/demo\nmore"
    monkeypatch.setattr(sources, "_watch", lambda *args, **kwargs: (1, said))
    with pytest.raises(MissingModelError, match=r"https://index\.example/simple/demo") as caught:
        models.pull("joined")
    assert "secret" not in caught.value.message


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_store_that_cannot_be_written(world):
    (world / "store").mkdir(mode=0o555)
    with pytest.raises(CopipeError, match="could not be pulled into"):
        pulled(world)


def test_a_store_in_the_way(world):
    (world / "store").write_text("a file")
    with pytest.raises(CopipeError, match="could not be pulled into") as caught:
        pulled(world)
    assert "COPIPE_MODELS" in caught.value.hint


def test_an_environment_without_pip_says_so(world, monkeypatch):
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingModelError, match="pip is not in this environment") as caught:
        models.pull("joined")
    assert "uv pip install pip" in caught.value.hint and "--from" in caught.value.hint


def test_an_interruption_leaves_nothing(world):
    def stop(tick):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.pull("joined", stop)
    assert empty(world)


def test_a_running_child_is_stopped(world):
    calls = []

    def stop(tick):
        calls.append(tick)
        raise KeyboardInterrupt

    (world / "scratch").mkdir()
    sleeper = [
        sys.executable,
        "-c",
        "import os, time; print(os.getpid(), file=__import__('sys').stderr, flush=True); time.sleep(60)",
    ]
    with pytest.raises(KeyboardInterrupt):
        sources._watch(sleeper, "", models._known("joined"), world / "scratch", stop)
    log = (world / "scratch" / "child.log").read_text().strip()
    if log:
        with pytest.raises(ProcessLookupError):
            os.kill(int(log), 0)


def test_what_a_killed_pull_left_is_cleared(world):
    left = world / "store" / ".pull-dead"
    left.mkdir(parents=True)
    (left / "half").write_text("x")
    pulled(world)
    assert not left.exists()


def test_a_damaged_model_is_named_and_pulled_anew(world):
    folder = pulled(world)
    (folder / "model.bin").write_bytes(b"cut")
    assert not models.is_here("joined")
    with pytest.raises(MissingModelError, match="damaged") as caught:
        models.locate("joined")
    assert caught.value.hint == "copipe models pull joined"
    pulled(world)
    assert models.locate("joined").joinpath("model.bin").read_bytes() == WHOLE


def test_verify_names_what_differs(world):
    folder = pulled(world)
    (folder / "model.bin").write_bytes(WHOLE.swapcase())
    (folder / "config.json").unlink()
    assert sorted(models.verify("joined")) == ["config.json is missing", "model.bin differs from what was pulled"]
    with pytest.raises(MissingModelError):
        models.verify("tree")


@pytest.mark.parametrize("source", ["wheels", "files", "store"])
def test_from_a_disk_without_pip(world, monkeypatch, source):
    if source == "files":
        place = world / "disk"
        place.mkdir()
        (place / "model.bin").write_bytes(WHOLE)
        (place / "config.json").write_bytes(b"{}")
        (place / "unrelated.mp3").write_bytes(b"private")
    elif source == "store":
        place = shutil.copytree(pulled(world), world / "other-machine")
        shutil.rmtree(world / "store")
    else:
        place = world / "index"
    expected = models._known("joined").fingerprint
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda name: None)
    folder = models.pull("joined", source=place)
    assert {path.name for path in folder.iterdir()} == {"model.bin", "config.json", "copipe.json"}
    assert models.verify("joined") == [] and models.fingerprint("joined") == expected


def test_from_a_disk_what_is_wrong(world):
    place = world / "disk"
    place.mkdir()
    with pytest.raises(InputError, match=r"model\.bin, config\.json is not there"):
        models.pull("joined", source=place)
    (place / "config.json").write_bytes(b"{}")
    (place / "model.bin").write_bytes(b"another model")
    with pytest.raises(CopipeError, match=r"model\.bin is not what the catalogue says"):
        models.pull("joined", source=place)
    with pytest.raises(InputError, match="does not exist"):
        models.pull("joined", source=world / "absent")
    with pytest.raises(InputError, match="not a folder"):
        models.pull("joined", source=place / "model.bin")
    assert empty(world)


def test_a_copy_of_a_store_that_was_changed_is_refused(world):
    place = shutil.copytree(pulled(world), world / "other")
    shutil.rmtree(world / "store")
    (place / "model.bin").write_bytes(WHOLE.upper())
    with pytest.raises(InputError, match="not a sound copy"):
        models.pull("joined", source=place)
    record = json.loads((place / "copipe.json").read_text())
    record["files"]["model.bin"]["sha256"] = sum_of(WHOLE.upper())
    record["fingerprint"] = "0" * 64
    (place / "copipe.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="not a sound copy"):
        models.pull("joined", source=place)
    assert empty(world)


def test_a_model_of_ones_own(world):
    place = world / "mine"
    (place / ".git").mkdir(parents=True)
    (place / "model.bin").write_bytes(b"weights")
    (place / ".git" / "config").write_text("x")
    folder = models.pull("our-whisper", source=place)
    assert models.own() == ("our-whisper",)
    assert models.locate("our-whisper") == folder and not (folder / ".git").exists()
    assert models.fingerprint("our-whisper") == models.fingerprint(str(place))
    models.pull("one-file", source=place / "model.bin")
    assert (models.locate("one-file") / "model.bin").read_bytes() == b"weights"


def test_a_pickle_of_ones_own_that_would_run_something_is_refused(world):
    place = world / "mine"
    place.mkdir()
    with zipfile.ZipFile(place / "pytorch_model.bin", "w") as archive:
        archive.writestr("archive/data.pkl", b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(InputError, match=r"os\.system"):
        models.pull("mine", source=place)
    digest = sources.sha256(place / "pytorch_model.bin")
    record = {"fingerprint": "0", "files": {"pytorch_model.bin": {"sha256": digest}}}
    (place / "copipe.json").write_text(json.dumps(record))  # a record of its own does not vouch for it
    with pytest.raises(InputError, match=r"os\.system"):
        models.pull("mine", source=place)
    assert empty(world)


def test_a_pyannote_checkpoint_of_ones_own_becomes_clean_weights(world):
    import torch
    from safetensors.numpy import load_file

    with zipfile.ZipFile(world / "mine.ckpt", "w") as archive:
        inner = pickle.dumps(
            {"state_dict": {}, "hyper_parameters": {"a": 1}, "pyannote.audio": {"architecture": {}}}, protocol=2
        )
        archive.writestr("archive/data.pkl", inner)
    with pytest.raises(InputError, match="not a pyannote"):
        models.pull("mine", source=world / "mine.ckpt")
    assert empty(world)
    torch.save({"w": torch.ones(2)}, world / "plain.pt")
    folder = models.pull("plain", source=world / "plain.pt")  # weights of something else stay as they are
    assert sources.files_of(folder) == ["plain.pt"]
    pyannote = {
        "state_dict": {"w": torch.ones(2)},
        "hyper_parameters": {},
        "pyannote.audio": {
            "architecture": {"module": "m", "class": "PyanNet"},
            "specifications": specifications(),
        },
    }
    torch.save(pyannote, world / "segmentation.bin")
    folder = models.pull("other-segmentation", source=world / "segmentation.bin")
    assert sources.files_of(folder) == [checkpoints.CONFIG, checkpoints.WEIGHTS]
    assert load_file(folder / checkpoints.WEIGHTS)["w"].tolist() == [1, 1]


def specifications():
    from copipe.models import quiet_imports

    quiet_imports.prepare()
    from pyannote.audio.core.task import Problem, Resolution, Specifications

    return Specifications(Problem.MULTI_LABEL_CLASSIFICATION, Resolution.FRAME, 5.0, classes=["a"])


@pytest.mark.parametrize("name", ["nothing", "../x", "a/b", ".hidden", ""])
def test_names_that_cannot_be(world, name):
    with pytest.raises(UsageError):
        models.pull(name)
    (world / "d").mkdir()
    if name != "nothing":
        with pytest.raises(UsageError):
            models.pull(name, source=world / "d")


def test_locate_says_what_there_is(world):
    with pytest.raises(MissingModelError) as caught:
        models.locate("joind")
    assert "Did you mean joined" in caught.value.hint and "tree" in caught.value.hint
    with pytest.raises(MissingModelError) as caught:
        models.locate("tree")
    assert caught.value.hint == "copipe models pull tree"
    assert models.locate(str(world)) == world
    assert models.locate(str(world / "models.toml")) == world / "models.toml"
    for wrong in ("", "./absent", "~/absent-model", "../store"):
        with pytest.raises(MissingModelError):
            models.locate(wrong)


def test_a_name_comes_before_a_folder_of_that_name(world, monkeypatch):
    (world / "tree").mkdir()
    monkeypatch.chdir(world)
    with pytest.raises(MissingModelError):
        models.locate("tree")
    assert models.locate("./tree") == world / "tree"


@pytest.fixture
def hashed(monkeypatch):
    paths = []
    real = sources.sha256
    monkeypatch.setattr(sources, "sha256", lambda path: paths.append(path.name) or real(path))
    return paths


def test_files_are_hashed_once(world, hashed):
    file = world / "model.pt"
    file.write_bytes(b"weights")
    os.utime(file, (1e9, 1e9))
    first = models.fingerprint(str(file))
    assert first == models.fingerprint(str(file)) and hashed == ["model.pt"]
    file.write_bytes(b"WEIGHTS")
    os.utime(file, (1e9 + 1, 1e9 + 1))
    assert models.fingerprint(str(file)) != first


def test_a_file_that_was_just_written_is_not_remembered(world, hashed):
    # It may be written again with the same size and within the same tick of the clock.
    file = world / "model.pt"
    file.write_bytes(b"weights")
    stamp = file.stat().st_mtime_ns
    first = models.fingerprint(str(file))
    file.write_bytes(b"WEIGHTS")
    os.utime(file, ns=(stamp, stamp))
    assert models.fingerprint(str(file)) != first


def test_a_pulled_name_is_hashed_only_when_it_changed(world, hashed):
    folder = pulled(world)
    expected = models.fingerprint("joined")
    hashed.clear()
    assert models.fingerprint("joined") == expected and hashed == []
    os.utime(folder / "model.bin", (1e9, 1e9))  # as after a copy of the store
    assert models.fingerprint("joined") == expected and "model.bin" in hashed
    hashed.clear()
    os.utime(folder / "config.json", (1e9, 1e9))
    models.fingerprint("joined")
    assert "model.bin" not in hashed
    (folder / "model.bin").write_bytes(WHOLE.upper())  # same size, other weights
    assert models.fingerprint("joined") != expected


def test_a_memory_that_cannot_be_kept_is_no_error(world, monkeypatch):
    (world / "cache").write_text("in the way")
    file = world / "model.pt"
    file.write_bytes(b"weights")
    os.utime(file, (1e9, 1e9))
    assert models.fingerprint(str(file)) == sum_of(b"weights")


def test_a_full_disk_is_said_before_the_download(world, monkeypatch):
    usage = shutil.disk_usage(world)._replace(free=10)
    monkeypatch.setattr(models.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CopipeError, match="GB left") as caught:
        models.pull("joined")
    assert "COPIPE_MODELS" in caught.value.hint and empty(world)


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of the hub as a download of one file at a commit asks for."""

    files: ClassVar = {"model.bin": WHOLE, "sub/config.json": b"{}"}

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, body):
        found = re.fullmatch(rf"/someone/(\w+)/resolve/{COMMIT}/(.+)", self.path)
        if found is None or found[2] not in self.files:
            self.send_error(404)
            return
        if found[1] == "gated" and self.headers.get("Authorization") != "Bearer good":
            self.send_response(403)
            self.send_header("X-Error-Code", "GatedRepo")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = self.files[found[2]]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{sum_of(content)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def hub(world, monkeypatch, socket_enabled):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HOME", str(world / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "60")  # a busy machine may be slow to answer itself
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "60")
    yield world
    server.shutdown()
    server.server_close()


def test_a_hub_at_a_commit(hub):
    folder = models.pull("hubbed")
    assert {path.as_posix() for path in map(Path, sources.files_of(folder))} == {"model.bin", "sub/config.json"}
    assert not (folder / ".cache").exists()
    assert models.verify("hubbed") == []
    assert json.loads((folder / "copipe.json").read_text())["source"] == "someone/thing@01234567"


def test_a_hub_with_another_file_than_the_catalogue(hub, monkeypatch):
    monkeypatch.setattr(Hub, "files", {"model.bin": WHOLE.upper(), "sub/config.json": b"{}"})
    with pytest.raises(CopipeError, match=r"model\.bin is not what the catalogue says"):
        models.pull("hubbed")
    assert empty(hub)


def test_a_gated_repository(hub, monkeypatch):
    with pytest.raises(MissingModelError, match="accept its conditions") as caught:
        models.pull("gated")
    assert "--token or HF_TOKEN" in caught.value.hint
    with pytest.raises(MissingModelError) as caught:
        models.pull("gated", token="bad")
    assert "Accept the conditions" in caught.value.hint
    models.pull("gated", token="good")
    monkeypatch.setenv("HF_TOKEN", "good")
    models.pull("gated", again=True)
    assert "good" not in (models.locate("gated") / "copipe.json").read_text()


def test_a_token_is_not_on_the_command_line(world, monkeypatch):
    commands = []

    def popen(command, **how):
        commands.append(command)
        raise OSError

    monkeypatch.setattr(sources.subprocess, "Popen", popen)
    with pytest.raises(CopipeError) as caught:
        models.pull("gated", token="hf_secret")
    assert "hf_secret" not in caught.value.message
    assert commands and "hf_secret" not in " ".join(commands[0])


def test_a_hub_out_of_reach(world, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingModelError, match="could not be downloaded from the hub") as caught:
        models.pull("hubbed")
    assert "copipe models pull hubbed --from FOLDER" in caught.value.hint
    assert empty(world)


def test_a_hub_cache_is_taken_from_a_disk_through_its_links(world):
    blobs, snapshot = world / "blobs", world / "snapshot" / "sub"
    blobs.mkdir()
    snapshot.mkdir(parents=True)
    (blobs / "1").write_bytes(WHOLE)
    (blobs / "2").write_bytes(b"{}")
    (snapshot.parent / "model.bin").symlink_to(blobs / "1")
    (snapshot / "config.json").symlink_to(blobs / "2")
    folder = models.pull("hubbed", source=snapshot.parent)
    assert not (folder / "model.bin").is_symlink() and (folder / "model.bin").read_bytes() == WHOLE


def test_the_store_is_readable_by_others(world):
    folder = pulled(world)
    assert folder.stat().st_mode & 0o055 == 0o055
    assert all((folder / name).stat().st_mode & 0o044 == 0o044 for name in ("model.bin", "copipe.json"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("size = 100", "sise = 100"),
        ('what = "a folder"', ""),
        ('folder = "tree/m"', ""),
        ("wheels = [{", "wheals = [{"),
        ("[[model]]", "[[model"),
    ],
)
def test_a_wrong_catalogue_names_the_file(world, old, new):
    text = (world / "models.toml").read_text()
    assert old in text
    (world / "wrong.toml").write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=r"wrong\.toml"):
        catalogue.read(world / "wrong.toml")


def test_the_shipped_catalogue():
    entries = models.catalogue()
    names = [model.name for model in entries]
    assert len(set(names)) == len(names)
    assert {"tiny.en", "base", "small", "medium", "large-v3", "large-v3-turbo"} <= set(names)
    needed = {"tiny.en", "segmentation", "voice-encoder", "en_core_web_sm", "all-MiniLM-L6-v2"}
    assert set(models.defaults()) == needed
    for model in entries:
        assert models.NAME.fullmatch(model.name) and model.what and model.licence and model.size > 0
        sums = [file.sha256 for file in model.files if file.sha256] + [wheel.sha256 for wheel in model.wheels]
        assert sums and all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in sums)
        assert all(re.fullmatch(r"[\w.-]+==[\w.]+", wheel.requirement) for wheel in model.wheels)
        if model.hub is not None:
            assert re.fullmatch(r"[0-9a-f]{40}", model.hub.revision) and not any(f.members for f in model.files)
        else:
            assert model.fingerprint  # so that what was made with it keeps its key where the model is not


def test_the_default_models_are_here_and_sound():
    for name in models.defaults():
        assert models.locate(name).is_dir()
        assert models.verify(name) == []
        assert models.fingerprint(name) == models._known(name).fingerprint


def test_the_default_models_open():
    import spacy

    doc = spacy.load(models.locate("en_core_web_sm"))("The nurses were talking.")
    assert [token.lemma_ for token in doc][:2] == ["the", "nurse"]


def test_nothing_but_pull_opens_a_connection(world, monkeypatch):
    pulled(world)

    def no(*args, **kwargs):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket, "socket", no)
    monkeypatch.setattr(subprocess, "Popen", no)
    models.locate("joined"), models.fingerprint("joined"), models.verify("joined"), models.pull("joined")


def test_importing_is_light():
    code = "import sys, copipe.models.store as m; m.fingerprint('tiny.en'); m.defaults(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "numpy", "huggingface_hub", "safetensors", "filelock", "pydantic", "rich"} & set(loaded)


def test_a_converted_model_keeps_the_fingerprint_of_its_checkpoint(world, monkeypatch):
    import torch

    content = {"model_state": {"lstm.w": torch.ones(2), "linear.b": torch.ones(1)}}
    (world / "voice").mkdir()
    torch.save(content, world / "voice" / "pretrained.pt", _use_new_zipfile_serialization=False)
    digest = sources.sha256(world / "voice" / "pretrained.pt")
    model = catalogue.Model(
        name="voice", what="w", language="", licence="MIT", size=1, default=False, convert="voice-encoder",
        wheels=(catalogue.Wheel("v==1", "0" * 64),), hub=None,
        files=(catalogue.File("pretrained.pt", ("v/pretrained.pt",), digest),), folder="", contents="",
    )  # fmt: skip
    monkeypatch.setattr(models, "catalogue", lambda: (model,))
    for source in (world / "voice", world / "voice" / "pretrained.pt"):
        folder = models.pull("voice", source=source)
        assert {path.name for path in folder.iterdir()} == {checkpoints.WEIGHTS, checkpoints.CONFIG, "copipe.json"}
        assert models.fingerprint("voice") == model.fingerprint and models.verify("voice") == []
    copy = shutil.copytree(folder, world / "copied")
    shutil.rmtree(world / "store")
    models.pull("voice", source=copy)
    assert models.fingerprint("voice") == model.fingerprint
