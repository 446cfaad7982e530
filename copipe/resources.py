"""Files that ship with copipe: `config/` beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
CONFIG = _PACKAGE / "config" if (_PACKAGE / "config").is_dir() else _PACKAGE.parent / "config"


def shipped(name: str) -> Path:
    """Path of a shipped file or folder, for example `shipped("models.toml")`."""
    return CONFIG / name
