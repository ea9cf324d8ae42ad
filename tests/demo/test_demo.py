"""The demonstration leaves what it says, and judges by the truth and by nothing that a model could have seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from omdrisk.demo import against_truth, walk
from omdrisk.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def test_against_truth_counts_as_a_person_would() -> None:
    rng = np.random.default_rng(2)
    truth = (rng.random(2000) < 0.02).astype(float)
    score, rule = truth + rng.normal(size=2000), 0.3 * truth + rng.normal(size=2000)
    table = against_truth(truth, score, rule, np.arange(2000) % 50, resamples=60).set_index("capacity")
    listed = np.argsort(-score)[:40]
    assert table.loc[0.02, "hit_rate"] == pytest.approx(truth[listed].mean())
    assert table.loc[0.02, "recall"] == pytest.approx(truth[listed].sum() / truth.sum())
    assert table.loc[0.02, "lift"] == pytest.approx(truth[listed].mean() / truth.mean())
    assert table.loc[0.02, "best_hit_rate"] == pytest.approx(min(1.0, truth.sum() / 40))
    by_rule = truth[np.argsort(-rule)[:40]].sum()
    assert table.loc[0.02, "lift_over_rule"] == pytest.approx(truth[listed].sum() / by_rule)
    assert (table["hit_rate_low"] <= table["hit_rate"]).all()
    assert (table["hit_rate"] <= table["hit_rate_high"]).all()


def test_the_walk_leaves_what_it_says(tmp_path: Path) -> None:
    said: list[str] = []
    done = walk(tmp_path / "demo", shipments=9_000, seed=3, step=said.append)
    assert len(said) > 8
    assert all(path.exists() for path in done.files.values())
    assert done.counts["shipments"]["accepted"] == 9_000
    assert set(done.tables) == {"drug", "wildlife"}
    assert done.reasons["vi"]["text"].str.len().gt(0).all()
    walk_again = tmp_path / "mine"
    walk_again.mkdir()
    (walk_again / "notes.txt").write_text("keep me")
    with pytest.raises(InputError, match="not of a demonstration"):
        walk(walk_again, shipments=9_000)
    assert (walk_again / "notes.txt").read_text() == "keep me"
