from pathlib import Path

from copipe.anonymise.leaks.scan import Leak, scan
from copipe.anonymise.roster.roster import Entry, Roster

ROSTER = Roster(
    (
        Entry("people", "Dougal Zebedee", "SN1"),
        Entry("people", "Zebedee", "SN1"),
        Entry("people", "Séamus", "SN1"),
        Entry("people", "Will", "SN2", case_sensitive=True),
        Entry("places", "O'Connor Ward", "[ward 1]"),
    )
)


def put(folder: Path, name: str, data: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def test_clean(tmp_path: Path) -> None:
    put(tmp_path, "a/report.md", "SN1 will zebedeely say [ward 1]\n")
    assert scan(tmp_path, ROSTER) == ()
    assert scan(tmp_path / "not there", ROSTER) == ()


def test_every_line_and_kind(tmp_path: Path) -> None:
    put(tmp_path, "2010-02/report.md", "one\nsaid zebedee's\nand\nWill\nwill\no'connor ward, Zebedee, Zebedee\n")
    assert scan(tmp_path, ROSTER) == (
        Leak("2010-02/report.md", 2, "people"),
        Leak("2010-02/report.md", 4, "people"),
        Leak("2010-02/report.md", 6, "people"),
        Leak("2010-02/report.md", 6, "places"),
    )


def test_names_of_files_and_folders_are_told_without_the_name(tmp_path: Path) -> None:
    put(tmp_path, "Dougal_Zebedee/notes.md", "nothing")
    put(tmp_path, "with%20zebedee.png", b"\x89PNG\0\0")
    found = scan(tmp_path, ROSTER)
    assert found == (
        Leak("SN1", 0, "people"),
        Leak("SN1/notes.md", 0, "people"),
        Leak("with%20SN1.png", 0, "people"),
    )


def test_letters_hidden_by_escapes(tmp_path: Path) -> None:
    put(tmp_path, "a.html", "\n<p>O&#39;Connor&nbsp;Ward S&eacute;amus</p>")
    put(tmp_path, "b.json", '{"text": "S\\u00e9amus"}')
    put(tmp_path, "c.md", "[x](files/O%27Connor%20Ward.md)")
    put(tmp_path, "d.md", "**Dougal** *Zebedee*")
    put(tmp_path, "e.txt", "Zebedee\r\n".encode("utf-16"))
    assert scan(tmp_path, ROSTER) == (
        Leak("a.html", 2, "people"),
        Leak("a.html", 2, "places"),
        Leak("b.json", 1, "people"),
        Leak("c.md", 1, "places"),
        Leak("d.md", 1, "people"),
        Leak("e.txt", 1, "people"),
    )
