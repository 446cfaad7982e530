"""`copipe lock`, `copipe unlock`: the roster and the decisions that hold names, sealed with a passphrase."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from copipe.cli.terminal.session import agree, open_study

SHORTEST = 12  # letters of a passphrase: fewer can be tried out one by one by whoever has the file
HONEST = """\
What this protects: who is who, when somebody else gets at the files. What it does not: private/recordings, the raw
words in private/work, notes and memos, which are not sealed; keep the whole disk encrypted. Older plain copies may
remain: in backups, in version control, in the editor's own folder, and in blocks of a solid-state disk that overwriting
misses."""


def lock(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Seal the roster and decisions with a passphrase.

    The roster, the pseudonyms, and decisions that hold names are sealed. `copipe unlock` opens them again.

    They are kept as *.locked files (AES-256, the key made by scrypt). `copipe run` and the others then ask for the
    passphrase, or take it from COPIPE_PASSPHRASE, and read the files in memory only. A forgotten passphrase cannot
    be replaced: nobody can open the files again, so keep it with the study's consent forms.

    It does not seal recordings, raw words, notes and memos: encrypt the disk for that. Plain copies may remain on
    solid-state disks and in backups.

    Example:

      copipe lock
    """
    from copipe.cli.terminal.display import say
    from copipe.run import lock as hold
    from copipe.study import vault

    study = open_study()
    here = vault.is_locked(study.private)
    if here:
        say("The study is locked. Files that are still plain are sealed with the same passphrase.")
    else:
        say("This seals private/roster.toml, private/pseudonyms.json and private/decisions/.")
    if not agree("Seal them?", yes):
        say("Nothing was changed.")
        return
    passphrase = _new_passphrase(twice=not here)
    with hold(study):
        sealed = vault.lock(study.private, passphrase)
    say(f"{len(sealed)} files sealed. `copipe unlock` opens them.")
    for path in vault.copies(study.private):
        say(f"{path} looks like a copy and is not sealed.", "yellow")
    say(HONEST)


def unlock() -> None:
    """Open what `copipe lock` sealed.

    Example:

      copipe unlock
    """
    from copipe.cli.terminal.display import say
    from copipe.cli.terminal.session import ask_passphrase
    from copipe.run import lock as hold
    from copipe.study import vault

    study = open_study()
    if not vault.is_locked(study.private):
        say("Nothing is locked.")
        return
    passphrase = os.environ.get("COPIPE_PASSPHRASE", "") or ask_passphrase()
    with hold(study):
        opened = vault.unlock(study.private, passphrase)
    say(f"{len(opened)} files opened. Seal them again when you have finished: `copipe lock`.")


def _new_passphrase(twice: bool) -> str:
    """A passphrase from COPIPE_PASSPHRASE or typed, twice where it is new. UsageError for one that is no use."""
    from copipe.cli.terminal.session import ask_passphrase
    from copipe.errors import UsageError

    said = os.environ.get("COPIPE_PASSPHRASE", "")
    if not said:
        said = ask_passphrase()
        if twice and said != ask_passphrase("Once more: "):
            raise UsageError("The two passphrases differ.", "Nothing was sealed. Try again.")
    if twice and len(said) < SHORTEST:
        raise UsageError(
            f"A passphrase of fewer than {SHORTEST} characters can be guessed.",
            "Use four or five unrelated words. Nothing was sealed.",
        )
    return said
