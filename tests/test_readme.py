"""The README's tours do what they say, and its words are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import omdrisk
from omdrisk.cli import main
from omdrisk.features import Catalog, history_keys, history_values
from omdrisk.resources import definitions

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOURS = dict(re.findall(r"<!-- tour: (\w+) -->\n```python\n(.*?)```", README, flags=re.DOTALL))


@pytest.fixture(scope="module")
def after_science(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """The folder and names that the data scientist's tour leaves behind."""
    folder = tmp_path_factory.mktemp("tour")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("OMDRISK_SECRET", "the secret of the agency in the tour")
        (folder / "models").symlink_to(definitions("models"), target_is_directory=True)
        names: dict[str, object] = {}
        exec(compile(TOURS["science"], "README.md (science)", "exec"), names)
        world, outcomes = names["world"], names["outcomes"]
        catalog = Catalog.read()
        store = omdrisk.History.create("history", keys=history_keys(catalog), values=history_values(catalog))
        incoming = world.shipments["filed_at"] >= "2023-09-01"
        store.observe(world.shipments[~incoming])
        store.record(outcomes)
        world.shipments[incoming].to_csv("incoming.csv", index=False)
        (folder / "in").mkdir()
        world.shipments[incoming].head(200).to_csv("in/monday.csv", index=False)
        world.inspections[world.inspections["known_at"] >= "2023-09-01"].to_csv("results.csv", index=False)
    return folder, names


def test_the_data_scientist_s_tour(after_science: tuple[Path, dict[str, object]]) -> None:
    folder, names = after_science
    assert (folder / "bundle" / "manifest.json").is_file()
    assert {"V"} <= set(names["result"].table["phase"])


def test_the_targeting_unit_s_tour(
    after_science: tuple[Path, dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = after_science
    monkeypatch.chdir(folder)
    monkeypatch.setenv("OMDRISK_SECRET", "the secret of the agency in the tour")
    names: dict[str, object] = {}
    exec(compile(TOURS["unit"], "README.md (unit)", "exec"), names)
    assert len(names["scores"]) == len(names["manifest"])
    assert len(names["todo"]) == 40
    assert (names["todo"]["selected_by"] == "random").sum() == 4
    assert names["why"]["text"].str.len().gt(0).all()
    for line in re.findall(r"^    omdrisk (.*)$", README, flags=re.MULTILINE):
        with pytest.raises(SystemExit) as stopped:
            main(line.split())
        assert not stopped.value.code, line
    assert (folder / "worklist.html").stat().st_size > 10_000
    assert list((folder / "out").rglob("*.csv"))


def test_every_tour_is_run() -> None:
    assert set(TOURS) == {"unit", "science"}
