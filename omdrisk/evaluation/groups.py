"""Test rows whose token was seen in training, and novel ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt


def seen(past: pd.DataFrame, future: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Tell for each future shipment whether its values of `columns` occur together in the past.

    Raises
    ------
    InputError
        If a column is not there.

    Examples
    --------
    >>> past = pd.DataFrame({"hs_code": ["0106", "4407"], "lane": ["a", "b"]})
    >>> future = pd.DataFrame({"hs_code": ["0106", "0106"], "lane": ["a", "b"]})
    >>> seen(past, future, ["hs_code", "lane"]).tolist()
    [True, False]
    """
    for name in columns:
        if name not in future.columns:
            raise InputError(f"column {name!r} is not there. {did_you_mean(name, [str(c) for c in future.columns])}")
    known = pd.MultiIndex.from_frame(past[list(columns)].astype("object").fillna(""))
    asked = pd.MultiIndex.from_frame(future[list(columns)].astype("object").fillna(""))
    return asked.isin(known)
