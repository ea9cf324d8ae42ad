from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.scoring import Scorer
from omdrisk.scoring.ranking import bands

if TYPE_CHECKING:
    from tests.scoring.tiny import Tiny


@pytest.mark.parametrize("group", ["feature", "indicator", "family"])
@pytest.mark.parametrize("head", ["drug", "wildlife"])
def test_contributions_to_the_probability_sum_to_it(world: Tiny, scorer: Scorer, head: str, group: str) -> None:
    rows = world.incoming.copy()
    rows.loc[rows.index[4], "filed_at"] = pd.NaT
    parts = scorer.contributions(rows, head=head, group=group, scale="probability")
    np.testing.assert_allclose(parts.sum(axis=1, skipna=False), scorer.score(rows)[f"{head}_score"], rtol=0, atol=1e-12)
    odds = scorer.contributions(rows, head=head, group=group)
    assert (
        (np.sign(parts.drop(columns="base")) == np.sign(odds.drop(columns="base")))[parts["base"].notna()].all().all()
    )
    with pytest.raises(InputError, match="Did you mean 'probability'"):
        scorer.contributions(rows, head=head, scale="probabilty")


def test_shares_and_changes_of_reasons_sum(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(40)
    why = scorer.explain(rows, top=99, against=99)
    scores = scorer.score(rows)
    for head in scorer.heads:
        odds = scorer.contributions(rows, head=head, group="indicator").drop(columns="base")
        chances = scorer.contributions(rows, head=head, group="indicator", scale="probability")
        for at, name in enumerate(rows["shipment_id"]):
            own = why.loc[(why["shipment_id"] == name) & (why["head"] == head)]
            untold = odds.iloc[at].drop(own["indicator"])
            total = odds.iloc[at].abs().sum()
            assert own["share"].sum() + untold.abs().sum() / total == pytest.approx(1, abs=1e-12)
            rest = chances.iloc[at].drop([*own["indicator"], "base"]).sum()
            whole = own["change"].sum() + rest + chances["base"].iloc[at]
            assert whole == pytest.approx(scores[f"{head}_score"].iloc[at], abs=1e-12)


@pytest.mark.parametrize("language", ["en", "vi", "zh"])
def test_a_hint_where_one_indicator_decides_the_band(world: Tiny, scorer: Scorer, language: str) -> None:
    rows = world.incoming
    why = scorer.explain(rows, top=99, against=99, language=language)
    scores = scorer.score(rows).set_index(rows["shipment_id"])
    assert why["hint"].ne("").any()
    assert why["hint"].eq("").any()
    for head, own in why.groupby("head"):
        now = scores.loc[own["shipment_id"]]
        raw = now[f"{head}_raw"].to_numpy() - own["shap"].to_numpy()
        expected = bands(scorer.heads[str(head)].percentile(raw), {"high": 99.0, "elevated": 95.0})
        assert own["band_without"].tolist() == expected.tolist()
        decided = own["band_without"].to_numpy() != now[f"{head}_band"].to_numpy()
        assert (own["hint"] != "").tolist() == (decided & (own["rank"] == 1)).tolist()
    one = why.loc[why["hint"] != ""].iloc[0]["hint"]
    assert {"en": "Without this", "vi": "Nếu không có", "zh": "若无此指标"}[language] in one
    assert "{" not in one


def test_a_band_of_one_s_own_is_the_one_of_the_hint(world: Tiny, scorer: Scorer) -> None:
    own = Scorer(scorer.bundle, world.history, bands={"top": 50.0})
    why = own.explain(world.incoming.head(60), top=9)
    assert set(why["band_without"]) == {"top", "normal"}
    assert why["hint"].str.contains("“normal” instead of “top”").any()


def test_the_plots_of_shap_take_it(world: Tiny, scorer: Scorer) -> None:
    import matplotlib.pyplot as plt

    told = scorer.shap(world.incoming.head(40), "drug")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        draw = {
            "waterfall": lambda: shap.plots.waterfall(told[0], show=False),
            "bar": lambda: shap.plots.bar(told, show=False),
            "beeswarm": lambda: shap.plots.beeswarm(told, show=False),
            "scatter": lambda: shap.plots.scatter(told[:, "gross_weight"], show=False),
        }
        for name, plot in draw.items():
            plt.figure()
            plot()
            axes = plt.gcf().axes
            labels = {text.get_text() for one in axes for text in one.get_yticklabels()} | {axes[0].get_xlabel()}
            assert any(feature in label for feature in scorer.heads["drug"].features for label in labels), name
            plt.close("all")
