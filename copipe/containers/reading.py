"""What a library cannot make anything of is bad input, and never a bug in copipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from copipe.errors import CopipeError, InputError


@contextmanager
def reading(path: Path, what: str, hint: str) -> Iterator[None]:
    """InputError for whatever goes wrong while a library reads `path`, which should be `what` ("a Word document").

    Files that others made break libraries in every way there is: with a missing part, a wrong number, an element where
    none is expected, within one another too deep, or with more than there is memory for. `hint` is for all of these.
    """
    try:
        yield
    except CopipeError:
        raise
    except MemoryError:
        raise InputError(f"{path} cannot be read: it needs more memory than there is.", hint) from None
    except RecursionError:
        raise InputError(f"{path} cannot be read: what is in it is nested too deeply.", hint) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or type(error).__name__}.", hint) from None
    except Exception as error:
        raise InputError(f"{path} is not {what} that can be opened ({type(error).__name__}).", hint) from None
