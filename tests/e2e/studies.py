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
