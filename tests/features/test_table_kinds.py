from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from omdrisk.errors import DefinitionError
from omdrisk.features import Tables, View
from omdrisk.features.kinds import kinds
from omdrisk.features.lookup import column_for
from omdrisk.features.tables import frame, read_table

NAN = float("nan")


def make(word, **arguments):
    return kinds()[word].read(arguments)


def test_listed_by_prefix(shipments, tables):
    facts = [("0801", 0.9), ("44", 0.4), ("4407", 0.6)]
    expected = [
        NAN if pd.isna(code) else max([weight for prefix, weight in facts if code.startswith(prefix)], default=0.0)
        for code in shipments["hs_code"]
    ]
    found = make("listed", table="goods", on=["hs_code"]).compute(View(shipments, tables))
    np.testing.assert_array_equal(found, expected)


def test_listed_on_two_columns_with_any_value(shipments, tables):
    facts = [("44", "KE", 1.0), ("", "NG", 0.5), ("0507", "", 0.7)]
    expected = [
        NAN
        if pd.isna(code) or pd.isna(origin)
        else max(
            [w for prefix, place, w in facts if code.startswith(prefix) and place in ("", origin)],
            default=0.0,
        )
        for code, origin in zip(shipments["hs_code"], shipments["country_of_origin"], strict=True)
    ]
    found = make("listed", table="origins", on=["hs_code", "origin"]).compute(View(shipments, tables))
    np.testing.assert_array_equal(found, expected)


def test_listed_where_a_cell_lists_several(shipments, tables):
    facts = {"SGSIN": 0.2, "MYPKG": 0.3}
    expected = [
        NAN if pd.isna(cell) else max(facts.get(part.strip(), 0.0) for part in cell.split(";"))
        for cell in shipments["transhipment_ports"]
    ]
    found = make("listed", table="places", on=["transhipment_ports"]).compute(View(shipments, tables))
    np.testing.assert_array_equal(found, expected)


def test_documents_missing(shipments, tables):
    def slow(code, papers):
        if pd.isna(code) or not code.startswith(("0801", "44")):
            return NAN
        types = [] if pd.isna(papers) else [paper.split(":")[0].strip().upper() for paper in papers.split(";")]
        return float("PEN" not in types)

    expected = [slow(*pair) for pair in zip(shipments["hs_code"], shipments["documents"], strict=True)]
    found = make("documents_missing", table="goods", document="PEN").compute(View(shipments, tables))
    np.testing.assert_array_equal(found, expected)
    without = make("documents_missing", table="goods", document="PEN").compute(
        View(shipments.drop(columns="documents"), tables)
    )
    assert set(without[~np.isnan(without)]) == {1.0}


@pytest.mark.parametrize(
    ("entity", "columns", "column"),
    [
        ("hs_code", ["hs_prefix", "weight"], "hs_prefix"),
        ("hs6", ["hs_prefix", "origin"], "hs_prefix"),
        ("hs6", ["hs6", "hs_prefix"], "hs6"),
        ("loading_country", ["loading_country", "discharge_country"], "loading_country"),
        ("country_of_departure", ["country"], "country"),
        ("origin", ["country", "weight"], "country"),
        ("port_of_loading", ["locode", "name"], "locode"),
        ("container_type", ["container_prefix", "hs_prefix"], "container_prefix"),
    ],
)
def test_column_for(entity, columns, column):
    assert column_for(entity, columns, "t") == column


def test_column_for_says_what_is_there():
    with pytest.raises(
        DefinitionError, match="table 't' has no column 'incoterm' or 'incoterm_prefix': its columns are"
    ):
        column_for("incoterm", ["hs_prefix", "note"], "t")


def test_an_empty_key_of_a_table_is_refused():
    tables = Tables({"t": frame(["origin", "weight"], [["KE", "1"], ["", "1"]])})
    with pytest.raises(DefinitionError, match=r"table 't': row 2: origin is empty. Write '\*'"):
        make("listed", table="t", on=["origin"]).check(tables)


def test_a_weight_that_is_no_number_is_refused():
    tables = Tables({"t": frame(["origin", "weight"], [["KE", "high"]])})
    with pytest.raises(DefinitionError, match="table 't': row 1: weight 'high' is not a number"):
        make("listed", table="t", on=["origin"]).check(tables)


def test_read_table_skips_its_header(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('# source: own\n# date: 2024\nhs_prefix,weight,note\n0507,1,"horn, ivory"\n', encoding="utf-8")
    table = read_table(path)
    assert table.to_dict("records") == [{"hs_prefix": "0507", "weight": "1", "note": "horn, ivory"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("# nothing\n", "is empty"),
        ("a,a\n1,2\n", "names a column twice"),
        ("a,b\n1,2,3\n", "row 1 .* has 3 cells, the header has 2"),
    ],
)
def test_read_table_errors(tmp_path, content, said):
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DefinitionError, match=said):
        read_table(path)


def test_a_table_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("a\nngà\n".encode("latin-1"))
    with pytest.raises(DefinitionError, match="is not UTF-8"):
        read_table(path)
