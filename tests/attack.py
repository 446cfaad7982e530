"""`make attack`: runs every test that is marked as an attack, and prints how many of each kind were tried and held.

    python -m tests.attack [--write] [arguments of pytest]

With --write the table goes into SECURITY.md. The slow ones (thousands of random files, a thousand kills) run with
`-m attack` instead of the default, which leaves them out.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECURITY = Path(__file__).parents[1] / "SECURITY.md"
BEGIN, END = "<!-- what make attack printed -->\n", "<!-- end of it -->\n"
FAST = "attack and not slow"


@dataclass(eq=False, slots=True)
class Tally:
    """Counts what pytest reports: tests of each kind that were tried, held, and skipped for want of a tool."""

    kinds: dict[str, str] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if mark := item.get_closest_marker("attack"):
                self.kinds[item.nodeid] = str(mark.args[0])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        kind = self.kinds.get(report.nodeid)
        if kind is None:
            return
        if report.skipped:
            self.skipped[kind] += 1
        elif report.when == "call" or report.failed:
            self.tried[kind] += 1
            self.held[kind] += report.passed

    def table(self) -> str:
        """A table in Markdown: kind, tried, held, and a line of sums."""
        rows = [(kind, self.tried[kind], self.held[kind]) for kind in sorted(self.tried)]
        rows.append(("all", self.tried.total(), self.held.total()))
        lines = ["| kind | tried | held |", "| --- | ---: | ---: |", *(f"| {k} | {t:,} | {h:,} |" for k, t, h in rows)]
        return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Run the attacks; the exit code of pytest."""
    write = "--write" in arguments
    given = [argument for argument in arguments if argument != "--write"]
    tally = Tally()
    code = pytest.main(["-q", *(() if "-m" in given else ("-m", FAST)), *given], plugins=[tally])
    print(f"\n{tally.table()}")  # noqa: T201
    if skipped := tally.skipped.total():
        print(f"{skipped} not tried: they need a tool that is not on this machine.")  # noqa: T201
    if write and code == 0:
        put_into(SECURITY, tally.table())
    return int(code)


def put_into(path: Path, table: str) -> None:
    """Replace the table between the two marks of a file."""
    text = path.read_text(encoding="utf-8")
    assert BEGIN in text and END in text, "the place of the table is marked in the file"
    made = re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{table}\n{END}", text, flags=re.DOTALL)
    path.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
