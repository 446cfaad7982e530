import os
from hashlib import sha256
from pathlib import Path

import pytest

from copipe.study import digests


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"one")
    first = digests.Memory(tmp_path / "digests.json").digest(file)
    assert first == sha256(b"one").hexdigest()

    reads = []
    real = digests.digest
    monkeypatch.setattr(digests, "digest", lambda path: reads.append(path) or real(path))
    assert digests.Memory(tmp_path / "digests.json").digest(file) == first
    assert reads == []
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))
    assert digests.Memory(tmp_path / "digests.json").digest(file) == sha256(b"two").hexdigest()
    assert reads == [file]


def test_a_damaged_memory_is_only_slow(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"one")
    (tmp_path / "digests.json").write_text("{not json")
    assert digests.Memory(tmp_path / "digests.json").digest(file) == sha256(b"one").hexdigest()
