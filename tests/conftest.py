"""What all tests share: no clock on property tests, and no test opens a connection."""

from __future__ import annotations

import os

import hypothesis
import pytest
from pytest_socket import disable_socket

os.environ["HF_HUB_OFFLINE"] = "1"

hypothesis.settings.register_profile("copipe", deadline=None)
hypothesis.settings.load_profile("copipe")


@pytest.fixture(autouse=True)
def _no_connections() -> None:
    disable_socket(allow_unix_socket=True)
