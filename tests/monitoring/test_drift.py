"""Drift: nothing is seen where nothing moved, and a planted move is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import omdrisk
from omdrisk.monitoring import SCORE, drift, noise, stability_index

if TYPE_CHECKING:
    from tests.conftest import Small


def test_the_index_of_chance_alone_is_what_noise_says() -> None:
    rng = np.random.default_rng(3)
    shares, rows, reference_rows = np.array([0.4, 0.3, 0.2, 0.1]), 400, 900
    drawn = [
        stability_index(rng.multinomial(reference_rows, shares) / reference_rows, rng.multinomial(rows, shares) / rows)
        for _ in range(2000)
    ]
    assert np.isclose(np.mean(drawn), noise(shares, rows, reference_rows), rtol=0.1)


def test_a_planted_move_is_seen_and_leads_the_table(small: Small) -> None:
    scorer = omdrisk.load(small.bundle, history=small.history)
    recent = small.world.shipments.loc[small.world.shipments["filed_at"] < "2023-04-15"].tail(1500)
    calm = drift(scorer, recent).set_index(["head", "feature"])
    with pytest.warns(UserWarning, match="otherwise than in training: .*weight"):
        moved = drift(scorer, recent.assign(gross_weight_kg=recent["gross_weight_kg"] * 50))
    moved = moved.set_index(["head", "feature"])
    worst = (moved["index"] - calm["index"]).groupby(level="feature").max().idxmax()
    assert "weight" in worst or "mass" in worst or "kg" in worst, worst
    assert (moved["verdict"] == "act").any()
    assert {target for target, feature in calm.index if feature == SCORE} == {"drug", "wildlife"}
