"""Cases that fit no shipment by a key, compared with the shipments of their time: listed with a score, never linked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from omdrisk.entities import NO_TIME, entity, micros
from omdrisk.linking.matching import link_key
from omdrisk.parties import normal_forms

if TYPE_CHECKING:
    from omdrisk.linking.matching import Shipments

LEAST: Final = 50
"""Least score of a pair that is listed."""
MOST_LISTED: Final = 10
"""How many shipments are listed for a case."""
_NUMBERS: Final = {"house_doc_no": 50, "master_doc_no": 30, "container_no": 50}
_NAMES: Final = {"consignee_name": 40, "shipper_name": 30}
_SHORTEST: Final = 6
_COLUMNS: Final = {"reference": "str", "shipment_id": "str", "score": "int64", "evidence": "str"}


def no_near_cases() -> pd.DataFrame:
    """Return the table with no rows."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in _COLUMNS.items()})


def _halves(text: str) -> tuple[str, str]:
    middle = len(text) // 2
    return text[:middle], text[middle:]


def _slips(wanted: pd.Series, held: pd.Series) -> dict[int, list[int]]:
    """Return for each wanted number the places of numbers that differ by one sign, or by two that changed place."""
    from rapidfuzz.distance import OSA

    numbers = {place: text for place, text in wanted.items() if isinstance(text, str) and len(text) >= _SHORTEST}
    if not numbers:
        return {}
    # one slip leaves one half as it was: the first, or the second counted from the end
    fronts = {_halves(text)[0]: None for text in numbers.values()}
    backs = {_halves(text)[1]: None for text in numbers.values()}
    lengths = {len(front) for front in fronts}, {len(back) for back in backs}
    alike = np.zeros(len(held), dtype=bool)
    for length in lengths[0]:
        alike |= held.str[:length].isin([front for front in fronts if len(front) == length]).to_numpy()
    for length in lengths[1]:
        alike |= held.str[-length:].isin([back for back in backs if len(back) == length]).to_numpy()
    few = held[alike]
    by_half: dict[str, list[int]] = {}
    for place, text in few.items():
        for half in {text[:size] for size in lengths[0]} | {text[-size:] for size in lengths[1]}:
            by_half.setdefault(half, []).append(int(str(place)))
    texts = {int(str(place)): text for place, text in few.items()}
    told: dict[int, list[int]] = {}
    for number, text in numbers.items():
        candidates = {place for half in _halves(text) for place in by_half.get(half, ())}
        close = [place for place in sorted(candidates) if OSA.distance(text, texts[place], score_cutoff=1) == 1]
        if close:
            told[int(str(number))] = close
    return told


def _equal(wanted: pd.Series, held: pd.Series) -> dict[int, list[int]]:
    kept = held[held.isin(wanted.dropna().tolist())]
    by_text = kept.groupby(kept).groups
    return {
        int(str(number)): [int(str(place)) for place in by_text[text]]
        for number, text in wanted.items()
        if isinstance(text, str) and text in by_text
    }


def near_cases(shipments: pd.DataFrame, cases: pd.DataFrame, unlinked: pd.DataFrame, known: Shipments) -> pd.DataFrame:
    """Return shipments that unlinked cases may be about.

    Points: a house bill or container number that is one slip away 50, a master bill 30; the same consignee by name 40,
    shipper 30; the same commodity code to six digits 20; the same origin, and the same reporting country, 10 each. Only
    shipments in whose time the find was are compared: those filed before the case was known, or else those filed first
    after.
    """
    lost = unlinked.loc[unlinked["reason"].str.startswith(("no shipment has", "the case names no")), "reference"]
    rows = cases[cases["case_id"].isin(lost.tolist())].drop_duplicates("case_id", keep="last").reset_index(drop=True)
    if rows.empty or shipments.empty:
        return no_near_cases()
    points: dict[tuple[int, int], list[tuple[int, str]]] = {}

    def tell(found: dict[int, list[int]], worth: int, words: str) -> None:
        for number, places in found.items():
            for place in places:
                points.setdefault((number, place), []).append((worth, words))

    for key, worth in _NUMBERS.items():
        held = link_key(entity(shipments, key).reset_index(drop=True), key)
        tell(_slips(link_key(rows[key], key), held), worth, f"{key} one slip away")
    for column, worth in _NAMES.items():
        held = normal_forms(entity_text(shipments, column))
        tell(_equal(normal_forms(rows[column]), held), worth, f"same {column}")
    occurred, moments = micros(rows["occurred_on"]).tolist(), micros(rows["known_at"]).tolist()
    told: list[tuple[int, int, str, str, int, str]] = []
    for (number, place), said in points.items():
        # a shipment filed after the case was known is judged as it stood when it was filed
        if not known.may_hold(place, occurred[number], max(moments[number], known.when(place))):
            continue
        whole = [*said, *_small(rows.iloc[number], shipments, place)]
        score = min(100, sum(worth for worth, _ in whole))
        if score >= LEAST:
            words = "; ".join(f"{words} ({worth})" for worth, words in whole)
            told.append((number, known.when(place), str(rows["case_id"][number]), known.name(place), score, words))
    kept = _known_then(told, moments)
    made = pd.DataFrame(kept, columns=list(_COLUMNS)).astype(_COLUMNS)
    made = made.sort_values(["reference", "score", "shipment_id"], ascending=[True, False, True], ignore_index=True)
    return made[made.groupby("reference").cumcount() < MOST_LISTED].reset_index(drop=True)


def _known_then(told: list[tuple[int, int, str, str, int, str]], moments: list[int]) -> list[tuple[str, str, int, str]]:
    """Return the pairs whose shipment was filed before the case was known or, where none was, first after."""
    last: dict[int, int] = {}
    for number, filed, *_ in told:
        moment = moments[number]
        if moment != NO_TIME and filed >= moment:
            last[number] = min(filed, last.get(number, filed))
    for number, filed, *_ in told:
        if moments[number] != NO_TIME and filed < moments[number]:
            last[number] = moments[number] - 1
    return [
        (name, shipment, score, words)
        for number, filed, name, shipment, score, words in told
        if number not in last or filed <= last[number]
    ]


def entity_text(shipments: pd.DataFrame, column: str) -> pd.Series:
    """Return a text column by place, missing throughout where the table has none."""
    if column in shipments.columns:
        return shipments[column].reset_index(drop=True)
    return pd.Series([np.nan] * len(shipments), dtype="str")


def _small(case: Any, shipments: pd.DataFrame, place: int) -> list[tuple[int, str]]:
    told = []
    pairs = (("declared_hs", "hs_code", 6, 20), ("country_of_origin", "country_of_origin", 2, 10))
    for mine, theirs, size, worth in (*pairs, ("country_of_report", "country_of_report", 2, 10)):
        if theirs not in shipments.columns:
            continue
        left, right = case[mine], shipments[theirs].iloc[place]
        if isinstance(left, str) and isinstance(right, str) and left[:size] == right[:size]:
            told.append((worth, f"same {theirs}"))
    return told
