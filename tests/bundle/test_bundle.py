"""The model on disk: whole, unaltered, without names, without code, and read without LightGBM."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from omdrisk.bundle import read_bundle, save_bundle
from omdrisk.errors import BundleError
from omdrisk.features import FeaturePipeline
from omdrisk.training import train
from omdrisk.training.loop import history_of
from tests.training.world import catalog, recipe, tables

AS_OF = "2023-05-01"


@pytest.fixture(scope="module")
def world():
    return tables(2500, seed=2)


@pytest.fixture(scope="module")
def head(world):
    shipments, outcomes, _ = world
    return train(recipe(), shipments, outcomes, as_of=AS_OF, catalog=catalog())


@pytest.fixture
def folder(head, tmp_path):
    return save_bundle([head], tmp_path / "bundle")


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_head_comes_back_as_it_was(world, head, folder):
    shipments, outcomes, _ = world
    (again,) = read_bundle(folder).heads
    history = history_of(catalog(), shipments, outcomes)
    raws = [
        each.raw(
            FeaturePipeline.from_state(each.pipeline.state(), each.pipeline.catalog_, history).transform(shipments)
        )
        for each in (head, again)
    ]
    np.testing.assert_array_equal(*raws)
    np.testing.assert_array_equal(head.probability(raws[0]), again.probability(raws[0]))
    np.testing.assert_array_equal(head.percentile(raws[0]), again.percentile(raws[0]))
    assert (again.recipe, again.calibration, dict(again.facts)) == (head.recipe, head.calibration, dict(head.facts))
    assert again.features == head.features


def test_saving_what_was_read_gives_the_same_bytes(folder, tmp_path):
    read = read_bundle(folder)
    save_bundle(read.heads, tmp_path / "again")
    assert read_bundle(tmp_path / "again").version == read.version
    for one, two in zip(files(folder), files(tmp_path / "again"), strict=True):
        assert one.read_bytes() == two.read_bytes(), one.name


def test_no_name_and_no_number_of_a_trader_is_inside(world, folder):
    shipments, _, _ = world
    text = b"".join(path.read_bytes() for path in files(folder)).decode("utf-8").casefold()
    for column in ("consignee_name", "consignee_tax_id", "shipment_id"):
        for value in shipments[column].unique():
            assert f'"{value.casefold()}"' not in text
    assert "hidden harbour" not in text
    assert "0100000" not in text


def test_every_file_is_watched(folder):
    for path in files(folder):
        content = bytearray(path.read_bytes())
        kept = bytes(content)
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
        with pytest.raises(BundleError, match=path.name.replace(".", r"\.")):
            read_bundle(folder)
        path.write_bytes(kept)
    assert read_bundle(folder).version


def test_lost_and_added_files_are_named(folder):
    path = folder / "heads" / "drug" / "facts.json"
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(BundleError, match=r"facts\.json: is missing"):
        read_bundle(folder)
    path.write_bytes(content)
    (folder / "heads" / "extra.py").write_text("print()", encoding="utf-8")
    with pytest.raises(BundleError, match=r"extra\.py: was added"):
        read_bundle(folder)


def test_another_format_is_refused(folder):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"format": 99}), encoding="utf-8")
    with pytest.raises(BundleError, match="format 99"):
        read_bundle(folder)


def test_what_is_not_a_bundle_is_not_overwritten(head, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(BundleError, match="is not a bundle"):
        save_bundle([head], tmp_path / "mine")
    with pytest.raises(BundleError, match="one head or more, one per target"):
        save_bundle([head, head], tmp_path / "two")
    with pytest.raises(BundleError, match=r"no bundle here"):
        read_bundle(tmp_path / "nowhere")


def test_reading_loads_no_lightgbm(folder):
    code = (
        "import sys; from omdrisk.bundle import read_bundle; "
        f"heads = read_bundle({str(folder)!r}).heads; "
        "assert not {'lightgbm', 'mlflow', 'shap', 'matplotlib'} & set(sys.modules), 'too much'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
