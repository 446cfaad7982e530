#!/usr/bin/env bash
# Makes study-0.1.0.tar.xz: a small invented study as copipe 0.1.0 leaves it. Needs copipe 0.1.0 as the command COPIPE,
# with its default models, and `python` with soundfile and pyannote.audio (for the sample call in its wheel).
set -euo pipefail
study=$1
run() { $COPIPE -s "$study" "$@"; }
$COPIPE init "$study"
cd "$study"
${PYTHON:-python} - <<'PY'
import importlib.util
import re
from pathlib import Path

import soundfile

root = Path(next(iter(importlib.util.find_spec("pyannote.audio").submodule_search_locations)))
samples, rate = soundfile.read(root / "sample" / "sample.wav")
soundfile.write("private/recordings/2016-04.flac", samples[6 * rate : 18 * rate], rate)
settings = Path("copipe.toml")
text = settings.read_text()
text, n = re.subn(r"^(# )?quorum = .*$", "quorum = 2", text, flags=re.M)
assert n == 1
settings.write_text(text)
Path("participants.toml").write_text(
    "".join(
        f'[[participant]]\nrole = "{role}"\ndescription = "{what}"\nconsent = "{consent}"\n\n'
        for role, what, consent in (
            ("SN1", "senior nurse", "full"),
            ("CS", "children's services", "full"),
            ("OT", "therapist", "full"),
            ("VO", "volunteer", "present-only"),
        )
    )
)
Path("meetings.toml").write_text(
    '[[meeting]]\ncode = "2016-02"\ndate = 2016-02-17\nstage = "forming"\npresent = ["SN1", "CS", "OT", "VO"]\n'
    'transcript = "2016-02.txt"\nnotes = "2016-02.txt"\nfield_notes = "2016-02-field.md"\n\n'
    '[[meeting]]\ncode = "2016-03"\ndate = 2016-03-16\nstage = "forming"\npresent = ["SN1", "CS"]\n'
    'transcript = "2016-03.txt"\n\n'
    '[[meeting]]\ncode = "2016-04"\ndate = 2016-04-20\nstage = "operating"\npresent = ["SN1", "CS"]\n'
    'recording = "2016-04.flac"\n'
)
Path("private/roster.toml").write_text(
    '[people]\n"Harriet Ellwood" = "SN1"\n"Hattie" = "SN1"\n"Deborah Finch" = "CS"\n"Deb" = "CS"\n"Thomas Ridley" = "OT"\n'
    '"Tom" = "OT"\n\n[others]\n"Graham Poulter" = "[manager 1]"\n\n[places]\n"Wexcombe" = "[a market town]"\n'
)
Path("private/transcripts/2016-02.txt").write_text(
    "Hattie: The discharge letter for the ward went to the wrong practice again last month.\n"
    "Deb: Who told the family? Nobody at Wexcombe told them, I think.\n"
    "Hattie: Nobody did. Safeguarding only heard of it from the district nurse.\n"
    "VO: I heard it at the lunch club from the family itself.\n"
    "Tom: I was on a ward the other day and an old man told me he had waited three hours for a lift home. In the end the porter "
    "drove him. That taught me to ask about transport first.\n"
    "Deb: Graham Poulter wants a report on it by Friday.\n"
    "Tom: We should write the discharge pathway down together, the leadership of it as well.\n"
    "Hattie: A pathway that everybody can read. I will ask Penhallow about the form.\n"
)
Path("private/transcripts/2016-03.txt").write_text(
    "Deb: The safeguarding referral came back, and Hattie was right about the discharge.\n"
    "Hattie: It took three weeks. Working together would have made it three days.\n"
    "Deb: Then partnership is the word for the report, and trust comes after it.\n"
    "Hattie: Trust came when we had lunch, not when we had a pathway.\n"
)
Path("private/notes/2016-02.txt").write_text(
    "Discharge letter went to the wrong practice.\nWrite the discharge pathway down together.\nParking was discussed.\n"
)
Path("private/field-notes").mkdir(exist_ok=True)
Path("private/field-notes/2016-02-field.md").write_text("The volunteer was quiet. Tom told the story of the porter standing up.\n")
Path("codebooks/codebook.yaml").write_text(
    "name: small\ncodes:\n"
    "  - key: sharing\n    label: Sharing a meaning\n    codes:\n"
    "      - key: discharge\n        label: Discharge procedures\n        definition: Talk of how people leave hospital.\n"
    '        seeds: ["discharge*"]\n'
    "      - key: safeguarding\n        label: Safeguarding\n        seeds: [safeguarding, referral]\n"
    "  - key: together\n    label: Working together\n    definition: People of several services doing something together.\n"
    '    seeds: ["lemma:work together", partnership, together]\n'
)
PY
run run
run roles assign 2016-04 voice1=SN1 voice2=CS --who CS || run roles assign 2016-04 voice1=SN1 --who CS
run correct 2016-03 --out private/edit.txt
sed -i 's/three weeks/four weeks/' private/edit.txt
run correct 2016-03 --in private/edit.txt --who CS --yes
rm private/edit.txt
run run
run check 2016-03 --who CS --yes
printf 'a\nr\na\nq\n' | run review 2016-02 --who CS
printf 'c\nq\n' | run review 2016-02 --stories --who CS
run memos add together --text "Is this one code or two?" --who CS
run anonymise decide Penhallow replace --who CS || run anonymise decide --help
run run
run run
run status
run audit verify
# Packed without what a run makes again: private/work/{.lock,copipe.log,digests.json}.
