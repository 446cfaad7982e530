"""What the stages of one run share: the study, its two stores, remembered file digests and what the user asked for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from copipe.errors import InputError
from copipe.records import Codebook, Decision
from copipe.study import decisions
from copipe.study.digests import Memory
from copipe.study.store import Artifact, Store, write_file
from copipe.study.study import Meeting, Study

if TYPE_CHECKING:
    from copipe.anonymise.roster.name_decisions import Decided
    from copipe.anonymise.roster.roster import Roster


@dataclass(eq=False)
class Context:
    """One run over a study. `codebook_file` stands in for the study's own codebook for this run.

    `as_it_stands` takes what was made last for fresh, whatever it was made from: for what must be taken out of it.
    """

    study: Study
    codebook_file: Path | None = None
    formats: frozenset[str] = frozenset()  # what reports are written in beside Markdown: html, docx, txt
    counts: dict[str, Counter[str]] = field(default_factory=dict)  # of words, by digest of anonymised turns
    as_it_stands: bool = False
    keys: dict[tuple[str, str], str] | None = None  # of stages by meeting and name, while nothing can change them
    spoken: dict[str, Artifact | None] = field(default_factory=dict)  # anonymised turns by meeting, for as long
    running: tuple[list[str], Counter[str]] = field(default_factory=lambda: ([], Counter()))  # counts of these digests

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """While this lasts no source, setting or decision changes: keys of stages are worked out once."""
        self.keys = {}
        self.spoken.clear()
        try:
            yield
        finally:
            self.keys = None

    def stirred(self) -> None:
        """Something was made again after all."""
        if self.keys is not None:
            self.keys.clear()
        self.spoken.clear()

    @cached_property
    def private(self) -> Store:
        return Store(self.study.private_work)

    @cached_property
    def public(self) -> Store:
        return Store(self.study.work)

    @cached_property
    def _memory(self) -> Memory:
        return Memory(self.study.private_work / "digests.json")

    def file_digest(self, path: Path) -> str:
        """SHA-256 of a source file. InputError when it is not there or cannot be read."""
        try:
            return self._memory.digest(path)
        except FileNotFoundError:
            raise InputError(
                f"{path} is not there.", "Put the file back or correct its path in meetings.toml."
            ) from None
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.", "Check who may read it.") from None

    @cached_property
    def roster_digest(self) -> str:
        """SHA-256 of what the roster says, not of how the file is laid out."""
        said = [[e.kind, e.form, e.replacement, e.case_sensitive] for e in self.roster.entries]
        return sha256(json.dumps([said, sorted(self.roster.allow)]).encode()).hexdigest()

    @cached_property
    def written_roster(self) -> Roster:
        """private/roster.toml, its people with their numbers. ConfigError with all that is wrong with it, by line."""
        from copipe.anonymise.roster import pseudonyms, roster

        return roster.load(self.study.roster_file, pseudonyms.load(self.study.private / "pseudonyms.json"))

    @cached_property
    def decided(self) -> Decided:
        """What people decided about names that were doubtful."""
        from copipe.anonymise.roster import name_decisions

        return name_decisions.standing(decisions.read(self.study.private_decisions / "replacements.jsonl"))

    @cached_property
    def roster(self) -> Roster:
        """Names and what stands for them: the file, and what was decided to be replaced always."""
        from copipe.anonymise.roster import name_decisions

        return name_decisions.with_decided(self.written_roster, self.decided)

    @cached_property
    def codebook_path(self) -> Path:
        return self.codebook_file or self.study.root / self.study.settings.code.codebook

    @cached_property
    def codebook(self) -> Codebook:
        """The codebook of this run. ConfigError with all that is wrong with it."""
        from copipe.code.codebook import codebook

        return codebook.load(self.codebook_path)

    def private_decisions(self, meeting: Meeting) -> tuple[Decision, ...]:
        """Corrections, speakers and voices that a person decided for a meeting."""
        return decisions.read(self.study.private_decisions / f"{meeting.code}.jsonl")

    def check(self, meeting: Meeting) -> Decision | None:
        """The decision that marked a meeting's transcript as checked, if it stands."""
        made = decisions.read(self.study.decisions / f"{meeting.code}.jsonl")
        checks = decisions.standing(made, "checked")
        words = self.current(self.private, meeting.code, "words")
        if checks and checks[-1].detail and words and words.digest != checks[-1].detail:
            return None  # another transcription stands in the place of the one that was checked
        return checks[-1] if checks else None

    # Which artifact a meeting stands on now: read by whatever may not or need not work out the key.

    def current(self, store: Store, meeting: str, stage: str) -> Artifact | None:
        """The artifact that `stage` made last for a meeting."""
        key = self.pointer(store, meeting).get(stage)
        return store.find(meeting, stage, key) if key else None

    def pointer(self, store: Store, meeting: str) -> dict[str, str]:
        """The key that stands for each stage of a meeting, whether its artifact is there or not."""
        try:
            found = json.loads((store.root / meeting / "current.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def point(self, store: Store, artifact: Artifact) -> None:
        """Make `artifact` the one that stands for its stage."""
        keys = self.pointer(store, artifact.meeting)
        if keys.get(artifact.stage) != artifact.key:
            path = store.root / artifact.meeting / "current.json"
            write_file(path, json.dumps({**keys, artifact.stage: artifact.key}, indent=1, sort_keys=True))
