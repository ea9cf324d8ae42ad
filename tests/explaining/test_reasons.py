from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import InputError
from omdrisk.explaining import Facts, Reasoner, Teller, chance, number, percent
from omdrisk.explaining.reasons import COLUMNS
from omdrisk.features import Catalog, Definition, FeaturePipeline
from omdrisk.scoring.columns import SharedFeatures

if TYPE_CHECKING:
    from omdrisk.scoring import Scorer
    from tests.scoring.tiny import Tiny

NAN = math.nan


def definition(name: str = "seen", **changes: Any) -> Definition:
    spec = {
        "id": "P01",
        "kind": "count",
        "by": ["consignee"],
        "targets": ["drug"],
        "why": "New traders.",
        "words": {"en": "Earlier shipments", "vi": "Số lô hàng trước", "zh": "历史票数"},
        "reason": {"en": "Seen only {value} times", "vi": "Chỉ gặp {value} lần", "zh": "仅见 {value} 次"},
        "reason_never": {"en": "Never seen", "vi": "Chưa từng gặp", "zh": "从未出现"},
        "told": {"below": 5},
    }
    told = {key: value for key, value in {**spec, **changes}.items() if value is not None}
    return Definition.read(name, "parties", told)


def test_the_long_table(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(20)
    why = scorer.explain(rows, top=3, against=2)
    assert list(why) == list(COLUMNS)
    assert {name: str(kind) for name, kind in why.dtypes.items()} == COLUMNS
    assert list(dict.fromkeys(why["shipment_id"])) == rows["shipment_id"].tolist()
    ranks = why.groupby(["shipment_id", "head", "direction"])["rank"].agg(list)
    assert all(found == list(range(1, len(found) + 1)) for found in ranks)
    assert ranks.xs("for", level=2).map(len).max() == 3
    assert ranks.xs("against", level=2).map(len).max() == 2
    assert (np.sign(why["shap"]) == why["direction"].map({"for": 1, "against": -1})).all()
    assert why["share"].between(0, 1).all()
    assert why["text"].str.len().gt(3).all()
    assert not why["text"].str.contains(r"[{}]|nan").any()


def test_reasons_are_the_grouped_contributions(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(20)
    why = scorer.explain(rows, top=50, against=50, heads="wildlife")
    parts = scorer.contributions(rows, head="wildlife", group="indicator").drop(columns="base")
    parts.index = rows["shipment_id"]
    for one in why.itertuples():
        assert one.shap == pytest.approx(parts.loc[one.shipment_id, one.indicator], abs=1e-12)
        assert one.share == pytest.approx(abs(one.shap) / parts.loc[one.shipment_id].abs().sum(), abs=1e-12)
    assert not why.duplicated(["shipment_id", "indicator"]).any()
    told = why.groupby("shipment_id")["shap"].agg(list)
    for shaps in told:
        pro = [one for one in shaps if one > 0]
        assert shaps == sorted(pro, reverse=True) + sorted(one for one in shaps if one < 0)


@pytest.mark.parametrize("language", ["en", "vi", "zh"])
def test_languages_tell_the_same(world: Tiny, scorer: Scorer, language: str) -> None:
    rows = world.incoming.head(10)
    english = scorer.explain(rows)
    other = scorer.explain(rows, language=language)
    in_words = ["text", "hint"]
    pd.testing.assert_frame_equal(english.drop(columns=in_words), other.drop(columns=in_words))
    assert (english["text"] != other["text"]).all() == (language != "en")


def test_alone_or_together_the_same_reasons(world: Tiny, scorer: Scorer) -> None:
    rows = world.incoming.head(12)
    together = scorer.explain(rows, against=1)
    alone = pd.concat([scorer.explain(rows.iloc[[at]], against=1) for at in range(len(rows))], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone, check_exact=True)


def test_without_a_history_nobody_is_called_new(world: Tiny, scorer: Scorer, alone: Scorer) -> None:
    stranger = world.incoming.head(1).assign(consignee_name="Nobody Knows", shipper_name="Who Is This")
    never = "No earlier shipment"
    assert scorer.explain(stranger, top=50, against=50)["text"].str.contains(never).any()
    assert not alone.explain(stranger, top=50, against=50)["text"].str.contains(never).any()
    nameless = pd.concat([world.incoming.head(1), stranger], ignore_index=True)
    nameless.loc[1, ["consignee_name", "shipper_name"]] = None
    assert not scorer.explain(nameless, top=50, against=50)["text"].str.contains(never).any()


def test_a_norm_is_told_with_its_value(world: Tiny, scorer: Scorer) -> None:
    why = scorer.explain(world.incoming, top=50, against=50)
    weight = why.loc[why["feature"] == "weight_per_package"].iloc[0]
    row = world.incoming.set_index("shipment_id").loc[weight["shipment_id"]]
    assert weight["value"] == pytest.approx(row["gross_weight_kg"] / row["packages"])
    assert weight["norm"] > 0
    assert number(weight["value"]) in weight["text"]
    assert number(weight["norm"]) in weight["text"]


@pytest.mark.parametrize(
    ("language", "small", "large", "never"),
    [
        ("en", "Seen only 2 times", "Earlier shipments: 1,400", "Never seen"),
        ("vi", "Chỉ gặp 2 lần", "Số lô hàng trước: 1.400", "Chưa từng gặp"),
        ("zh", "仅见 2 次", "历史票数：1,400", "从未出现"),
    ],
)
def test_the_sentence_fits_the_value(language: str, small: str, large: str, never: str) -> None:
    teller = Teller(definition(), language)
    assert teller.tell(2.0) == small
    assert teller.tell(1400.0) == large
    assert teller.tell(NAN) == never
    assert teller.tell(NAN, known=False) is None
    assert Teller(definition(reason_never={"en": "x"}), language).tell(NAN) == "X"


def test_the_other_side_of_a_bound_has_its_own_sentence() -> None:
    both = definition(otherwise={"en": "Well known: {value|time|times}", "vi": "Quen thuộc: {value} lần"})
    assert [Teller(both).tell(value) for value in (2.0, 5.0)] == ["Seen only 2 times", "Well known: 5 times"]
    assert Teller(both, "vi").tell(5.0) == "Quen thuộc: 5 lần"
    assert Definition.read(both.name, both.family, _spec(both)).otherwise == both.otherwise


def _spec(one: Definition) -> dict[str, Any]:
    return {key: value for key, value in one.to_dict().items() if key not in ("name", "family")}


def test_a_missing_value_says_nothing_unless_it_has_words() -> None:
    silent = definition()
    object.__setattr__(silent, "reason_never", {})
    assert Teller(silent).tell(NAN) is None


def test_a_sentence_with_a_norm_needs_one() -> None:
    spec = {"kind": "norm", "value": "weight_per_package", "by": [["hs4"]], "told": None, "unit": "kg"}
    base = {"id": "W01", "targets": ["drug"], "why": "Odd.", "words": {"en": "Weight"}}
    base |= {"reason": {"en": "{label} {value}, usual {norm}"}}
    weight = Definition.read("w", "measures", {**base, **{k: v for k, v in spec.items() if v is not None}})
    assert Teller(weight).tell(2.5, 40.0, 12.0) == "Weight 40, usual 12"
    assert Teller(weight).tell(2.5, 40.0) == "Weight: 40 kg"
    object.__setattr__(weight, "told", {"above": 3})
    assert Teller(weight).tell(2.5, 40.0, 12.5) == "Weight: 40 kg (usual: 12.5 kg)"
    assert Teller(weight, "vi").tell(2.5, 40.0, 12.5) == "Weight: 40 kg (thông thường: 12,5 kg)"


def test_a_category_is_told_by_name_and_a_flag_by_yes() -> None:
    kind = {"id": "Z", "kind": "category", "column": "package_type", "targets": ["drug"], "why": "x"}
    category = Definition.read("p", "measures", {**kind, "reason": {"en": "Package {value}"}})
    assert Teller(category, labels=["CT", "BG"]).tell(2.0) == "Package bag"
    assert Teller(category, "zh", labels=["CT", "QQ"]).tell(1.0) == "Package 纸箱"
    assert Teller(category, "vi", labels=["CT", "QQ"]).tell(2.0) == "Package QQ"
    assert Teller(category, "zh", labels=["CT"]).tell(0.0) == "Package 少见或从未见过"
    spec = {"id": "C01", "kind": "check_digit", "column": "container_no", "scheme": "iso6346", "targets": ["drug"]}
    said = {"words": {"en": "Valid"}, "reason": {"en": "Fails"}, "told": {"equals": 0}, "why": "x"}
    flag = Definition.read("c", "equipment", {**spec, **said})
    assert Teller(flag).tell(0.0) == "Fails"
    assert Teller(flag, "vi").tell(1.0) == "Valid: có"


def test_one_indicator_one_reason_in_the_words_of_its_strongest_feature() -> None:
    tellers = {
        "a": Teller(definition("a", reason={"en": "A {value}"}, told={"above": -1})),
        "b": Teller(definition("b", reason={"en": "B {value}"}, told={"above": -1})),
        "c": Teller(definition("c", id="P02", reason={"en": "C {value}"}, told={"above": -1})),
        "d": Teller(definition("d", id="P03", reason={"en": "D {value}"}, told={"above": -1})),
    }
    reasoner = Reasoner(tellers)
    facts = Facts(features=[1.0, 2.0, 3.0, NAN], shown=[NAN] * 4, norms=[NAN] * 4, known=[False] * 4)
    told = reasoner.reasons(facts, np.array([0.2, 0.5, -0.3, 2.0]), top=5, against=5)
    assert [(one.indicator, one.text, one.direction) for one in told] == [
        ("P01", "B 2", "for"),
        ("P02", "C 3", "against"),
    ]
    assert told[0].shap == pytest.approx(0.7)
    assert told[0].share == pytest.approx(0.7 / 3.0)
    unknown = Facts(features=[1.0, NAN, 3.0, NAN], shown=[NAN] * 4, norms=[NAN] * 4, known=[False] * 4)
    assert reasoner.reasons(unknown, np.array([0.2, 0.5, 0.0, 0.0]), top=1, against=0)[0].text == "A 1"
    assert reasoner.reasons(facts, np.zeros(4), top=5, against=5) == []


def test_never_is_not_said_of_another_mode() -> None:
    sea_only = definition(kind="number", value="packages", by=None, modes=["1"])
    rows = pd.DataFrame({"transport_mode": ["1", "4", None]}, dtype="str")
    pipeline = FeaturePipeline(Catalog([sea_only])).fit(rows)
    known = SharedFeatures({"drug": pipeline}).see(rows).stated("drug")
    assert [known.of(row, 0)[2] for row in range(3)] == [True, False, True]


@pytest.mark.parametrize(
    ("value", "language", "said"),
    [
        (0.3, "en", "Less than 1 day ago"),
        (1.4, "en", "1 day ago"),
        (1.6, "en", "2 days ago"),
        (0.3, "vi", "Cách đây dưới 1 ngày"),
        (0.3, "zh", "上次在不到 1 天前"),
        (1234.5, "zh", "上次在 1,234 天前"),
    ],
)
def test_a_noun_agrees_with_its_number(value: float, language: str, said: str) -> None:
    reason = {"en": "{value|day|days} ago", "vi": "Cách đây {value} ngày", "zh": "上次在 {value} 天前"}
    last = definition(kind="days_since_last", unit="days", reason=reason, told=None)
    assert Teller(last, language).tell(value) == said


@pytest.mark.parametrize(
    ("unit", "value", "en", "zh"),
    [
        ("days", 121.4, "Shipper, age of the record: 121 days", "Shipper，age of the record：121 天"),
        ("days", 0.2, "Shipper, age of the record: less than 1 day", "Shipper，age of the record：不到 1 天"),
        ("hours", 1.0, "Shipper, age of the record: 1 hour", "Shipper，age of the record：1 小时"),
        ("count", 5.0, "Shipper, age of the record: 5", "Shipper，age of the record：5"),
        ("%", 0.0666, "Shipper, age of the record: 6.7%", "Shipper，age of the record：6.7%"),
    ],
)
def test_side_by_side_a_value_keeps_its_unit(unit: str, value: float, en: str, zh: str) -> None:
    plain = definition(words={"en": "Shipper: age of the record"}, unit=unit, told={"below": -1})
    assert Teller(plain).tell(value) == en
    assert Teller(plain, "zh").tell(value) == zh


def test_placeholders_reach_nothing() -> None:
    braces = definition(reason={"en": "{{{value}}} {label}"}, words={"en": "{value.__class__}"})
    assert Teller(braces).tell(1.0) == "{1} {value.__class__}"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"language": "fr"}, "Known: en, vi, zh"),
        ({"heads": "drugs"}, "Did you mean 'drug'"),
        ({"heads": ["drug", "wild"]}, "no head 'wild'"),
        ({"top": -1}, "top is -1"),
        ({"against": 1.5}, "against is 1.5"),
    ],
)
def test_what_cannot_be_told_is_said(world: Tiny, scorer: Scorer, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        scorer.explain(world.incoming.head(1), **wrong)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-9, 0.004567, 1.0, 12.3456, 1234.5, 9.999e12, -56.789])
def test_numbers_differ_by_language_only_in_their_marks(value: float) -> None:
    english, vietnamese = number(value, "en"), number(value, "vi")
    assert number(value, "zh") == english
    assert vietnamese.translate(str.maketrans(",.", ".,")) == english
    assert float(english.replace(",", "")) == pytest.approx(value, rel=5e-3, abs=5e-7)


def test_shares() -> None:
    assert percent(1.0, "vi") == "100%"
    assert percent(NAN) == "–"
    assert [chance(p) for p in (0.0, 1.0, 0.994, 0.0999, 5e-5)] == ["0%", "100%", "99%", "10.0%", "<0.01%"]
