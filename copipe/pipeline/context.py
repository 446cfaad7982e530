"""What all that works on a study shares: the study, its stores, and what is read of it once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from copipe.errors import InputError
from copipe.files import write_file
from copipe.records import Codebook, Decision
from copipe.study import audit, decisions
from copipe.study.digests import Memory
from copipe.study.store import Artifact, Store
from copipe.study.study import Meeting, Study
from copipe.study.witness import Witness
from copipe.texts import from_json

if TYPE_CHECKING:
    from copipe.anonymise.roster.name_decisions import Decided
    from copipe.anonymise.roster.roster import Roster

T = TypeVar("T")
_KEY = re.compile(r"[\w-]+")


@dataclass(frozen=True, eq=False)
class Context:
    """A study that is open for a command: its two stores, and what is read of it once.

    `codebook_file` stands in for the study's own codebook. With `stale_too` the last result of every stage counts, also
    where it is stale: for what has to be taken out of it.
    """

    study: Study
    codebook_file: Path | None = None
    formats: frozenset[str] = frozenset()  # what reports are written in beside Markdown: html, docx, txt
    stale_too: bool = False
    _kept: dict[object, object] = field(default_factory=dict, repr=False)

    def snapshot(self) -> Snapshot:
        """The study for as long as nobody changes it: what depends on sources and decisions is worked out once."""
        return Snapshot(self.study, self.codebook_file, self.formats, self.stale_too, self._kept)

    def keep(self, name: object, make: Callable[[], T]) -> T:
        """What `make` gives, made once for this context and its snapshots."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]  # type: ignore[return-value]

    def unchanging(self, name: object, make: Callable[[], T]) -> T:
        """What `make` gives; a snapshot makes it once."""
        return make()

    @property
    def private(self) -> Store:
        return Store(self.study.private_work)

    @property
    def public(self) -> Store:
        return Store(self.study.work, self.keep("witness", lambda: Witness(self.study.root / "audit.jsonl")))

    def trust_confirmed(self) -> None:
        """Go only by those entries of the trail that the copy in private/ confirms. Call it before anything is made."""
        trail = self.study.root / "audit.jsonl"
        known = audit.confirmed(trail) if self.study.private.is_dir() else None
        self._kept["witness"] = Witness(trail, known)

    def file_digest(self, path: Path) -> str:
        """SHA-256 of a source file. InputError when it is not there or cannot be read."""
        memory = self.keep("digests", lambda: Memory(self.study.private_work / "digests.json"))
        try:
            return memory.digest(path)
        except FileNotFoundError:
            raise InputError(
                f"{path} is not there.", "Put the file back or correct its path in meetings.toml."
            ) from None
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}.", "Check who may read it.") from None

    @property
    def roster_digest(self) -> str:
        """SHA-256 of what the roster says, not of how the file is laid out."""
        return self.keep("roster digest", self._roster_digest)

    def _roster_digest(self) -> str:
        said = [[e.kind, e.form, e.replacement, e.case_sensitive] for e in self.roster.entries]
        return sha256(json.dumps([said, sorted(self.roster.allow)]).encode()).hexdigest()

    @property
    def written_roster(self) -> Roster:
        """private/roster.toml, its people with their numbers. ConfigError with all that is wrong with it, by line."""
        from copipe.anonymise.roster import pseudonyms, roster

        def load() -> Roster:
            given = pseudonyms.load(self.study.private / "pseudonyms.json")
            return roster.load(self.study.roster_file, given, self.study.codes)

        return self.keep("written roster", load)

    @property
    def decided(self) -> Decided:
        """What people decided about names that were doubtful."""
        from copipe.anonymise.roster import name_decisions

        path = self.study.private_decisions / "replacements.jsonl"
        return self.keep("decided", lambda: name_decisions.standing(decisions.read(path)))

    @property
    def roster(self) -> Roster:
        """Names and what stands for them: the file, and what was decided to be replaced always."""
        from copipe.anonymise.roster import name_decisions

        return self.keep("roster", lambda: name_decisions.with_decided(self.written_roster, self.decided))

    @property
    def codebook_path(self) -> Path:
        return self.codebook_file or self.study.root / self.study.settings.code.codebook

    @property
    def codebook(self) -> Codebook:
        """The codebook of this run. ConfigError with all that is wrong with it."""
        from copipe.code.codebook import codebook

        return self.keep("codebook", lambda: codebook.load(self.codebook_path))

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
            found = from_json((store.root / meeting / "current.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        named = found if isinstance(found, dict) else {}
        return {stage: key for stage, key in named.items() if _KEY.fullmatch(str(key))}  # no path to somewhere else

    def point(self, store: Store, artifact: Artifact) -> None:
        """Make `artifact` the one that stands for its stage."""
        keys = self.pointer(store, artifact.meeting)
        if keys.get(artifact.stage) != artifact.key:
            path = store.root / artifact.meeting / "current.json"
            write_file(path, json.dumps({**keys, artifact.stage: artifact.key}, indent=1, sort_keys=True))


@dataclass(frozen=True, eq=False)
class Snapshot(Context):
    """A context while no source, setting or decision changes; `Context.snapshot` takes one.

    Take another when something has been made again: all that this one worked out goes with it.
    """

    _worked_out: dict[object, object] = field(default_factory=dict, repr=False)

    def unchanging(self, name: object, make: Callable[[], T]) -> T:
        if name not in self._worked_out:
            self._worked_out[name] = make()
        return self._worked_out[name]  # type: ignore[return-value]
