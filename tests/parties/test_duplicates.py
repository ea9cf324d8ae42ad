"""Traders that may be one: found with splink in a made-up set of which the truth is known, and never merged."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from omdrisk.cli.app import app
from omdrisk.errors import InputError
from omdrisk.parties import find_duplicates, parties_of

SYLLABLES = [
    *("hai", "nam", "phu", "quy", "minh", "long", "thanh", "cong", "dai", "phat", "an", "binh", "hoa", "sao", "mai"),
    *("tan", "tien", "viet", "dong", "tam", "bach", "khoa", "truong", "son", "kim", "ngan", "lam", "vinh", "xuan"),
    *("thu", "ha", "bac", "gia", "lai", "cuu", "kien", "giang", "hung", "loc"),
]
GOODS = ("seafood", "trading", "logistics", "import export", "timber", "textile", "plastic", "steel", "foods", "coffee")
FORMS = ("CONG TY TNHH {}", "{} CO LTD", "{} JSC", "{} COMPANY LIMITED", "CTY TNHH {}")


def misspelled(own: str, draw: np.random.Generator) -> str:
    place = int(draw.integers(1, len(own)))
    way = int(draw.integers(0, 4))
    if way == 0:
        return own[:place] + own[place + 1 :]
    if way == 1:
        return own[:place] + own[place] + own[place:]
    return own.replace(" ", "", 1) if way == 2 else own


def made_up(firms: int, seed: int) -> pd.DataFrame:
    """Firms, of which a third is written two or three times; `firm` is the truth."""
    draw = np.random.default_rng(seed)
    rows = []
    for firm in range(firms):
        own = " ".join(draw.choice(SYLLABLES, size=draw.integers(2, 4), replace=False))
        goods, country = str(draw.choice(GOODS)), str(draw.choice(["VN", "LA", "KH"], p=[0.7, 0.15, 0.15]))
        number, phone = ("".join(map(str, draw.integers(0, 10, size))) for size in (10, 9))
        address = f"{draw.integers(1, 400)} {' '.join(draw.choice(SYLLABLES, size=2))} khu {draw.integers(1, 20)}"
        for copy in range(int(draw.choice([1, 2, 3], p=[0.65, 0.25, 0.1]))):
            name = f"{misspelled(own, draw) if copy else own} {goods}"
            rows.append(
                {
                    "firm": firm,
                    "name": str(draw.choice(FORMS)).format(name).upper(),
                    "country": country,
                    "tax_id": number if country != "VN" and draw.random() < 0.4 else None,
                    "address": address if draw.random() < 0.7 else None,
                    "phone": f"84{phone}" if draw.random() < 0.5 else None,
                }
            )
    shuffled = pd.DataFrame(rows).sample(frac=1, random_state=seed)
    return shuffled.set_axis([f"row {number}" for number in range(len(shuffled))])


@pytest.fixture(scope="module")
def parties() -> pd.DataFrame:
    pytest.importorskip("splink", reason="splink comes with the extra: pip install omdrisk[link]")
    return made_up(2_000, seed=3)


def test_precision_and_recall_apart(parties, record_property):
    found = find_duplicates(parties.drop(columns="firm"), seed=1)
    firm = parties["firm"]
    right = firm[found.pairs["left"]].to_numpy() == firm[found.pairs["right"]].to_numpy()
    sizes = firm.value_counts()
    precision, recall = right.mean(), right.sum() / (sizes * (sizes - 1) // 2).sum()
    record_property("precision", round(float(precision), 3))
    record_property("recall", round(float(recall), 3))
    assert precision > 0.97
    # half of the pairs share nothing but a name that is nearly alike, which is no proof
    assert recall > 0.45
    assert found.pairs["probability"].between(0.9, 1).all()
    assert found.pairs["probability"].is_monotonic_decreasing
    together = found.groups.set_index("row")["group"]
    assert (together[found.pairs["left"]].to_numpy() == together[found.pairs["right"]].to_numpy()).all()


def test_the_same_rows_and_seed_give_the_same_answer(parties):
    once, again = (find_duplicates(parties.head(500), seed=1) for _ in range(2))
    pd.testing.assert_frame_equal(again.pairs, once.pairs)


def test_too_little_to_estimate_from(parties):
    with pytest.raises(InputError, match="5 named traders are too few"):
        find_duplicates(parties.head(5))
    with pytest.raises(InputError, match="no column 'name'"):
        find_duplicates(parties[["country"]])
    with pytest.raises(InputError, match="no probability"):
        find_duplicates(parties, at_least=2)


def test_without_splink_the_way_out_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(InputError, match=r"pip install omdrisk\[link\]"):
        find_duplicates(made_up(150, seed=1))


def test_traders_of_shipments():
    table = pd.DataFrame(
        {
            "shipment_id": list("abc"),
            "shipper_name": ["Maju", "Maju", None],
            "shipper_country": ["MY", "MY", "MY"],
            "consignee_name": ["Phát", "Phát", "Phát"],
            "consignee_phone": ["1", "1", "2"],
        }
    )
    made = parties_of(table)
    assert made[["name", "phone", "shipments"]].fillna("").to_numpy().tolist() == [
        ["Maju", "", 2], ["Phát", "1", 2], ["Phát", "2", 1],
    ]  # fmt: skip
    assert parties_of(table, ["shipper"])["roles"].tolist() == ["shipper"]
    with pytest.raises(InputError, match="Did you mean 'shipper'"):
        parties_of(table, ["shiper"])
    with pytest.raises(InputError, match="name no buyer"):
        parties_of(table, ["buyer"])


def test_by_command(parties, tmp_path):
    named = {name: f"consignee_{name}" for name in ("name", "country", "tax_id", "address", "phone")}
    table = parties.head(700).rename(columns=named).drop(columns="firm").reset_index(names="shipment_id")
    table.to_parquet(tmp_path / "s.parquet")
    arguments = ["parties", "duplicates", str(tmp_path / "s.parquet"), "--out", str(tmp_path / "pairs.csv")]
    done = CliRunner().invoke(app, [*arguments, "--groups", str(tmp_path / "groups.csv"), "--json", "-"])
    assert done.exit_code == 0, done.output
    assert "Nothing was merged" in done.output
    assert len(pd.read_csv(tmp_path / "pairs.csv")) > 20
    assert {"group", "row", "name"} == set(pd.read_csv(tmp_path / "groups.csv").columns)
    assert isinstance(CliRunner().invoke(app, ["parties", "duplicates", "none.parquet"]).exception, InputError)
