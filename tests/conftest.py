"""What all tests share: no clock on property tests, one thread for each of the workers, and no connections."""

from __future__ import annotations

import os
from collections.abc import Iterator

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


@pytest.fixture(autouse=True)
def _files_as_others_make_them() -> Iterator[None]:
    """A command that opens a study narrows the umask of its process; here many share one."""
    before = os.umask(0o022)
    yield
    os.umask(before)


# Whole studies, processes and models: minutes together. `make test` leaves them to `make test-all`.
LONG = {
    "test_call_study", "test_destroy", "test_gate", "test_known_voices", "test_learning", "test_listen_review",
    "test_names", "test_no_network", "test_private_stays", "test_purge", "test_readme", "test_text_study",
    "test_twenty_names", "test_voice_prints", "test_voices", "test_withdraw",
}  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in LONG:
            item.add_marker(pytest.mark.slow)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Archives carry the time they were made: their bytes would name a test differently in each worker."""
    return argname if isinstance(val, bytes) else None
