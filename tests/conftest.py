"""What all tests share: no clock on property tests, one thread for each of the workers, and no connections."""

from __future__ import annotations

import os

import hypothesis
import pytest
from pytest_socket import disable_socket

os.environ["HF_HUB_OFFLINE"] = "1"
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples every time, so that a change is judged by what it changed; `make test-all` draws new ones.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("new", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.fixture(autouse=True)
def _no_connections() -> None:
    disable_socket(allow_unix_socket=True)
