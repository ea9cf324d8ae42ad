"""A store that was moved finds its models again; a version that was not registered to the end gets no alias."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

import omdrisk
from omdrisk.errors import InputError, OmdriskError
from omdrisk.registry import Run, fetch, local_store, promote, register, relocate, revision, track, under
from omdrisk.registry.versions import WHOLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Small


@pytest.fixture
def store(small: Small, tmp_path: Path) -> Path:
    uri = local_store(tmp_path / "here")
    registered = register(track(Run(bundle=small.bundle), tracking_uri=uri), tracking_uri=uri)
    promote(str(registered.version), tracking_uri=uri)
    return tmp_path / "here"


def test_a_moved_store_says_so_and_is_put_right(small: Small, store: Path) -> None:
    there = store.with_name("there, with a space")
    shutil.move(store, there)
    uri = local_store(there)
    with pytest.raises(OmdriskError, match="omdrisk relocate FOLDER"):
        fetch("models:/omdrisk@champion", tracking_uri=uri)
    assert relocate(there) > 3
    assert relocate(there) == 0
    found = omdrisk.read_bundle(fetch("models:/omdrisk@champion", tracking_uri=uri))
    assert found.version == omdrisk.read_bundle(small.bundle).version
    # and it goes on: the next version is kept in the new place
    registered = register(track(Run(bundle=small.bundle), tracking_uri=uri), tracking_uri=uri)
    promote(str(registered.version), tracking_uri=uri)
    assert not store.exists()


def test_what_is_no_store_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no mlflow\.db"):
        relocate(tmp_path)
    (tmp_path / "mlflow.db").write_bytes(b"not a database, and long enough to be looked at" * 30)
    with pytest.raises(InputError, match="holds no mlartifacts"):
        relocate(tmp_path)
    (tmp_path / "mlartifacts").mkdir()
    with pytest.raises(InputError, match="not a store of MLflow 3"):
        relocate(tmp_path)


def test_a_version_that_is_not_whole_gets_no_alias(store: Path) -> None:
    uri = local_store(store)
    with sqlite3.connect(store / "mlflow.db") as database:
        database.execute("DELETE FROM model_version_tags WHERE key = ?", (WHOLE,))
    database.close()
    with pytest.raises(OmdriskError, match="was not registered to the end"):
        promote("1", alias="other", tracking_uri=uri)
    assert under("other", tracking_uri=uri) is None


def test_a_damaged_version_gets_no_alias(store: Path) -> None:
    uri = local_store(store)
    booster = next(store.rglob("heads/drug/booster.txt"))
    booster.write_bytes(booster.read_bytes() + b"\n")
    with pytest.raises(OmdriskError, match=r"booster\.txt: was changed"):
        promote("1", alias="other", tracking_uri=uri)
    assert under("other", tracking_uri=uri) is None


def test_the_revision_of_a_repository(tmp_path: Path) -> None:
    import subprocess

    git = ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert revision(tmp_path) == {}
    (tmp_path / "recipe.toml").write_text("one")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "One"], check=True)
    told = revision(tmp_path)
    assert len(told["mlflow.source.git.commit"]) == 40
    assert told["omdrisk.git_changed"] == "no"
    (tmp_path / "recipe.toml").write_text("two")
    assert revision(tmp_path)["omdrisk.git_changed"] == "yes"
