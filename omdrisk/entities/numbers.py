"""Numbers of a shipment: its numeric columns, and the few ratios that several indicators share."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np

from omdrisk.entities.names import DERIVED_NUMBERS, columns_of
from omdrisk.errors import DefinitionError, did_you_mean
from omdrisk.records.schema import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from omdrisk.entities.fields import Fields
    from omdrisk.records.coded import Coded

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


def _ratio(top: Numbers, bottom: Numbers) -> Numbers:
    ratio: Numbers = np.full(len(top), np.nan)
    np.divide(top, bottom, out=ratio, where=np.isfinite(bottom) & (bottom != 0))
    return ratio


def _of_container(fields: Fields, what: str) -> Numbers:
    sizes = _equipment()
    kinds = fields.text("container_type")
    return kinds.spread([sizes.get(kind.strip().upper()[:1], {}).get(what, np.nan) for kind in kinds.texts])


def _value_per_kg(fields: Fields) -> Numbers:
    gross, net = fields.number("gross_weight_kg"), fields.number("net_weight_kg")
    return _ratio(fields.number("invoice_value"), np.where(np.isnan(gross), net, gross))


def _vgm_gap_share(fields: Fields) -> Numbers:
    verified = fields.number("vgm_kg")
    declared = fields.number("gross_weight_kg") + _of_container(fields, "tare_kg")
    return _ratio(verified - declared, verified)


def _master_weight_gap_share(fields: Fields) -> Numbers:
    master = fields.number("master_weight_kg")
    return _ratio(master - fields.number("gross_weight_kg"), master)


def _lengths(texts: Coded) -> Numbers:
    return texts.spread([len(text) for text in texts.texts])


def _pair(top: str, bottom: str) -> Callable[[Fields], Numbers]:
    return lambda fields: _ratio(fields.number(top), fields.number(bottom))


_MADE: dict[str, Callable[[Fields], Numbers]] = {
    "weight_per_package": _pair("gross_weight_kg", "packages"),
    "value_per_kg": _value_per_kg,
    "density_kg_m3": _pair("gross_weight_kg", "volume_m3"),
    "gross_net_ratio": _pair("gross_weight_kg", "net_weight_kg"),
    "freight_value_ratio": _pair("freight_charge", "invoice_value"),
    "payload_share": lambda fields: _ratio(fields.number("gross_weight_kg"), _of_container(fields, "payload_kg")),
    "vgm_gap_share": _vgm_gap_share,
    "master_weight_gap_share": _master_weight_gap_share,
    "master_package_gap": lambda fields: fields.number("master_packages") - fields.number("packages"),
    "description_length": lambda fields: _lengths(fields.text("goods_description")),
}


def number_of(fields: Fields, name: str) -> Numbers:
    """Return the number `name` of fields.

    Raises
    ------
    DefinitionError
        If nothing is called `name`, or it is no number.
    """
    if name in _MADE:
        return _MADE[name](fields)
    columns_of(name)
    if name not in NUMBERS and not name.startswith("x_"):
        raise DefinitionError(f"{name!r} is no number of a shipment. {did_you_mean(name, NUMBERS)}")
    return fields.number(name)
