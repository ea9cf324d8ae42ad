"""Tables in memory: nothing is dropped, nothing changes place, and the dtype of a column changes no value."""

from __future__ import annotations

import decimal
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from omdrisk.errors import InputError
from omdrisk.records import as_table, read_shipments
from omdrisk.records.schema import table

FRAME = pd.DataFrame(
    {
        "shipment_id": ["1", "2", "3"],
        "filed_at": pd.to_datetime(["2023-04-01", "2023-04-02", None], utc=True).as_unit("us"),
        "gross_weight_kg": [12.5, np.nan, 3.0],
        "consignee_country": ["VN", None, "CN"],
        "express": pd.array([True, None, False], dtype="boolean"),
        "x_rate": [8.0, 6.5, np.nan],
        "x_word": ["a", None, "c"],
    }
).astype({"shipment_id": "str", "consignee_country": "str", "x_word": "str"})


def test_a_right_table_is_not_copied():
    assert as_table(FRAME, "shipments") is FRAME


with warnings.catch_warnings():
    # pyarrow asks pandas for the values of moments in the old way
    warnings.simplefilter("ignore")
    ARROW = pa.Table.from_pandas(FRAME, preserve_index=False)


@pytest.mark.parametrize(
    "other",
    [
        ARROW,
        pl.from_arrow(ARROW),
        FRAME.astype({"shipment_id": "category", "consignee_country": "category", "x_word": "category"}),
        FRAME.astype("object"),
        FRAME.convert_dtypes(dtype_backend="pyarrow"),
        FRAME.astype({"shipment_id": "int64", "gross_weight_kg": "float32", "x_rate": "float32"}),
        FRAME.assign(filed_at=FRAME["filed_at"].astype("str"), gross_weight_kg=["12.5", "", "3"]),
        FRAME.assign(filed_at=FRAME["filed_at"].dt.tz_localize(None).astype("datetime64[ns]")),
        FRAME.assign(filed_at=FRAME["filed_at"].dt.tz_convert("Asia/Bangkok")),
        FRAME.assign(gross_weight_kg=[decimal.Decimal("12.5"), None, decimal.Decimal(3)]),
        FRAME.assign(express=[True, None, False]),
        FRAME.assign(express=["Yes", "", "no"]),
    ],
    ids=[
        "arrow",
        "polars",
        "category",
        "object",
        "arrow-dtypes",
        "numbers",
        "texts",
        "naive",
        "zone",
        "decimal",
        "bools",
        "flags",
    ],
)
def test_other_types_give_the_same_table(other):
    pd.testing.assert_frame_equal(as_table(other, "shipments"), FRAME)


def test_index_order_and_rows_are_kept_and_bad_cells_are_missing():
    frame = pd.DataFrame(
        {
            "gross_weight_kg": ["heavy", -1, np.inf],
            "filed_at": ["soon", "2023-04-01T00:00:00+07:00", "2023-02-30"],
            "shipment_id": ["b", "b", ""],
            "Tax Rate": [1, 2, 3],
        },
        index=["z", "y", "x"],
    )
    made = as_table(frame, "shipments")
    assert made.index.tolist() == ["z", "y", "x"]
    assert made["gross_weight_kg"].isna().all()
    assert made["filed_at"].isna().tolist() == [True, False, True]
    assert made["filed_at"]["y"] == pd.Timestamp("2023-03-31 17:00", tz="UTC")
    assert made["shipment_id"].tolist()[:2] == ["b", "b"]
    assert pd.isna(made["shipment_id"]["x"])
    assert list(made.columns) == ["gross_weight_kg", "filed_at", "shipment_id", "x_tax_rate"]
    assert made["x_tax_rate"].dtype == "float64"


def test_a_commodity_code_read_as_a_number_gets_its_zero_back():
    made = as_table(
        pd.DataFrame({"hs_code": [10129.0, np.nan, 440710.0], "consignee_tax_id": [100233488, 2, 3]}), "shipments"
    )
    assert made["hs_code"].tolist()[0] == "010129"
    assert made["consignee_tax_id"].tolist()[0] == "100233488"


def test_a_duplicated_index_is_no_hindrance():
    frame = FRAME.astype("object").set_axis([0, 0, 0])
    assert as_table(frame, "shipments").index.tolist() == [0, 0, 0]


def test_what_is_no_table_and_columns_that_clash():
    with pytest.raises(InputError, match="str"):
        as_table("manifest.csv", "shipments")
    with pytest.raises(InputError, match="two columns for 'x_rate'"):
        as_table(pd.DataFrame({"x_rate": [1], "Rate": [2]}), "shipments")


def test_records_mappings_and_empty_tables():
    assert as_table([{"shipment_id": 1}, {"shipment_id": 2}], "shipments")["shipment_id"].tolist() == ["1", "2"]
    assert len(as_table(FRAME.iloc[:0], "shipments")) == 0
    assert len(as_table(pd.DataFrame(index=[1, 2]), "shipments")) == 2


def test_reading_and_converting_agree(tmp_path):
    text = "shipment_id,filed_at,gross_weight_kg,hs_code,x_a,x_b\n1,2023-04-01,5,440710,1,a\n2,2023-04-02,,0101,2,b\n"
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    read = read_shipments(tmp_path / "m.csv").accepted
    plain = pd.read_csv(tmp_path / "m.csv", dtype={"shipment_id": "str", "hs_code": "str"})
    pd.testing.assert_frame_equal(as_table(plain, "shipments"), read, check_like=True)


@pytest.mark.parametrize("rows", [1, 100])
def test_many_rows_and_one_row_agree(rows):
    frame = pd.DataFrame({"shipment_id": ["", "a"] * rows, "x_note": ["-", "b"] * rows})
    made = as_table(frame, "shipments")
    one = pd.concat([as_table(frame.iloc[[place]], "shipments") for place in range(len(frame))])
    pd.testing.assert_frame_equal(made, one)


def test_every_canonical_column_has_its_type():
    frame = pd.DataFrame({name: [None, None] for name in table("cases").columns})
    made = as_table(frame, "cases")
    assert {name: str(dtype) for name, dtype in made.dtypes.items()} == {
        name: str(pd.Series(dtype=spec.dtype).dtype) for name, spec in table("cases").columns.items()
    }
