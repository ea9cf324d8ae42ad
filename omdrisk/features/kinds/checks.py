"""Whether the identifiers that a shipment gives pass their own check digits."""

# ruff: noqa: D102 - what each method means is said once, in Kind

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from omdrisk.errors import DefinitionError
from omdrisk.features.arguments import argument, column, one_of
from omdrisk.features.kinds.base import Kind
from omdrisk.features.kinds.fields import listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from omdrisk.features.tables import Tables
    from omdrisk.features.view import View

#: python-stdnum modules of company and tax numbers by country.
TAX_IDS = {
    "AU": ("au.abn", "au.acn"),
    "CN": ("cn.uscc",),
    "ID": ("id.npwp",),
    "IN": ("in_.gstin", "in_.pan"),
    "JP": ("jp.cn",),
    "KR": ("kr.brn",),
    "NZ": ("nz.ird",),
    "SG": ("sg.uen",),
    "TH": ("th.tin",),
    "TW": ("tw.ubn",),
    "VN": ("vn.mst",),
}
_S10 = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}")
_SEPARATORS = re.compile(r"[\s./-]")
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}")
_AWB = re.compile(r"[0-9]{11}")
_IMO = re.compile(r"[0-9]{7}")
_LETTERS = {sign: value for value, sign in enumerate("0123456789A?BCDEFGHIJK?LMNOPQRSTU?VWXYZ") if sign != "?"}
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


@dataclass(frozen=True)
class CheckDigit(Kind):
    """1 where an identifier passes its check digit, 0 where it does not; missing where there is none.

    Schemes: ``iso6346`` (container), ``imo`` (ship), ``awb`` (air waybill), ``s10`` (postal item) and
    ``tax_id`` (company numbers of the countries in `TAX_IDS`, by the country of the same party; other
    countries are missing). Where a cell lists several, all must pass.

    Examples
    --------
    >>> import pandas as pd
    >>> from omdrisk.features import View
    >>> containers = pd.DataFrame({"container_no": ["CSQU3054383", "CSQU3054384", None]})
    >>> CheckDigit(column="container_no", scheme="iso6346").compute(View(containers))
    array([ 1.,  0., nan])
    """

    word: ClassVar[str] = "check_digit"
    column: str = argument(column)
    scheme: str = argument(one_of("iso6346", "imo", "awb", "s10", "tax_id"))

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.column, self._country) if self.scheme == "tax_id" else (self.column,)

    @property
    def _country(self) -> str:
        return self.column.removesuffix("_tax_id") + "_country"

    def check(self, tables: Tables) -> None:
        del tables
        if self.scheme == "tax_id" and not self.column.endswith("_tax_id"):
            raise DefinitionError(f"column: {self.column!r} is no tax_id of a party, as 'consignee_tax_id' is")

    def compute(self, view: View) -> NDArray[np.float64]:
        if self.scheme == "tax_id":
            numbers = view.joint(view.column(self.column), view.column(self._country))
            return numbers.spread([tax_id_valid(number, country) for number, country in numbers.texts])
        valid = _SCHEMES[self.scheme]
        cells = view.column(self.column)
        return cells.spread([float(all(map(valid, listed(cell) or [cell]))) for cell in cells.texts])


@cache
def _standard(name: str) -> Any:
    return import_module(f"stdnum.{name}")


def iso6346_valid(number: str) -> bool:
    """Tell whether a container number passes its check digit.

    Examples
    --------
    >>> iso6346_valid("CSQU3054383"), iso6346_valid("CSQU3054384")
    (True, False)

    Notes
    -----
    ISO 6346: letters count from 10 without the multiples of 11, and each place counts twice the one before.
    The check digit is the sum modulo 11, where 10 stands as 0.
    """
    plain = _SEPARATORS.sub("", number).upper()
    if _CONTAINER.fullmatch(plain) is None:
        return False
    total = sum(_LETTERS[sign] << place for place, sign in enumerate(plain[:10]))
    return total % 11 % 10 == int(plain[10])


def imo_valid(number: str) -> bool:
    """Tell whether an IMO ship number passes its check digit.

    Examples
    --------
    >>> imo_valid("IMO 9074729"), imo_valid("9074728")
    (True, False)

    Notes
    -----
    IMO resolution A.1117(30): the last digit of the sum of the first six times 7 6 5 4 3 2.
    """
    digits = _SEPARATORS.sub("", number).upper().removeprefix("IMO")
    if _IMO.fullmatch(digits) is None:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(range(7, 1, -1), digits[:6], strict=True))
    return total % 10 == int(digits[6])


def tax_id_valid(number: str, country: str) -> float:
    """Return 1.0 or 0.0 for a company number of `country`, NaN where the country's scheme is not known.

    Examples
    --------
    >>> tax_id_valid("0100233488", "VN"), tax_id_valid("0100233480", "VN"), tax_id_valid("1", "LA")
    (1.0, 0.0, nan)
    """
    if country not in TAX_IDS:
        return float("nan")
    return float(any(_standard(name).is_valid(number) for name in TAX_IDS[country]))


def awb_valid(number: str) -> bool:
    """Tell whether an air waybill number has eleven digits of which the last is the serial number modulo 7.

    Examples
    --------
    >>> awb_valid("738-12345675"), awb_valid("738-12345670")
    (True, False)

    Notes
    -----
    IATA Resolution 600a: 3-digit airline prefix, 7-digit serial number, check digit.
    """
    digits = _SEPARATORS.sub("", number)
    return _AWB.fullmatch(digits) is not None and int(digits[3:10]) % 7 == int(digits[10])


def s10_valid(number: str) -> bool:
    """Tell whether a postal item number passes its check digit.

    Examples
    --------
    >>> s10_valid("RA473124829GB"), s10_valid("RA473124828GB")
    (True, False)

    Notes
    -----
    UPU standard S10: weights 8 6 4 2 3 5 9 7, 11 less the sum modulo 11, where 10 stands as 0 and 11 as 5.
    """
    match = _S10.fullmatch(_SEPARATORS.sub("", number).upper())
    if match is None:
        return False
    rest = 11 - sum(w * int(d) for w, d in zip(_S10_WEIGHTS, match.group(1), strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest) == int(match.group(2))


_SCHEMES = {"iso6346": iso6346_valid, "imo": imo_valid, "awb": awb_valid, "s10": s10_valid}
