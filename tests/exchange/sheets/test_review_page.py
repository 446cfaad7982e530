"""The review page in a real browser, where there is one."""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from copipe.exchange.sheets import candidates, review_page
from copipe.exchange.sheets.candidates import SheetRow, make_id
from tests.exchange.sheets import chromium

CODES = [("trust", "Trust"), ("risk", "Risk"), ("net", "Networks")]
NASTY = '</script><script>document.title="owned"</script> & <b>bold</b> \u2028 {{data}}'


def rows() -> list[SheetRow]:
    said = [
        ("trust", "SN1", "We trust each other."), ("trust", "SN1, CS", NASTY),
        ("risk", "CS", "The risk register."), ("net", "OT", "=SUM(A1) network"),
    ]  # fmt: skip
    return [
        SheetRow(
            make_id("2010-02", f"2010-02:{n:06d}", f"2010-02:{n:06d}", code, "s1"),
            f"2010-02 p. 1, l. {n}", role, text, code, f"What {code} is", f"seed {code}*", label=code.title(),
            before="before", after="after", meeting="2010-02",
        )
        for n, (code, role, text) in enumerate(said, 1)
    ]  # fmt: skip


def test_the_page_holds_all_it_needs_and_nothing_from_elsewhere(tmp_path: Path) -> None:
    text = review_page.page(rows(), CODES, "A <study>")
    assert not re.search(r"<[^>]*\b(src|href)=|@import|url\(|https?://", text)
    assert "default-src 'none'" in text
    assert "<title>Review: A &lt;study&gt;</title>" in text
    assert text.count("</script>") == 2
    data = text.partition('id="data">')[2].partition("</script>")[0]
    assert json.loads(data)["rows"][1]["passage"] == NASTY


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Page]:
    if chromium.found() is None:
        pytest.skip("no Chromium here")
    with chromium.browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def saved(folder: Path, suffix: str) -> Path:
    until = time.monotonic() + 20
    while not (found := list(folder.glob(f"*{suffix}"))):
        assert time.monotonic() < until, "nothing was saved"
        time.sleep(0.05)
    return found[0]


def choose(page: chromium.Page, selector: str, value: str) -> None:
    page.run(
        f"(() => {{ const e = document.querySelector({selector!r}); e.value = {value!r};"
        "e.dispatchEvent(new Event('change')); })()"
    )


def test_deciding_in_a_browser(page: chromium.Page, tmp_path: Path) -> None:
    path = tmp_path / "review.html"
    review_page.write(path, rows(), CODES, "A study")
    page.downloads_to(tmp_path)
    page.open(path)
    assert page.text("#progress") == "0 of 4 with a verdict"
    assert page.text("#passage") == "We trust each other."
    page.press("a")
    assert page.text("#passage") == NASTY
    assert page.run("document.title") == "Review: A study"
    page.press("r", "a", "u")  # the third is taken back
    assert page.text("#at") == "3 of 4"
    choose(page, "#recode", "net")
    page.press("m")
    page.type("=a memo, typed")
    page.press("Escape", "j")
    assert page.text("#progress") == "3 of 4 with a verdict, not saved"
    page.open(path)  # closed and opened again: the browser kept it
    assert page.text("#progress") == "3 of 4 with a verdict, not saved"
    page.press("s")
    read = candidates.read(saved(tmp_path, ".json"))
    given = {row.id: (row.verdict, row.recode_to, row.memo) for row in read}
    ids = [row.id for row in rows()]
    assert given == {
        ids[0]: ("accept", "", ""),
        ids[1]: ("reject", "", ""),
        ids[2]: ("recode", "net", ""),
        ids[3]: ("", "", "=a memo, typed"),
    }
    page.wait("!document.querySelector('#progress').textContent.includes('not saved')")
    page.run("document.querySelector('#save-csv').click()")
    as_csv = candidates.read(saved(tmp_path, ".csv"))
    assert {row.id: (row.verdict, row.recode_to, row.memo) for row in as_csv} == given
    assert all(url.startswith(("file:", "blob:")) for url in page.requests)


def test_filters_and_keys(page: chromium.Page, tmp_path: Path) -> None:
    path = tmp_path / "other.html"
    review_page.write(path, rows()[::-1], CODES, "A study")
    page.open(path)
    listed = "document.querySelectorAll('#list button').length"
    choose(page, "#by-code", "trust")
    assert page.run(listed) == 2
    choose(page, "#by-role", "CS")
    assert page.run(listed) == 1
    choose(page, "#by-code", "")
    assert page.run(listed) == 2
    choose(page, "#by-role", "")
    page.press("k", "k", "k", "n")
    assert page.text("#code") == "Risk (risk)"
    page.press("/")
    page.type("network")
    assert page.run(listed) == 1
    page.press("Escape")
    page.press("a")
    choose(page, "#by-state", "open")
    assert page.text("#empty") == "No passage fits what is chosen above."
    assert page.run("document.querySelector('#empty').hidden") is False


def test_the_page_may_connect_to_nothing(page: chromium.Page, tmp_path: Path) -> None:
    path = tmp_path / "third.html"
    review_page.write(path, rows(), CODES, "A study")
    page.open(path)
    tried = "fetch('data:text/plain,x').then(() => 'connected', () => 'refused')"
    assert page.run(tried) == "refused"


def test_the_policy_names_the_one_script_that_may_run(tmp_path: Path) -> None:
    made = review_page.page((), (), "</script><script>alert(1)</script>")
    policy = re.search(r"script-src '([^']*)'", made)
    script = re.findall(r"<script>(.*?)</script>", made, re.S)[-1]
    assert policy
    assert policy[1] == "sha256-" + b64encode(sha256(script.encode()).digest()).decode()
    assert "<script>alert" not in made
