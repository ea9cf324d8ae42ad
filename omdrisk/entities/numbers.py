"""Numbers of a shipment: its numeric columns, and the few ratios that several indicators share."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from omdrisk.entities.names import DERIVED_NUMBERS, columns_of
from omdrisk.entities.texts import column
from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.records.schema import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

_NUMERIC = ("number", "count", "flag")

NUMBERS: Final[frozenset[str]] = frozenset(DERIVED_NUMBERS) | frozenset(
    name for name, spec in table("shipments").columns.items() if spec.type in _NUMERIC
)
"""Names of the numbers of a shipment; columns that start with ``x_`` come on top."""


@cache
def _equipment() -> dict[str, dict[str, float]]:
    text = resources.files("omdrisk.entities").joinpath("container_types.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text)["sizes"])


def _plain(shipments: pd.DataFrame, name: str) -> Numbers:
    if name not in shipments.columns:
        return np.full(len(shipments), np.nan)
    values = shipments[name]
    if values.dtype == "float64":
        return np.asarray(values, dtype="float64")
    if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M":
        raise DefinitionError(f"{name!r} is a moment and no number; use the kinds that compare moments.")
    read = pd.to_numeric(values.astype("object"), errors="coerce")
    found = np.array(read.to_numpy(dtype="float64", na_value=np.nan), dtype="float64")
    found[~np.isfinite(found)] = np.nan
    return found


def _ratio(top: Numbers, bottom: Numbers) -> Numbers:
    ratio: Numbers = np.full(len(top), np.nan)
    np.divide(top, bottom, out=ratio, where=np.isfinite(bottom) & (bottom != 0))
    return ratio


def _of_container(shipments: pd.DataFrame, what: str) -> Numbers:
    codes, distinct = pd.factorize(column(shipments, "container_type"))
    sizes = _equipment()
    facts = [sizes.get(str(kind).strip().upper()[:1], {}).get(what, np.nan) for kind in distinct.tolist()]
    return np.asarray([*facts, np.nan], dtype="float64")[codes]


def _value_per_kg(shipments: pd.DataFrame) -> Numbers:
    gross, net = _plain(shipments, "gross_weight_kg"), _plain(shipments, "net_weight_kg")
    return _ratio(_plain(shipments, "invoice_value"), np.where(np.isnan(gross), net, gross))


def _vgm_gap_share(shipments: pd.DataFrame) -> Numbers:
    verified = _plain(shipments, "vgm_kg")
    declared = _plain(shipments, "gross_weight_kg") + _of_container(shipments, "tare_kg")
    return _ratio(verified - declared, verified)


def _master_weight_gap_share(shipments: pd.DataFrame) -> Numbers:
    master = _plain(shipments, "master_weight_kg")
    return _ratio(master - _plain(shipments, "gross_weight_kg"), master)


def _lengths(texts: pd.Series) -> Numbers:
    return np.array([len(text) if isinstance(text, str) else np.nan for text in texts.tolist()], dtype="float64")


def _pair(top: str, bottom: str) -> Callable[[pd.DataFrame], Numbers]:
    return lambda shipments: _ratio(_plain(shipments, top), _plain(shipments, bottom))


_MADE: dict[str, Callable[[pd.DataFrame], Numbers]] = {
    "weight_per_package": _pair("gross_weight_kg", "packages"),
    "value_per_kg": _value_per_kg,
    "density_kg_m3": _pair("gross_weight_kg", "volume_m3"),
    "gross_net_ratio": _pair("gross_weight_kg", "net_weight_kg"),
    "freight_value_ratio": _pair("freight_charge", "invoice_value"),
    "payload_share": lambda shipments: _ratio(
        _plain(shipments, "gross_weight_kg"), _of_container(shipments, "payload_kg")
    ),
    "vgm_gap_share": _vgm_gap_share,
    "master_weight_gap_share": _master_weight_gap_share,
    "master_package_gap": lambda shipments: _plain(shipments, "master_packages") - _plain(shipments, "packages"),
    "description_length": lambda shipments: _lengths(column(shipments, "goods_description")),
}


def number(shipments: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return the number `name` of each shipment, NaN where it is not known.

    Parameters
    ----------
    shipments
        A shipments table; a column that it lacks counts as missing.
    name
        A numeric column, a column that starts with ``x_``, or one of `NUMBERS`. Weights are in kilograms, volumes in
        cubic metres; a ratio whose bottom is 0 is NaN.

    Raises
    ------
    DefinitionError
        If nothing is called `name`, or it is no number.

    Examples
    --------
    >>> frame = pd.DataFrame({"gross_weight_kg": [100.0, 5.0], "packages": [4.0, 0.0]})
    >>> number(frame, "weight_per_package").tolist()
    [25.0, nan]
    """
    columns_of(name)
    if name in _MADE:
        return _MADE[name](shipments)
    if name not in NUMBERS and not name.startswith("x_"):
        raise DefinitionError(f"{name!r} is no number of a shipment. {did_you_mean(name, NUMBERS)}")
    return _plain(shipments, name)
