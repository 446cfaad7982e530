"""A template of somebody else's can do no harm: it gets data, reads no file, ends, and makes nothing huge."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from copipe.errors import ConfigError
from copipe.report.templates import fill as filling
from copipe.report.templates.fill import fill
from copipe.report.templates.plain import Record, plain
from copipe.report.view import MeetingView, StudyView
from tests.report.conftest import make_view
from tests.report.test_reports import full

pytestmark = pytest.mark.attack("templates")

SECRET = "Bernadette Quill"

READING = [
    "{{ view.templates.joinpath('..', 'private', 'roster.toml').read_text() }}",
    "{{ (view.meeting.transcript ~ '').open().read() }}",
    "{{ view.meeting.recording.parent }}",
    "{{ view.__class__ }}",
    "{{ view._Record__of }}",
    "{{ view|attr('_Record__of') }}",
    "{{ view['_Record__of'] }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ room.__globals__ }}",
    "{{ range.__self__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}",
    "{{ '{0.__class__}'.format(view) }}",
    "{{ '{0._Record__of}'.format_map({'0': view}) }}",
    "{{ '%(x)s' | format(x=view) }}",
    "{{ view.turns | map('attr', '__class__') | list }}",
    "{{ [view] | sum(attribute='__class__') }}",
    "{% include '../private/roster.toml' %}",
    "{% include '/etc/passwd' %}",
    "{% include 'link.j2' %}",
    "{% import 'os' as os %}{{ os }}",
    "{% extends '../../private/roster.toml' %}",
    "{{ view.pages.save('x') }}",
    "{{ view.codebook.code('x') }}",
    "{{ view.turns.append(1) }}",
    "{{ figures.shares.svg() }}",
    "{{ view.meeting.field_notes.write_text('x') }}",
]
ENDLESS = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% macro a(n) %}{% if n %}{{ a(n - 1) }}{{ a(n - 1) }}{% endif %}{% endmacro %}{{ a(60) }}",
    "{{ range(999999999) | list }}",
    "{% include 'meeting.md.j2' %}",
]
HUGE = [
    "{{ 'x' * 10 ** 9 }}",
    "{{ 'x' * 1000000000 }}",
    "{{ 1000000000 * 'x' }}",
    "{{ [1] * 1000000000 }}",
    "{{ 2 ** 2 ** 40 }}",
    "{{ 'x' | center(1000000000) }}",
    "{{ 'x'.ljust(1000000000) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%1000000000d' | format(1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'x' | indent(1000000000) }}",
    "{% set n = namespace(x='xxxx') %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "{% for i in range(90000) %}{{ 'x' * 60000 }}{% endfor %}",
    "{{ 'x' | replace('', 'y' * 60000) | replace('y', 'y' * 60000) | replace('y', 'y' * 60000) }}",
]


def seen() -> MeetingView:
    return full(partial(make_view, "2010-02", "2010-02-17", "operating"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study's templates beside its private folder."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "roster.toml").write_text(f'name = "{SECRET}"\n')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "link.j2").symlink_to(tmp_path / "private" / "roster.toml")
    return tmp_path / "templates"


def made(folder: Path, text: str) -> str:
    (folder / "meeting.md.j2").write_text(f"one\ntwo\n{text}\n")
    return fill("meeting.md.j2", folder, view=seen(), figures={})


@pytest.mark.parametrize("text", READING)
def test_nothing_beyond_the_data_can_be_reached(folder: Path, text: str) -> None:
    before = set(folder.parent.rglob("*"))
    with pytest.raises(ConfigError) as refused:
        pytest.fail(f"it said {made(folder, text)!r}")
    assert str(folder / "meeting.md.j2") in refused.value.message
    assert "line 3" in refused.value.message or "include" in text or "extends" in text or "import" in text
    assert SECRET not in refused.value.message
    assert set(folder.parent.rglob("*")) - before == {folder / "meeting.md.j2"}


@pytest.mark.parametrize("text", ENDLESS)
def test_what_does_not_end_is_stopped_where_it_is(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "LONGEST", 1.0)
    began = time.monotonic()
    with pytest.raises(ConfigError, match=r"meeting.md.j2, line 3: "):
        made(folder, text)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("text", HUGE)
def test_what_grows_beyond_bounds_is_stopped_where_it_is(folder: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"meeting.md.j2"):
        made(folder, text)


def test_a_hidden_attribute_is_none_at_all(folder: Path) -> None:
    said = made(folder, "{{ view.turns | map(attribute='_Record__of') | list }}")
    assert set(said.split("[")[1].strip("]\n").split(", ")) == {"Undefined"}


def test_what_researchers_write_still_works(folder: Path) -> None:
    text = (
        "{{ view.title | md }} {{ view.meeting.code }} {{ '%.1f' | format(1.25) }} {{ 'x' * 3 }} {{ 7 % 4 }} {{ 6 }} "
        "{{ 'made' if view.checked else 'unchecked' }} {{ view.turns | length }} {{ view.provenance.items() | list }} "
        "{% for turn in view.turns[:1] %}{{ turn.role.lower() }}{% endfor %} {{ 'a' | center(5) | trim }} "
        "{{ room('x')[:4] }}"
    )
    said = made(folder, text)
    assert "1.2" in said and "xxx 3 6" in said and "<!--" in said


def test_copipes_own_templates_are_given_the_same_data(folder: Path) -> None:
    from copipe.report import meeting
    from copipe.report.templates import own

    (folder / "meeting.md.j2").write_text(own.text("meeting.md.j2"))
    assert meeting.render(replace(seen(), templates=folder)) == meeting.render(seen())


# Plain data


ALLOWED = (type(None), bool, int, float, str)


def walk(value: Any, seen: set[int], place: str = "view") -> int:
    """How many values can be reached from one; fails on any of another type."""
    if type(value) in ALLOWED:
        return 1
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if type(value) is dict:
        assert all(type(key) in ALLOWED for key in value), place
        return 1 + sum(walk(item, seen, f"{place}[{key!r}]") for key, item in value.items())
    if type(value) is tuple:
        return 1 + sum(walk(item, seen, f"{place}[{n}]") for n, item in enumerate(value))
    assert type(value) is Record, f"{place} is a {type(value).__name__}"
    public = [name for name in dir(value) if not name.startswith("_")]
    assert public, place
    return 1 + sum(walk(getattr(value, name), seen, f"{place}.{name}") for name in public)


def test_every_value_that_a_template_can_reach_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that copipe gives to its templates, for a full meeting and a full study, followed to its ends."""
    from copipe.report import html, meeting, synthesis, transcript

    given: list[tuple[str, dict[str, Any]]] = []
    real = filling._environment

    class Watched:
        def __init__(self, folder: Path | None) -> None:
            self.real = real(folder)

        def get_template(self, name: str) -> Any:
            template = self.real.get_template(name)

            class Template:
                @staticmethod
                def generate(**data: Any) -> Any:
                    given.append((name, data))
                    return template.generate(**data)

            return Template

    monkeypatch.setattr(filling, "_environment", Watched)
    view = seen()
    study = StudyView("A study", view.codebook, (view,), 3)
    text = meeting.render(view)
    transcript.render(view)
    html.transcript(view)
    html.report(text, "x", (), None)
    synthesis.render(study)
    assert {name for name, _ in given} == {
        "meeting.md.j2", "transcript.md.j2", "transcript.html.j2", "style.css.j2", "report.html.j2", "synthesis.md.j2",
    }  # fmt: skip
    reached = sum(walk(value, set(), f"{name}: {key}") for name, data in given for key, value in data.items())
    assert reached > 500


@dataclass(frozen=True)
class Leaky:
    path: Path
    _inner: object = None

    @property
    def double(self) -> str:
        return "twice"

    def read(self) -> str:
        return self.path.read_text()


def test_a_record_shows_fields_and_properties_alone() -> None:
    shown: Any = plain(Leaky(Path("/private/x"), object()))
    assert dir(shown) == ["double", "path"]
    assert shown.path is True
    assert shown.double == "twice"
    for name in ("read", "_inner", "__dict__", "__wrapped__"):
        with pytest.raises(AttributeError):
            getattr(shown, name)
    assert str(shown) == repr(shown) == "(Leaky)"


@pytest.mark.parametrize("value", [open, lambda: 1, object(), b"x", iter(()), Leaky, Path.read_text])
def test_what_is_no_data_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no data"):
        plain([value])
