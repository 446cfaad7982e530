"""A folder under version control, read without git, because a foreign study's .git/config may name programs.

Git runs what a repository's configuration names: for signatures, hooks, file monitors, pagers, filters. dulwich reads
the files of a repository and runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dulwich.repo import Repo

MOST = 100_000  # commits that are looked at; the newest first


class UnreadableError(Exception):
    """There is a repository, and it is damaged or of a kind that is not known."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What a repository has of a folder: files `tracked` now, whether any was `once`, whether it is `ignored`."""

    tracked: int
    once: bool
    ignored: bool


def look(root: Path, name: str) -> Versions | None:
    """What the repository that `root` is in has of its folder `name`; None where it is in none. UnreadableError."""
    from dulwich.errors import NotGitRepository
    from dulwich.repo import Repo

    try:
        repo = Repo.discover(str(root))
    except NotGitRepository:
        return None
    except Exception as error:
        raise UnreadableError from error
    try:
        with repo:
            return _look(repo, (root.resolve() / name).relative_to(Path(repo.path).resolve()).as_posix())
    except Exception as error:  # whatever is in a repository that somebody else made
        raise UnreadableError from error


def _look(repo: Repo, folder: str) -> Versions:
    from dulwich.ignore import IgnoreFilterManager

    path = folder.encode()
    tracked = sum(1 for name in repo.open_index() if name.startswith(path + b"/"))
    once = tracked > 0 or any(_has(repo, tree, path.split(b"/")) for tree in _trees(repo))
    ignored = IgnoreFilterManager.from_repo(repo).is_ignored(f"{folder}/roster.toml")
    return Versions(tracked, once, bool(ignored))


def _trees(repo: Repo) -> Iterator[bytes]:
    """The trees of all commits that any branch, tag or stash leads to, each once."""
    from dulwich.objects import Commit, Tag

    waiting: list[bytes] = list(repo.get_refs().values())
    seen: set[bytes] = set()
    trees: set[bytes] = set()
    while waiting and len(seen) < MOST:
        name = waiting.pop()
        found = None if name in seen else _object(repo, name)
        seen.add(name)
        if isinstance(found, Tag):
            waiting.append(found.object[1])
        elif isinstance(found, Commit):
            waiting += found.parents
            if found.tree not in trees:
                trees.add(found.tree)
                yield found.tree


def _object(repo: Repo, name: Any) -> object:
    """A commit, tree, tag or file; None where the repository does not have it."""
    store: Any = repo.object_store
    return store[name] if name in store else None  # noqa: SIM401  (it is no dict)


def _has(repo: Repo, tree: bytes, parts: list[bytes]) -> bool:
    """Whether a tree has this path."""
    from dulwich.objects import Tree

    found = _object(repo, tree)
    if not isinstance(found, Tree) or parts[0] not in found:
        return False
    return len(parts) == 1 or _has(repo, found[parts[0]][1], parts[1:])
