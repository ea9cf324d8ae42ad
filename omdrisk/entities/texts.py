"""Entities: texts by which shipments are counted, compared and remembered."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from omdrisk.entities.names import ENTITIES, PARTIES, columns_of
from omdrisk.parties import address_keys, normal_forms, party_keys, phone_keys
from omdrisk.parties.uniques import by_unique, by_unique_rows, texts_of
from omdrisk.records.codes import hs_code
from omdrisk.records.texts import as_text, value_text

if TYPE_CHECKING:
    from collections.abc import Callable

_SPACES = re.compile(r"[\W_]+")
_NOT_A_CODE = re.compile(r"[\W_]+")
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d{0,14})\.\d+$")
_FEW = 32
_IATA_LETTERS = 3
_LOCODE_LETTERS = 5


def column(shipments: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as text: missing throughout if the frame lacks it, whole numbers without a point."""
    if name not in shipments.columns:
        return pd.Series(pd.array([None] * len(shipments), dtype="str"), index=shipments.index, name=name)
    values = as_text(shipments[name])
    if len(values) <= _FEW:
        texts = values.tolist()
        return texts_of([text or None for text in texts], values) if "" in texts else values
    empty = values == ""
    return values.mask(empty) if empty.any() else values


def _code(text: str) -> str:
    return _NOT_A_CODE.sub("", unicodedata.normalize("NFKC", text).upper())


def _plain_number(text: str) -> str:
    """Write a decimal number in one way: a column of "8.0" and one of 8 are the same entity."""
    return value_text(float(text)) if _DECIMAL.match(text) else text


def _plain_text(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


@cache
def _airport_countries() -> dict[str, str]:
    import airportsdata

    return {code: entry["country"] for code, entry in airportsdata.load("IATA").items()}


def place_country(place: str) -> str:
    """Return the country of a UN/LOCODE or IATA airport code, or an empty text.

    Examples
    --------
    >>> place_country("VNSGN"), place_country("HAN"), place_country("any safe port")
    ('VN', 'VN', '')
    """
    code = place.strip().upper()
    if len(code) == _LOCODE_LETTERS and code[:2].isalpha() and code.isalnum():
        return code[:2]
    if len(code) == _IATA_LETTERS:
        return _airport_countries().get(code, "")
    return ""


def _country(shipments: pd.DataFrame, port: str, country: str) -> pd.Series:
    return by_unique_rows(
        (column(shipments, port), column(shipments, country)),
        lambda place, given: (place_country(place) if place else "") or given,
    )


def _lane(shipments: pd.DataFrame) -> pd.Series:
    def told(*places: str | None) -> str:
        loading, discharge = (_code(port) if port else given for port, given in (places[:2], places[2:]))
        return f"{loading}>{discharge}" if loading and discharge else ""

    return by_unique_rows(tuple(column(shipments, name) for name in ENTITIES["lane"]), told)


def _hs(digits: int) -> Callable[[pd.DataFrame], pd.Series]:
    def front(text: str) -> str:
        code = hs_code(text) or text
        return code[:digits] if len(code) >= digits else ""

    return lambda shipments: by_unique(column(shipments, "hs_code"), front)


def _of_column(name: str, answer: Callable[[str], str]) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda shipments: by_unique(column(shipments, name), answer)


def _party(party: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda shipments: party_keys(
        column(shipments, f"{party}_name"), column(shipments, f"{party}_country"), column(shipments, f"{party}_tax_id")
    )


def _address(party: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda shipments: address_keys(column(shipments, f"{party}_address"))


def _phone(party: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda shipments: phone_keys(column(shipments, f"{party}_phone"))


def _person(party: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda shipments: normal_forms(column(shipments, f"{party}_name"))


def _first(text: str) -> str:
    return next((part.strip() for part in text.split(";") if part.strip()), "")


_MADE: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    **{party: _party(party) for party in PARTIES},
    **{f"{party}_address": _address(party) for party in PARTIES},
    **{f"{party}_phone": _phone(party) for party in PARTIES},
    **{f"{party}_person": _person(party) for party in PARTIES},
    "carrier": _of_column("carrier_code", _code),
    "container": _of_column("container_no", _code),
    "text": _of_column("goods_description", _plain_text),
    "hs2": _hs(2),
    "hs4": _hs(4),
    "hs6": _hs(6),
    "loading_country": lambda shipments: _country(shipments, "port_of_loading", "country_of_departure"),
    "discharge_country": lambda shipments: _country(shipments, "port_of_discharge", "country_of_destination"),
    "lane": _lane,
    "origin": lambda shipments: column(shipments, "country_of_origin"),
    "seal": _of_column("seal_nos", lambda text: _code(_first(text))),
    "permit": _of_column("documents", _first),
}


def entity(shipments: pd.DataFrame, name: str) -> pd.Series:
    """Return the entity `name` of each shipment as text, missing where it is not known.

    Parameters
    ----------
    shipments
        A shipments table; a column that it lacks counts as missing.
    name
        A party (``consignee``), a part of one (``consignee_address``, ``consignee_phone``, ``consignee_person``),
        one of `ENTITIES`, or any column of the table, also one that starts with ``x_``.

    Raises
    ------
    DefinitionError
        If nothing is called `name`.

    Examples
    --------
    >>> frame = pd.DataFrame({"hs_code": ["440710", None], "port_of_loading": ["MYPKG", "HAN"]})
    >>> entity(frame, "hs4").tolist(), entity(frame, "loading_country").tolist()
    (['4407', nan], ['MY', 'VN'])
    """
    columns_of(name)
    made = _MADE.get(name)
    if made:
        values = made(shipments)
    else:
        values = column(shipments, name)
        if name.startswith("x_"):
            values = by_unique(values, _plain_number)
    return values.rename(name)


assert set(ENTITIES) <= set(_MADE)  # noqa: S101 - names and makers are listed apart
