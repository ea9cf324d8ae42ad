"""The probes of a bundle: what they hold, and that a forest which fails them is not used."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from omdrisk.bundle import read_bundle, save_bundle
from omdrisk.training.probes import PROBED, Probes
from tests.scoring.tiny import tiny
from tests.trees.grown import Grower

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bundle(tiny().heads, tmp_path_factory.mktemp("probed") / "bundle")


def test_probes_are_kept_and_agree(folder: Path) -> None:
    for head in read_bundle(folder).heads:
        assert head.probes is not None
        assert head.probes.rows.shape == (PROBED, len(head.features))
        assert head.forest is not None
        assert head._explained is head.forest


def test_a_forest_that_fails_its_probes_is_left_for_lightgbm(folder: Path) -> None:
    head = read_bundle(folder).heads[0]
    rows = np.asarray(head.pipeline.transform(tiny().incoming))
    assert head.probes is not None
    other = replace(head, probes=replace(head.probes, raw=np.nextafter(head.probes.raw, np.inf)))
    assert other.forest is None
    np.testing.assert_array_equal(other.raw(rows), head.raw(rows))
    unexplained = replace(head, probes=replace(head.probes, contributions=head.probes.contributions + 0.1))
    assert unexplained.forest is not None
    assert unexplained._explained is None
    np.testing.assert_allclose(unexplained.contributions(rows), head.contributions(rows), rtol=0, atol=1e-12)


def test_a_bundle_of_before_has_none_and_is_read(folder: Path, tmp_path: Path) -> None:
    head = read_bundle(folder).heads[0]
    before = replace(head, probes=None)
    assert before.forest is not None
    again = save_bundle([before], tmp_path / "bundle")
    manifest = json.loads((again / "manifest.json").read_text(encoding="utf-8"))
    assert f"heads/{head.target}/probes.json" in manifest["files"]


@pytest.mark.parametrize("sizes", [(), (40, 70)])
def test_probes_come_back_as_they_were(sizes: tuple[int, ...]) -> None:
    text = Grower(sizes=sizes).text(np.random.default_rng(3), [31, 1, 90])
    probes = Probes.of(text)
    assert probes is not None
    again = Probes.from_dict(json.loads(json.dumps(probes.to_dict(), allow_nan=False)))
    for name in ("rows", "raw", "contributions"):
        np.testing.assert_array_equal(getattr(again, name), getattr(probes, name))


def test_what_lightgbm_computes_anyhow_needs_none() -> None:
    assert Probes.of(Grower(zero_as_missing=True).text(np.random.default_rng(3), [9])) is None
