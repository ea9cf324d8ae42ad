"""Codes too many for a list: how each is spelled, and what is odd about one that cannot be right.

A scheme never rejects a row. It brings a code to one spelling, which is a repair, and it tells a doubt, which the
quality summary counts as suspicious: a check digit that is wrong, a place that no table has.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from omdrisk.records.check_digits import awb_holds, s10_holds
from omdrisk.records.codes import code_list, hs_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from omdrisk.records.reference import Reference

    Doubt = Callable[[str, str | None, Reference], str]

_SIGNS: Final = re.compile(r"[\s.,/_\-]+")
_CONTAINER: Final = re.compile(r"[A-Z]{4}\d{7}")
_LOAD_DEVICE: Final = re.compile(r"[A-Z][A-Z0-9]{2}\d{4,5}[A-Z0-9]{2,3}")
_CONTAINER_TYPE: Final = re.compile(r"[1-4B-HK-P][024-689C-FL-NP](?:[A-Z][0-9]|[A-Z]{2}|\d\d)")
_IMO: Final = re.compile(r"\d{7}")
_LOCODE: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_IATA: Final = re.compile(r"[A-Z]{3}")
_UN_NUMBER: Final = re.compile(r"\d{4}")
_S10: Final = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
_AWB: Final = re.compile(r"\d{3}-?\d{8}")
_CHAPTERS: Final = frozenset(f"{number:02}" for number in range(1, 100)) - {"77"}
_FEET: Final = str.maketrans("", "", "'\"’′″`")
WRONG_DIGIT: Final = "its check digit is wrong"


@dataclass(frozen=True)
class Scheme:
    """A scheme of codes.

    Attributes
    ----------
    title
        What it is called in the data dictionary.
    doubt
        Given a code, the text beside it and the tables at hand, what is odd about it, or an empty text.
    shape
        A pattern that well-spelled codes have; only others are brought to one spelling.
    tidy
        Return a code in its one spelling, or as it is.
    beside
        Given the name of the column, the name of the column that is needed to judge it.
    """

    title: str
    doubt: Doubt
    shape: str = ""
    tidy: Callable[[str], str] | None = None
    beside: Callable[[str], str] | None = None


def _squeezed(text: str) -> str:
    return _SIGNS.sub("", text).upper()


def _of_shape(*shapes: re.Pattern[str], without: str = "") -> Callable[[str], str]:
    def tidy(text: str) -> str:
        bare = _squeezed(text).removeprefix(without)
        return bare if any(shape.fullmatch(bare) for shape in shapes) else text

    return tidy


@cache
def _airports() -> dict[str, str]:
    import airportsdata

    return {code: entry["country"] for code, entry in airportsdata.load("IATA").items()}


def _is_iata(code: str) -> bool:
    return code in _airports() or code in code_list("metropolitan_areas").names


def _place(text: str) -> str:
    bare = _squeezed(text)
    if _LOCODE.fullmatch(bare) and bare[:2] in code_list("countries").names:
        return bare
    return bare if _IATA.fullmatch(bare) and _is_iata(bare) else text


def _place_doubt(text: str, _: str | None, known: Reference) -> str:
    if known.places is not None and text in known.places:
        return ""
    if _IATA.fullmatch(text):
        return "" if _is_iata(text) else "no airport of this IATA code is known"
    if not _LOCODE.fullmatch(text):
        return "neither UN/LOCODE nor IATA in its shape"
    if text[:2] not in code_list("countries").names and text[:2] != "XZ":
        return "its first two letters are no country of ISO 3166"
    if known.places is None or _airports().get(text[2:]) == text[:2]:
        return ""
    return f"not in UN/LOCODE ({known.folder / 'unlocode.csv'})"


def _container_doubt(text: str, _: str | None, __: Reference) -> str:
    if _CONTAINER.fullmatch(text):
        return "" if importlib.import_module("stdnum.iso6346").is_valid(text) else f"{WRONG_DIGIT} (ISO 6346)"
    return "" if _LOAD_DEVICE.fullmatch(text) else "neither a container (ISO 6346) nor a unit load device in its shape"


def _container_type(text: str) -> str:
    bare = _squeezed(text).translate(_FEET)
    return code_list("container_types").code(bare) or (bare if _CONTAINER_TYPE.fullmatch(bare) else text)


def _container_type_doubt(text: str, _: str | None, __: Reference) -> str:
    return "" if _CONTAINER_TYPE.fullmatch(text) else "no size and type of ISO 6346"


def _imo_doubt(text: str, _: str | None, __: Reference) -> str:
    if not _IMO.fullmatch(text):
        return "no seven digits of an IMO number"
    return "" if importlib.import_module("stdnum.imo").is_valid(text) else f"{WRONG_DIGIT} (IMO)"


def _document_doubt(text: str, _: str | None, __: Reference) -> str:
    if _S10.fullmatch(text):
        return "" if s10_holds(text) else f"{WRONG_DIGIT} (S10)"
    if _AWB.fullmatch(text):
        return "" if awb_holds(text) else f"{WRONG_DIGIT} (air waybill)"
    return "one sign only" if re.fullmatch(r"(.)\1{3,}", text) else ""


def _un_doubt(text: str, _: str | None, __: Reference) -> str:
    return "" if _UN_NUMBER.fullmatch(text) else "no four digits of a UN number"


def _tax_doubt(text: str, country: str | None, _: Reference) -> str:
    from omdrisk.parties.numbers import is_plausible

    if country is None or is_plausible(text, country):
        return ""
    return f"no number that {country} issues: its shape or its check digit is wrong"


def _hs_doubt(text: str, version: str | None, known: Reference) -> str:
    if text[:2] not in _CHAPTERS:
        return f"the Harmonized System has no chapter {text[:2]}"
    edition, headings = known.headings(version)
    if not headings or text[:2] in ("98", "99") or text[:6] in headings:
        return ""
    return f"not in the Harmonized System {edition} ({known.folder / f'hs_{edition}.csv'})"


def _country_doubt(text: str, _: str | None, __: Reference) -> str:
    return "" if text in code_list("countries").names else "no country of ISO 3166-1 alpha-2"


def _appendix_doubt(text: str, species: str | None, known: Reference) -> str:
    listed = known.appendices(species) if species else frozenset()
    if not listed or text in listed:
        return ""
    return f"{species} is listed in {' and '.join(sorted(listed))} ({known.folder / 'cites_taxa.csv'})"


SCHEMES: Final[dict[str, Scheme]] = {
    "place": Scheme("UN/LOCODE or IATA", _place_doubt, r"^(?:[A-Z]{2}[A-Z2-9]{3}|[A-Z]{3})$", _place),
    "iso6346": Scheme(
        "ISO 6346 with check digit, or a unit load device",
        _container_doubt,
        r"^[A-Z]{4}\d{7}$",
        _of_shape(_CONTAINER, _LOAD_DEVICE),
    ),
    "iso6346_type": Scheme(
        "ISO 6346 size and type",
        _container_type_doubt,
        r"^[2-4L][2-5][A-Z]\d$",
        _container_type,
    ),
    "imo": Scheme("IMO number with check digit", _imo_doubt, r"^\d{7}$", _of_shape(_IMO, without="IMO")),
    "document": Scheme(
        "check digit where it is an air waybill (IATA 600a) or a postal item (UPU S10)", _document_doubt
    ),
    "un_number": Scheme("UN number of four digits", _un_doubt, r"^\d{4}$", _of_shape(_UN_NUMBER, without="UN")),
    "tax_number": Scheme(
        "number that the country of the party issues, with check digit",
        _tax_doubt,
        beside=lambda column: column.removesuffix("tax_id") + "country",
    ),
    "hs": Scheme(
        "chapter of the Harmonized System, and heading where an edition was imported",
        _hs_doubt,
        r"^(?:\d\d){2,5}$",
        lambda text: hs_code(text) or text,
        beside=lambda _: "hs_version",
    ),
    "country": Scheme(
        "ISO 3166-1 alpha-2", _country_doubt, r"^[A-Z]{2}$", lambda text: code_list("countries").code(text) or text
    ),
    "cites_appendix": Scheme("appendix in which the species is listed", _appendix_doubt, beside=lambda _: "species"),
}
"""Schemes by the name that the canonical tables use."""
