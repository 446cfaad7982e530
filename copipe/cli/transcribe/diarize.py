"""`copipe diarize`: who spoke when."""

from __future__ import annotations

from copipe.cli.terminal.stages import Again, Meetings, run_stages


def diarize(meetings: Meetings = None, again: Again = False) -> None:
    """Find out who spoke when in the recordings.

    The number of speakers comes from who attended (meetings.toml). `copipe roles assign` then says who each voice is.

    Example:

      copipe diarize 2010-02
    """
    run_stages(meetings, ("speakers",), again=again)
