"""The templates that reports are made with: copipe's own, of which a study may have changed copies."""

from __future__ import annotations

from pathlib import Path

OWN = Path(__file__).parent


def names() -> tuple[str, ...]:
    """What templates there are."""
    return tuple(sorted(p.name for p in OWN.glob("*.j2")))


def text(name: str) -> str:
    """copipe's own template of this name. KeyError for one there is not."""
    if name not in names():
        raise KeyError(name)
    return (OWN / name).read_text(encoding="utf-8")


def unused(folder: Path) -> tuple[Path, ...]:
    """Files in a study's folder of templates that stand in for none of them."""
    return tuple(p for p in sorted(folder.glob("*")) if p.is_file() and p.name not in names() and p.name[0] != ".")
