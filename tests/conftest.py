"""What all tests share: no clock on property tests, one thread for each of the workers, and no connections."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest
from pytest_socket import disable_socket

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["COLUMNS"] = "200"  # of the console, which is as wide as the first test of a worker finds it
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples every time, so that a change is judged by what it changed; `make test-all` draws new ones.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("new", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def _no_connections() -> None:
    disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _files_as_others_make_them() -> Iterator[None]:
    """A command that opens a study narrows the umask of its process; here many share one."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Archives carry the time they were made: their bytes would name a test differently in each worker."""
    return argname if isinstance(val, bytes) else None
