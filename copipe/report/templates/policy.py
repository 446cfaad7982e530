"""What a page of a report may do: nothing but show itself. Set here, whatever a study's own template says."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from copipe.errors import ConfigError
from copipe.report.templates import own

# A policy counts from where it stands, so nothing may come before it. https://www.w3.org/TR/CSP3/#meta-element
_OPENING = re.compile(r"\s*<!doctype html>\s*<html(?:\s+lang=\"[\w-]+\")?>\s*<head>", re.IGNORECASE)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def guarded(page: str, template: str, folder: Path | None, audio: bool = False) -> str:
    """The page with its policy: no connection, no script but the one of copipe's own template, sound where it plays.

    ConfigError where something stands before the head of the page.
    """
    opening = _OPENING.match(page)
    if opening is None:
        raise ConfigError(
            f"{folder / template if folder else template}: a page begins with <!DOCTYPE html>, <html> and <head>.",
            "Correct the template, or remove it: copipe then uses its own.",
        )
    rules = [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    rules += [f"script-src '{digest}'" for digest in _scripts(template)]
    rules += ["media-src 'self' file:"] if audio else []
    meta = f'\n<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">'
    return page[: opening.end()] + meta + page[opening.end() :]


def _scripts(template: str) -> list[str]:
    """The digest of the script in copipe's own template, as the policy names it."""
    found = _SCRIPT.findall(own.text(template))
    return ["sha256-" + b64encode(sha256(script.encode()).digest()).decode() for script in found]


def style(css: str) -> str:
    """A style sheet that cannot end the element it stands in: to CSS a backslash before a slash means nothing."""
    return css.replace("</", "<\\/")
