"""YAML within bounds: see `copipe.texts`. What only reads settings need not load PyYAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from copipe import texts
from copipe.errors import InputError


class YamlLoader(yaml.BaseLoader):
    """All scalars are text; nothing is built but lists and mappings, and those no deeper than `texts.DEEPEST`."""

    depth = 0
    where: Path | str = "YAML"

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > texts.DEEPEST:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise texts.too_deep(self.where, event.start_mark.line + 1)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def compose_yaml(text: str, where: Path | str) -> yaml.Node | None:
    """The nodes of a YAML document. InputError for what is out of bounds, yaml.YAMLError for what is no YAML."""
    loader = _loader(text, where)
    try:
        root: yaml.Node | None = loader.get_single_node()
        _bounded_aliases(root, where, may_turn=True)
        return root
    finally:
        loader.dispose()


def from_yaml(text: str, where: Path | str) -> Any:
    """What YAML says, all scalars as text. InputError and yaml.YAMLError as of `compose_yaml`."""
    loader = _loader(text, where)
    try:
        root = loader.get_single_node()
        _bounded_aliases(root, where)
        return loader.construct_document(root) if root is not None else None
    finally:
        loader.dispose()


def _loader(text: str, where: Path | str) -> YamlLoader:
    if len(text) > texts.LARGEST_YAML:
        raise texts.too_large(where, len(text.encode()), texts.LARGEST_YAML)
    texts.bounded_lines(text, where, texts.LONGEST_LINE_OF_SETTINGS)
    loader = YamlLoader(text)
    loader.where = where
    return loader


def _bounded_aliases(root: yaml.Node | None, where: Path | str, may_turn: bool = False) -> None:
    """InputError where aliases make a document hold itself (unless it `may_turn`), or stand for too much."""
    sizes: dict[int, int] = {}  # of nodes that are counted; 0 while what is in one is being counted
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting[-1]
        within = _within(node)
        if id(node) not in sizes:
            sizes[id(node)] = 0
            for inner in within:
                if sizes.get(id(inner)) == 0 and not may_turn:
                    raise _aliases(inner, where, "an alias stands within what it stands for")
            waiting += [inner for inner in within if id(inner) not in sizes]
            continue
        waiting.pop()
        sizes[id(node)] = sizes[id(node)] or 1 + sum(sizes[id(inner)] for inner in within)
        if sizes[id(node)] > texts.MOST_VALUES:
            raise _aliases(node, where, f"aliases stand for more than {texts.MOST_VALUES:,} values")


def _within(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _aliases(node: yaml.Node, where: Path | str, what: str) -> InputError:
    line = node.start_mark.line + 1
    return InputError(f"{where}, line {line}: {what}.", "Write out what the alias (*name) stands for.")
