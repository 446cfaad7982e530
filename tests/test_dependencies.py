"""No version that is known to be bad is pinned or installed; `pip-audit` knows more where its service is reached."""

from __future__ import annotations

import re
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.version import Version

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
# Package: the first version without the weakness, and its number at cve.org.
FIRST_GOOD = {
    "aiohttp": ("3.12.14", "CVE-2025-53643"),
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "cryptography": ("44.0.1", "CVE-2024-12797"),
    "h11": ("0.16.0", "CVE-2025-43859"),
    "idna": ("3.7", "CVE-2024-3651"),
    "jinja2": ("3.1.6", "CVE-2025-27516"),
    "pillow": ("11.3.0", "CVE-2025-48379"),
    "pyyaml": ("5.4", "CVE-2020-14343"),
    "requests": ("2.32.4", "CVE-2024-47081"),
    "setuptools": ("78.1.1", "CVE-2025-47273"),
    "torch": ("2.6.0", "CVE-2025-32434"),
    "tqdm": ("4.66.3", "CVE-2024-34062"),
    "urllib3": ("2.5.0", "CVE-2025-50181"),
    "zipp": ("3.19.1", "CVE-2024-5569"),
}


def pinned() -> dict[str, Version]:
    """Versions of constraints.txt by name, in small letters."""
    rows = re.findall(r"^([\w.-]+)==([^\s;]+)", CONSTRAINTS.read_text(encoding="utf-8"), re.MULTILINE)
    return {name.casefold().replace("_", "-"): Version(number) for name, number in rows}


@pytest.mark.parametrize("name", FIRST_GOOD)
def test_no_version_known_to_be_bad(name: str) -> None:
    good, why = FIRST_GOOD[name]
    if name in pinned():
        assert pinned()[name] >= Version(good), f"{name} is pinned to a version with {why}"
    if name == "setuptools":
        return  # comes with Python itself; nothing of copipe imports it
    with suppress(PackageNotFoundError):
        assert Version(version(name)) >= Version(good), f"{name} is installed in a version with {why}"


def test_the_list_is_of_what_copipe_uses() -> None:
    assert len(set(FIRST_GOOD) & set(pinned())) >= 10
