"""What the studies of the end-to-end tests are made of."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

Copipe = Callable[..., "subprocess.CompletedProcess[str]"]

MEETING_ONE = """\
MAGS: I was on a ward the other day and the discharge letter had gone to the wrong practice.
Deb: So who told the family? Nobody at Marlbury General told them, I think.
MAGS: Nobody did. Safeguarding only heard of it from the district nurse.
Tom: We should write the pathway down together, the leadership of it as well.
"""
MEETING_TWO = """\
Deb: The safeguarding referral came back, and Mags was right about the discharge.
Tom: Partnership working is what it is called, and it works when people talk to one another.
"""
CODEBOOK = """\
name: small
codes:
  - key: sharing
    label: Sharing a meaning
    codes:
      - key: discharge
        label: Discharge procedures
        definition: Talk of how people leave hospital.
        seeds: ["discharge*"]
      - key: safeguarding
        label: Safeguarding
        seeds: [safeguarding]
"""


def set_key(study: Path, key: str, value: str) -> None:
    """Set a key of the study's copipe.toml as a researcher does: take the "#" away and write a value."""
    path = study / "copipe.toml"
    text, n = re.subn(rf"^(# )?{key} = .*$", f"{key} = {value}", path.read_text(), count=1, flags=re.M)
    assert n == 1, key
    path.write_text(text)


def write_text_study(root: Path) -> None:
    """Fill an empty study: two imported transcripts, one unrecorded meeting below quorum, and a roster."""
    set_key(root, "quorum", "3")
    without_models(root)
    (root / "participants.toml").write_text(
        "".join(
            f'[[participant]]\nrole = "{role}"\ndescription = "{what}"\nconsent = "full"\n\n'
            for role, what in (("SN1", "senior nurse"), ("CS", "children's services"), ("OT", "therapist"))
        )
    )
    (root / "meetings.toml").write_text(
        '[[meeting]]\ncode = "2010-02"\ndate = 2010-02-17\nstage = "operating"\npresent = ["SN1", "CS", "OT"]\n'
        'transcript = "2010-02.txt"\nnotes = "2010-02.txt"\n\n'
        '[[meeting]]\ncode = "2010-03"\ndate = "2010-03"\nstage = "operating"\npresent = ["SN1", "CS"]\n'
        'in_part = ["OT"]\n'
        'transcript = "2010-03.txt"\n\n'
        '[[meeting]]\ncode = "2010-04"\ndate = "2010-04"\nstage = "operating"\npresent = ["CS"]\n'
        'recording = "not recorded"\nnotes = "2010-04.txt"\n'
    )
    private = root / "private"
    (private / "transcripts" / "2010-02.txt").write_text(MEETING_ONE)
    (private / "transcripts" / "2010-03.txt").write_text(MEETING_TWO)
    (private / "notes" / "2010-02.txt").write_text("Discharge letters go astray (Mags)\nPathway to be written\n")
    (private / "notes" / "2010-04.txt").write_text("Only Deb came. Marlbury General was on the agenda.\n")
    (private / "roster.toml").write_text(
        '[people]\n"Margaret Hollis" = "SN1"\n"Margaret" = "SN1"\n"Mags" = "SN1"\n'
        '"Deborah Finch" = "CS"\n"Deb" = "CS"\n"Tom" = "OT"\n\n'
        '[organisations]\n"Marlbury General" = "[a southern hospital]"\n'
    )
    (root / "codebooks" / "codebook.yaml").write_text(CODEBOOK)


def without_models(study: Path) -> None:
    """Replace by the roster and code by seeds alone: most tests need no more, and the models take seconds to load."""
    set_key(study, "meaning", "false")
    set_key(study, "learn", "false")
    set_key(study, "recognise", "false")
