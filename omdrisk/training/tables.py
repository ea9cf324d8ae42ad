"""Tables given to training and testing, in whatever library they were made, as the ones that are worked with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from omdrisk.errors import InputError
from omdrisk.records.canonical import _flags, _floats, _moments, _texts, as_table, frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd


def as_shipments(data: Any) -> pd.DataFrame:
    """Return shipments as the canonical table, see `omdrisk.records.as_table`.

    Raises
    ------
    InputError
        If it is no table, or lacks a column that nothing can be learnt without.

    Examples
    --------
    >>> as_shipments({"shipment_id": ["S1"], "target": ["drug"], "outcome": [1.0]})
    Traceback (most recent call last):
    omdrisk.errors.InputError: The shipments table lacks the column filed_at; read it with omdrisk.read_shipments.
    """
    table = as_table(data, "shipments")
    _require(table, "shipments", ("shipment_id", "filed_at"), "read it with omdrisk.read_shipments")
    return table


def as_outcomes(data: Any) -> pd.DataFrame:
    """Return outcomes with each column in its type; index, order and further columns are kept.

    Raises
    ------
    InputError
        If it is no table, lacks a column, or says an outcome in words.

    Examples
    --------
    >>> made = as_outcomes({"shipment_id": [7], "target": ["drug"], "outcome": ["1"], "known_at": ["2023-04-20"]})
    >>> made.drop(columns="known_at").to_dict("records"), str(made["known_at"].dtype)
    ([{'shipment_id': '7', 'target': 'drug', 'outcome': 1.0}], 'datetime64[us, UTC]')
    """
    frame = frame_of(data)
    needed = ("shipment_id", "target", "outcome", "known_at")
    _require(frame, "outcomes", needed, "make it with omdrisk.link or `omdrisk link`")
    table = frame.assign(**{name: make(frame[name]) for name, make in _OUTCOMES.items() if name in frame.columns})
    worded = frame["outcome"][(table["outcome"].isna() & frame["outcome"].notna()).to_numpy()]
    if len(worded):
        raise InputError(
            f"The outcomes table has the outcome {worded.iloc[0]!r}, and 1, 0 or nothing is expected; "
            "make it with omdrisk.link or `omdrisk link`."
        )
    return table


def as_truth(data: Any, target: str) -> pd.DataFrame:
    """Return the truth about one target: shipment_id, and a column of its name.

    Raises
    ------
    InputError
        If it is no table, or lacks a column.
    """
    frame = frame_of(data)
    _require(frame, "truth", ("shipment_id", target), "only simulation has one")
    return frame[["shipment_id", target]].assign(
        **{"shipment_id": _text(frame["shipment_id"]), target: _number(frame[target])}
    )


def _require(table: pd.DataFrame, what: str, needed: Sequence[str], way_out: str) -> None:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        columns = "column" if len(missing) == 1 else "columns"
        raise InputError(f"The {what} table lacks the {columns} {', '.join(missing)}; {way_out}.")


def _text(values: pd.Series) -> pd.Series:
    return _texts(values, None)


def _number(values: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.Series(_floats(values), index=values.index)


_OUTCOMES: Final[dict[str, Callable[[pd.Series], pd.Series]]] = {
    "shipment_id": _text,
    "target": _text,
    "outcome": _number,
    "known_at": _moments,
    "source": _text,
    "weight": _number,
    "selected_by": _text,
    "selection_probability": _number,
    "rip_off": _flags,
}
