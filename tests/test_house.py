"""The house: its floors, no circle between modules or folders, and no folder that cannot be read at a glance.

The graph of imports is drawn from the source, and imports inside functions and for types alone count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import copipe

ROOT = Path(copipe.__file__).parent
MOST = 16  # modules in a folder
SHARED = 3  # modules beside one another that begin alike ("codebook_edit", "codebook_view") belong into a folder

# From the top floor down; those of one floor stand beside one another. A floor imports floors below it alone.
FLOORS = (
    ("cli",),
    ("run", "status", "verify", "create"),
    ("consent",),
    ("publish",),
    ("review",),
    ("pipeline",),
    ("transcribe", "diarize", "anonymise", "code", "report", "exchange"),
    ("study", "models", "audio", "containers", "progress", "network", "resources", "holding", "files"),
    ("records",),
    ("yaml_text",),
    ("texts",),
    ("errors",),
)
BESIDE = frozenset(FLOORS[1]) | frozenset(FLOORS[7])  # floors whose rooms may know one another

Graph = Mapping[str, frozenset[str]]


def imports(root: Path) -> Graph:
    """The modules below a package, `package.module` by its path from `root`, each with those that it imports."""
    files = {_name(root, path): path for path in sorted(root.rglob("*.py"))}
    return {name: frozenset(_imported(path, name, files, root.name)) - {name} for name, path in files.items()}


def _name(root: Path, path: Path) -> str:
    parts = (root.name, *path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path, name: str, files: Mapping[str, Path], package: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively: the graph does not follow that"
            if (node.module or "").split(".")[0] == package:
                yield from (
                    whole if (whole := f"{node.module}.{a.name}") in files else str(node.module) for a in node.names
                )
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.split(".")[0] == package and a.name in files)


def circle(graph: Graph) -> list[str]:
    """A circle in it, from a module back to the same; [] where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def rooms(graph: Graph, folder: str) -> Graph:
    """The graph of what lies in a folder (of modules and folders), arrows within one of them left out."""
    inside = {name: _room(folder, name) for name in graph if name.startswith(f"{folder}.")}
    drawn: dict[str, set[str]] = {room: set() for room in inside.values()}
    for name, room in inside.items():
        drawn[room] |= {inside[other] for other in graph[name] if other in inside} - {room}
    return {room: frozenset(others) for room, others in drawn.items()}


def _room(folder: str, name: str) -> str:
    return name.removeprefix(f"{folder}.").split(".")[0]


def upwards(graph: Graph, package: str) -> list[str]:
    """Imports from a floor to one above it, or to a neighbour that it must not know."""
    floor = {room: number for number, several in enumerate(FLOORS) for room in several}
    wrong = []
    for name, others in graph.items():
        for other in others:
            here, there = _room(package, name), _room(package, other)
            if here not in floor or there not in floor or here == there:
                continue
            if floor[there] < floor[here] or (floor[there] == floor[here] and here not in BESIDE):
                wrong.append(f"{name} imports {other}")
    return sorted(wrong)


def crowded(root: Path) -> list[str]:
    """Folders with more modules than can be read at a glance, and names that ask for a folder."""
    found = []
    for folder in (root, *(p for p in sorted(root.rglob("*")) if p.is_dir())):
        names = sorted(p.stem for p in folder.glob("*.py") if p.stem != "__init__")
        if len(names) > MOST:
            found.append(f"{folder.name}: {len(names)} modules")
        for prefix in {name.split("_")[0] for name in names if "_" in name}:
            alike = [name for name in names if name.split("_")[0] == prefix]
            if len(alike) >= SHARED:
                found.append(f"{folder.name}: {', '.join(alike)}")
    return found


GRAPH = imports(ROOT)
FOLDERS = sorted({_name(ROOT, path) for path in ROOT.rglob("__init__.py")})


def test_no_module_imports_itself_in_a_circle() -> None:
    assert circle(GRAPH) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_folder_imports_itself_in_a_circle(folder: str) -> None:
    assert circle(rooms(GRAPH, folder)) == []


def test_imports_point_down() -> None:
    assert upwards(GRAPH, "copipe") == []


def test_every_room_is_on_a_floor() -> None:
    known = {room for several in FLOORS for room in several}
    assert set(rooms(GRAPH, "copipe")) - known == {"__main__"}


def test_a_folder_is_read_at_a_glance() -> None:
    assert crowded(ROOT) == []


def test_every_folder_with_code_is_a_package_and_says_what_it_holds() -> None:
    folders = {path.parent for path in ROOT.rglob("*.py")}
    for folder in folders:
        assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))), folder


# The tests can fail


def build(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / "copipe" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for folder in path.relative_to(root).parents[:-1]:
            (root / folder / "__init__.py").touch()
    return root / "copipe"


def test_a_circle_inside_functions_is_seen(tmp_path: Path) -> None:
    root = build(
        tmp_path,
        {
            "run.py": "def f():\n    from copipe.study import store\n",
            "study/store.py": "def g():\n    import copipe.run\n",
        },
    )
    found = imports(root)
    assert set(circle(found)) == {"copipe.run", "copipe.study.store"}
    assert upwards(found, "copipe") == ["copipe.study.store imports copipe.run"]


def test_a_circle_of_folders_is_seen_where_no_module_has_one(tmp_path: Path) -> None:
    root = build(
        tmp_path,
        {
            "code/seeds/a.py": "from copipe.code.propose import b",
            "code/propose/b.py": "",
            "code/propose/c.py": "from copipe.code.seeds import d",
            "code/seeds/d.py": "",
        },
    )
    found = imports(root)
    assert circle(found) == []
    assert set(circle(rooms(found, "copipe.code"))) == {"seeds", "propose"}


def test_an_import_for_types_alone_counts(tmp_path: Path) -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from copipe.diarize import units\n"
    root = build(tmp_path, {"transcribe/words.py": text, "diarize/units.py": ""})
    assert upwards(imports(root), "copipe") == ["copipe.transcribe.words imports copipe.diarize.units"]


def test_a_crowd_and_a_shared_prefix_are_seen(tmp_path: Path) -> None:
    many = {f"pipeline/m{n:02}.py": "" for n in range(MOST + 1)}
    alike = {f"cli/codebook_{what}.py": "" for what in ("edit", "view")} | {"cli/codebook.py": ""}
    assert crowded(build(tmp_path, {**many, **alike})) == [
        "cli: codebook, codebook_edit, codebook_view",
        "pipeline: 17 modules",
    ]
