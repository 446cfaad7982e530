"""Templates filled in, within bounds: plain data alone, no file but the templates, an end in time and a limit in size.

A study's own templates come with the study, perhaps from somebody else. Jinja's sandbox keeps them from Python's inner
life; `plain` gives them nothing whose methods do anything; and what runs or grows without end is stopped here.
"""

from __future__ import annotations

import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from copipe.errors import ConfigError
from copipe.report import own_words
from copipe.report.markdown import count, escape, paragraphs, picture
from copipe.report.templates.plain import plain

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST = 30.0  # seconds for one file; a report of a two-hour meeting takes 0.1 s on a laptop
LARGEST = 64 << 20  # characters of one file; the transcript page of a two-hour meeting has 4 million
MEMORY = 1 << 30  # bytes that filling in a study's own template may add to the process, where the system can tell
WIDEST = 1 << 16  # characters that a number in a template may pad or repeat to
_WITH_WIDTH = ("center", "indent", "wordwrap", "batch", "slice")  # Jinja's filters that a number makes large


class _StoppedError(Exception):
    """A template that ran, or grew, beyond its bounds."""


def fill(template: str, folder: Path | None = None, **values: object) -> str:
    """The template of this name filled in, with no more than one empty line on end and one line break at the end.

    `values` are given to it as plain data. One in `folder` stands in for copipe's own. ConfigError, with its line, for
    one that cannot be used, or that takes too long or grows too large.
    """
    from jinja2 import TemplateError, TemplateSyntaxError

    data = {name: plain(value) for name, value in values.items()}
    own = folder is not None and (folder / template).exists()
    try:
        with _bounded() if folder and any(folder.glob("*")) else _unbounded():
            text = _text(_environment(folder).get_template(template).generate(**data))
    except Exception as error:
        if not own and not isinstance(error, TemplateError):
            raise
        line = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else _line_of(error)
        raise ConfigError(
            f"{folder / template if own and folder else template}{line}: {_said(error)}",
            "Correct the template, or remove it: copipe then uses its own.",
        ) from None
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _text(pieces: Iterator[str]) -> str:
    made, size = [], 0
    for piece in pieces:
        size += len(piece)
        if size > LARGEST:
            raise _StoppedError(f"The file grows larger than {LARGEST >> 20} MB.")
        made.append(piece)
    return "".join(made)


def _said(error: BaseException) -> str:
    """What is wrong, without a word of what the template was given."""
    if isinstance(error, MemoryError):
        return f"It needs more than {MEMORY >> 30} GB of memory."
    if isinstance(error, RecursionError):
        return "It calls itself without end."
    if isinstance(error, _StoppedError):
        return str(error)
    return str(getattr(error, "message", "")) or f"It fails ({type(error).__name__})."


def _line_of(error: BaseException) -> str:
    """The line of the template in which it failed; "" if it is not known."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f", line {f.lineno}" for f in reversed(frames) if f.filename.endswith(".j2")), "")


@contextmanager
def _unbounded() -> Iterator[None]:
    yield  # copipe's own templates end


@contextmanager
def _bounded() -> Iterator[None]:
    """Stop what is done in here after LONGEST seconds, and where memory runs out."""
    ends = time.monotonic() + LONGEST

    def watch(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        if time.monotonic() > ends:
            raise _StoppedError(f"It does not come to an end within {LONGEST:.0f} seconds.")
        return watch

    before = sys.gettrace()
    with _less_memory():
        sys.settrace(watch)
        try:
            yield
        finally:
            sys.settrace(before)


@contextmanager
def _less_memory() -> Iterator[None]:
    """Let the process grow by MEMORY and no more, where the system has such a limit and says how large it is now."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit if soft == resource.RLIM_INFINITY else min(limit, soft), hard))
    except (ImportError, OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@cache
def _environment(folder: Path | None) -> ImmutableSandboxedEnvironment:
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined, TemplateNotFound
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**", "%"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            numbers = isinstance(left, int | float) and isinstance(right, int | float)
            if operator == "**" or (operator == "%" and not numbers):
                raise SecurityError(f"The operator {operator} is not for templates.")
            if operator == "*" and not numbers and max(_size(left), _size(right)) > WIDEST:
                raise SecurityError(f"It repeats something more than {WIDEST} times.")
            return super().call_binop(context, operator, left, right)

        def wrap_str_format(self, value: Any) -> Any:
            if getattr(value, "__name__", "") in ("format", "format_map") and isinstance(value.__self__, str):
                raise SecurityError('format is not for templates: write {{ "%.2f" | format(number) }}.')
            return None

        def is_safe_callable(self, obj: Any) -> bool:
            """Functions of this module, of Jinja, and the methods of strings and dicts that make nothing large."""
            method = getattr(obj, "__name__", "")
            if isinstance(getattr(obj, "__self__", None), str) and method in _LARGE_METHODS:
                return False
            return super().is_safe_callable(obj)

    class Folder(FileSystemLoader):
        """Regular files of the folder itself: a link could lead anywhere."""

        def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
            root = Path(self.searchpath[0])
            if root.is_symlink() or (root / template).resolve() != root.resolve() / template:
                raise TemplateNotFound(template)
            return super().get_source(environment, template)

    own = [Folder(folder)] if folder else []
    made = Sandbox(
        loader=ChoiceLoader([*own, PackageLoader("copipe.report")]),
        autoescape=False,  # Markdown, not HTML; `escape` is applied where text comes from people
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    made.filters |= {"md": escape, "count": count, "picture": picture, "paragraphs": paragraphs}
    for name in _WITH_WIDTH:
        made.filters[name] = _narrow(made.filters[name])
    made.filters["format"] = _format
    for name in ("attr", "pprint", "tojson", "xmlattr", "urlize"):
        made.filters.pop(name, None)
    made.globals = {"range": made.globals["range"], "namespace": made.globals["namespace"], "room": own_words.room}
    return made


_LARGE_METHODS = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs", "translate"})


def _size(value: object) -> int:
    return value if isinstance(value, int) else 0


def _narrow(one: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of Jinja's, for numbers up to WIDEST alone."""
    from functools import wraps

    from jinja2.exceptions import SecurityError

    @wraps(one)
    def filtered(*arguments: Any, **named: Any) -> Any:
        if max(map(_size, (*arguments, *named.values()))) > WIDEST:
            raise SecurityError(f"A width of more than {WIDEST}.")
        return one(*arguments, **named)

    return filtered


def _format(pattern: str, *values: object) -> str:
    """Numbers and texts put into a pattern such as "%.2f"; a width in it has no more than three figures.

    >>> _format("%.2f s, %s", 1.5, "x")
    '1.50 s, x'
    """
    from jinja2.exceptions import SecurityError

    if re.search(r"\d{4}|\*|%\(", pattern):
        raise SecurityError("The pattern asks for too much.")
    return pattern % values
