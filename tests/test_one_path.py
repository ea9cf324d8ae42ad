"""A row has the same bits alone and among others: every indicator and score, dirty cells, lost columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import omdrisk
from omdrisk.entities import Fields
from omdrisk.features import Catalog, FeaturePipeline
from omdrisk.records import as_table
from omdrisk.records.coded import FEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Small

ROWS = 3_000
SIZES = (1, 1, 1, 2, FEW - 1, FEW, FEW + 1, 400)
HANOI = timezone(timedelta(hours=7))
DIRTY: dict[str, list[object]] = {
    "text": [
        "",
        " ",
        "n/a",
        "  7.0 ",
        "１２",
        "A;B; ;C",
        "=cmd|'/c'!A1",
        "ngà voi\nIVORY",
        "象牙",
        "\u202ex",
        "a" * 5000,
    ],
    "code": ["", "n/a", "0", "10129", "44.07.10", "vn", "XX", "1;4"],
    "number": ["", "heavy", "-1", "1e400", "12,5", " 3 ", "nan", "0"],
    "count": ["", "many", "-3", "7.0", "1e18"],
    "time": ["", "soon", "2023-02-30", "2023-04-01T00:00:00+07:00", "2023-05-01"],
    "flag": ["", "Yes", "no", "2", "TRUE"],
}
#: Cells that are equal, and read otherwise.
MIXED: list[object] = [
    True,
    1,
    1.0,
    "1",
    Decimal("1.0"),
    None,
    0.0,
    -0.0,
    False,
    datetime(2023, 5, 1, tzinfo=UTC),
    datetime(2023, 5, 1, 7, tzinfo=HANOI),
    float("nan"),
]


@pytest.fixture(scope="module")
def clean(small: Small) -> pd.DataFrame:
    return small.incoming.sample(ROWS, random_state=3)


@pytest.fixture(scope="module")
def dirty(clean: pd.DataFrame) -> pd.DataFrame:
    from omdrisk.records.schema import table

    rng = np.random.default_rng(8)
    columns = table("shipments").columns
    made = {}
    for name in clean.columns:
        cells = np.array(clean[name].tolist(), dtype=object)
        if name not in ("shipment_id", "filed_at"):
            cells[clean[name].isna()] = None
            choices = DIRTY[columns[name].type if name in columns else "text"]
            at = np.flatnonzero(rng.random(ROWS) < 0.05)
            cells[at] = [choices[place] for place in rng.integers(0, len(choices), at.size)]
            cells[rng.random(ROWS) < 0.05] = None
        made[name] = cells
    mixed = [MIXED[place] for place in rng.integers(0, len(MIXED), ROWS)]
    return pd.DataFrame(made, index=clean.index).assign(x_mixed=np.array(mixed, dtype=object))


@pytest.fixture(scope="module")
def lost(clean: pd.DataFrame) -> pd.DataFrame:
    kept = [*clean.columns[::3], "shipment_id", "filed_at", "goods_description", "consignee_name", "gross_weight_kg"]
    return clean[list(dict.fromkeys(kept))]


def slices(rows: int) -> Iterator[slice]:
    """Cut rows into slices of one, a few and many."""
    begin = 0
    for size in cycle(SIZES):
        if begin >= rows:
            return
        yield slice(begin, begin + size)
        begin += size


@pytest.fixture(params=["clean", "dirty", "lost"])
def rows(request: pytest.FixtureRequest) -> pd.DataFrame:
    found: pd.DataFrame = request.getfixturevalue(request.param)
    return found


def test_every_field_is_the_same_alone_among_others_and_in_a_canonical_table(rows: pd.DataFrame) -> None:
    together, table = Fields(rows), Fields.of(as_table(rows, "shipments"))
    few = [Fields(rows.iloc[some]) for some in slices(ROWS)]
    for name in together.frame():
        texts, absent = together.text(name).tolist(), together.absent(name).tolist()
        assert [cell for some in few for cell in some.text(name).tolist()] == texts == table.text(name).tolist(), name
        assert [flag for some in few for flag in some.absent(name).tolist()] == absent == table.absent(name).tolist()
        if not isinstance(together.frame()[name].dtype, pd.DatetimeTZDtype):
            apart = np.concatenate([some.number(name) for some in few])
            np.testing.assert_array_equal(apart, together.number(name), err_msg=name)
            np.testing.assert_array_equal(apart, table.number(name), err_msg=name)
        else:
            np.testing.assert_array_equal(np.concatenate([some.time(name) for some in few]), table.time(name))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_indicator_is_the_same_alone_and_among_others(small: Small, rows: pd.DataFrame) -> None:
    pipeline = FeaturePipeline(Catalog.read(), small.history).fit(small.world.shipments.head(2_000))
    together = pipeline.transform(rows)
    apart = pd.concat([pipeline.transform(rows.iloc[some]) for some in slices(ROWS)])
    pd.testing.assert_frame_equal(apart, together, check_exact=True)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_score_is_the_same_alone_and_among_others(small: Small, rows: pd.DataFrame) -> None:
    scorer = omdrisk.load(small.bundle, history=small.history)
    together = scorer.score(rows)
    apart = pd.concat([scorer.score(rows.iloc[some]) for some in slices(ROWS)])
    own = [name for name in together if name != "scored_at" and not name.endswith("_rank")]
    pd.testing.assert_frame_equal(apart[own], together[own], check_exact=True)
    for head in scorer.heads:
        raw = scorer.features(rows, head)
        few = pd.concat([scorer.features(rows.iloc[some], head) for some in slices(200)])
        pd.testing.assert_frame_equal(few, raw.loc[few.index], check_exact=True)
